"""Questions on the terminal."""

from __future__ import annotations

import sys

import click

from app.domain.errors import KnownError


def confirm(question: str, *, option: str) -> bool:
    """Ask yes or no; no is the default.

    Args:
        option: What answers yes where nobody can be asked.

    Raises:
        KnownError: Standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        raise KnownError(f"{question} Nothing was changed: add {option} to say yes.")
    return click.confirm(question, err=True)
