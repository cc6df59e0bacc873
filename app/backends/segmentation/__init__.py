"""Speaker segmentation models."""
