"""Stand-ins that implement a port or an edge fully."""
