"""Clustering backends, one file each."""
