"""Lines, rows and their places."""
