"""Connections to the library file without SQLAlchemy, whose import alone takes half a second."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

BUSY_TIMEOUT_S = 5.0
"""How long to wait for another process (the command line beside the window)."""
CACHE_KIB = 512
"""Of the pages that a connection keeps; SQLite's 2,000 fill while a meeting runs and make reading
no faster, since the system caches the file too (docs/measurements.md, "Memory of the window")."""


def prepare_connection(
    connection: sqlite3.Connection, *, busy_timeout_s: float, has_foreign_keys: bool
) -> None:
    """Set this library's pragmas; the driver opens no transactions by itself from then on."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {round(busy_timeout_s * 1000)}",
        "journal_mode = WAL",
        f"cache_size = -{CACHE_KIB}",
        "synchronous = NORMAL",
        f"foreign_keys = {'ON' if has_foreign_keys else 'OFF'}",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


@contextmanager
def connected(
    path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> Iterator[sqlite3.Connection]:
    """A connection for one look, closed at the end of the block.

    Raises:
        sqlite3.Error: The file cannot be opened.
    """
    with closing(sqlite3.connect(path)) as connection:
        prepare_connection(connection, busy_timeout_s=busy_timeout_s, has_foreign_keys=False)
        yield connection
