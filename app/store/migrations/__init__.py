"""Forward-only migrations of the library, run from code by Alembic without an ini file.

A new version is one file in `versions/`, its revision the next number in four digits. It says how
to go forward only; `app.store.opening` makes a backup first.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # opening a library of the newest version needs none of it
    from sqlalchemy import Connection


_FOLDER = Path(__file__).resolve().parent


def newest_version() -> str:
    """The version that this program reads and writes, for example "0002"."""
    return known_versions()[-1]


def known_versions() -> tuple[str, ...]:
    """All versions that this program can read, oldest first."""
    names = sorted(path.name for path in (_FOLDER / "versions").glob("v[0-9][0-9][0-9][0-9]_*.py"))
    if not names:
        raise RuntimeError(f"no migrations in {_FOLDER}")
    return tuple(name[1:5] for name in names)


def version_of(connection: sqlite3.Connection) -> str | None:
    """The version of an open library; None for a database without one."""
    has_table = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    if connection.execute(has_table).fetchone() is None:
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])


def upgrade(connection: Connection, *, now: datetime, to: str = "head") -> None:
    """Bring a library to version `to`, inside the transaction that `connection` is in.

    Args:
        connection: In a write transaction, with foreign keys off; the caller commits.
        now: Recorded as the time of the change.
    """
    # Imported here: a start without a migration need not wait half a second for it.
    from alembic import command
    from alembic.config import Config

    from app.store.db import driver_connection

    config = Config()
    # The option is read with ConfigParser's interpolation, which takes "%" as special.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    driver = driver_connection(connection)
    driver.execute(
        "INSERT INTO schema_changes (version, applied_at) VALUES (?, ?)",
        (version_of(driver), now.isoformat(timespec="microseconds")),
    )
