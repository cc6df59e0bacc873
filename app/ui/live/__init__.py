"""A meeting while it runs: set up, record, watch, stop."""
