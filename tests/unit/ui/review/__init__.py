"""Pieces of the review."""
