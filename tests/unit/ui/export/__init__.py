"""Pieces of the export."""
