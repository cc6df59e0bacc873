"""Speaker embedding models."""
