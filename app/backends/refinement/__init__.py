"""Models that make separated voices better."""
