"""The meaning of release health: from a request to an exact answer, with no HTTP in it."""
