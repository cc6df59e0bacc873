"""Whether everything is ready for a meeting."""
