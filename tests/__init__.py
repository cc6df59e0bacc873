"""Tests, mirrored on the program; a package, because some dependency installs its own `tests`."""
