"""Generic building blocks that know nothing about meetings."""
