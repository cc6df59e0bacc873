"""What a user can set, with defaults, ranges and help."""
