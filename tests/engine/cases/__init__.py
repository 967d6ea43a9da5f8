"""Tables of cases that the tests of the engine read."""
