"""What is derived from `sessions` so that questions cost less, and how answers are read from it."""
