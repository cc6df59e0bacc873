"""Saving a transcript as a file."""
