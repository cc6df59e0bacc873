"""One file per version of the library."""
