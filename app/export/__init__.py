"""One file per transcript format."""
