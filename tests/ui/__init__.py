"""The window on the offscreen platform."""
