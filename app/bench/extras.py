"""Packages that only the benches need: the extra `bench`."""

from __future__ import annotations

import importlib
from typing import Any

from app.domain.errors import KnownError


def require_extra(module: str) -> Any:
    """Import a module of the extra.

    Raises:
        KnownError: It is not installed; says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise KnownError(
            f"Benches need the package of the Python module {module.partition('.')[0]}, which is "
            "not installed. Install the bench packages: pip install -e '.[bench]'"
        ) from error
