"""What holds for every set of updates and every request, tried on random ones."""
