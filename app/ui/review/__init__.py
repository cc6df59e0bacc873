"""A stored meeting: read, listen, correct."""
