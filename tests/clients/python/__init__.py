"""Programs that report their sessions with the Python SDK; each is run as a process of its own."""
