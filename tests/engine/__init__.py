"""The engine, file by file."""
