"""Voice activity models."""
