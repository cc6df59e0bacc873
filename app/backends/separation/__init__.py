"""Speech separation models."""
