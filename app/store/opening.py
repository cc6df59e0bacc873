"""Make a library file ready to use: check it, back it up and migrate it, or set it aside."""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime
from pathlib import Path

from app.domain.errors import Category, KnownError
from app.domain.sentences import say
from app.store import migrations
from app.store.backups import free_name
from app.store.connecting import BUSY_TIMEOUT_S, connected
from app.store.errors import is_damage, mapped_driver_errors

log = logging.getLogger(__name__)

_HEADER = b"SQLite format 3\x00"
_COMPANIONS = ("-wal", "-shm", "-journal")


def prepare(path: Path, *, now: datetime, busy_timeout_s: float = BUSY_TIMEOUT_S) -> str | None:
    """Bring the file `path` to the newest version, whatever lies there.

    Returns:
        A sentence for the user when a damaged library was set aside; else None.

    Raises:
        KnownError: A newer program or another program wrote the file, or disk or rights refuse.
    """
    try:
        with mapped_driver_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = _open_or_replace(path, now, busy_timeout_s)
    except OSError as error:
        raise KnownError(
            say(
                "The library {path} cannot be opened ({cause}); nothing was lost. Make its "
                "folder writable, or choose another one with --data-dir.",
                path=path,
                cause=error.strerror,
            ),
            category=Category.LIBRARY,
        ) from error
    if aside is None:
        return None
    return say(
        "The library was damaged and could not be opened. It was set aside as {file} and "
        "a new, empty one was made. Your recordings are still in the recordings folder and can "
        "be added again.",
        file=aside.name,
    )


class _DamagedError(Exception):
    """SQLite's own check found the file broken."""


def _open_or_replace(path: Path, now: datetime, busy_timeout_s: float) -> Path | None:
    """Open the library; a damaged one is replaced, and where it lies by then is returned."""
    try:
        _check_header(path)
        _open_and_migrate(path, now, busy_timeout_s)
    except _DamagedError as damage:
        log.warning("the library is damaged: %s", damage)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        log.warning("the library is damaged: %s", error)
    else:
        return None
    aside = _set_aside(path, now)
    _open_and_migrate(path, now, busy_timeout_s)
    return aside


def _check_header(path: Path) -> None:
    """Look before SQLite does: opening a file that is no database makes it delete the log."""
    if path.is_file():
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
        if header not in (b"", _HEADER):
            raise _DamagedError("the file does not begin as a database does")


def _open_and_migrate(path: Path, now: datetime, busy_timeout_s: float) -> None:
    with connected(path, busy_timeout_s=busy_timeout_s) as connection:
        _check_health(connection)
        if migrations.version_of(connection) == migrations.newest_version():
            return
    # Imported here: SQLAlchemy and Alembic would hold up every start by half a second.
    from app.store.migrating import migrate

    migrate(path, now=now, busy_timeout_s=busy_timeout_s)


def _check_health(connection: sqlite3.Connection) -> None:
    findings = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
    if findings != ["ok"]:
        raise _DamagedError("; ".join(findings))


def _set_aside(path: Path, now: datetime) -> Path:
    aside = free_name(path, "corrupt", now)
    path.replace(aside)
    for suffix in _COMPANIONS:
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.replace(aside.with_name(aside.name + suffix))
    return aside
