"""Real clients, unmodified, against a real service on loopback."""
