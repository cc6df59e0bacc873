"""Use cases over ports, shared by the window and the command line."""
