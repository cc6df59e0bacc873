"""Captions in a small window above all others."""
