"""Feature-free widgets."""
