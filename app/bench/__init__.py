"""Benches: what the program promises, measured on recordings with a reference."""
