"""Make a library file ready to use: check it, back it up and migrate it, or set it aside."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from app.domain.errors import BugError, Category, KnownError
from app.domain.sentences import say
from app.store import migrations
from app.store.db import BUSY_TIMEOUT_S, driver_connection, is_damage, make_engine, mapped_errors

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
        with mapped_errors(path):
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
    except (DatabaseError, sqlite3.DatabaseError) as error:
        cause = getattr(error, "orig", error)
        if not is_damage(cause):
            raise
        log.warning("the library is damaged: %s", cause)
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
    engine = make_engine(path, busy_timeout_s=busy_timeout_s, has_foreign_keys=False)
    try:
        with engine.connect() as connection:
            _check_health(connection)
            if migrations.version_of(connection) == migrations.newest_version():
                return
        _migrate(engine, path, now)
    finally:
        engine.dispose()


def _check_health(connection: Connection) -> None:
    findings = connection.exec_driver_sql("PRAGMA quick_check(1)").scalars().all()
    if findings != ["ok"]:
        raise _DamagedError("; ".join(str(finding) for finding in findings))


def _migrate(engine: Engine, path: Path, now: datetime) -> None:
    """Migrate in one transaction that keeps other processes out, after a backup."""
    with engine.execution_options(is_writer=True).begin() as connection:
        # Read again inside the write lock: another process may just have migrated.
        version = migrations.version_of(connection)
        newest = migrations.newest_version()
        if version == newest:
            return
        if version is None:
            _refuse_foreign_tables(connection, path)
        elif version not in migrations.known_versions():
            raise _newer_library(path, version, newest)
        else:
            backup = _back_up(path, version, now)
            log.info("library version %s is kept as %s", version, backup.name)
        migrations.upgrade(connection, now=now)
        if driver_connection(connection).execute("PRAGMA foreign_key_check").fetchone():
            raise BugError(f"the migration from version {version} to {newest} broke a link")
        log.info("library is at version %s", newest)


def _refuse_foreign_tables(connection: Connection, path: Path) -> None:
    if connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one():
        raise KnownError(
            say(
                "{path} is a database of another program; it was left untouched. Move it "
                "away, or choose another folder with --data-dir.",
                path=path,
            ),
            category=Category.LIBRARY,
        )


def _newer_library(path: Path, version: str, newest: str) -> KnownError:
    return KnownError(
        say(
            "The library {path} was written by a newer Crosstalk (library version {version}; "
            "this program knows versions up to {newest}) and was left untouched. Update "
            "Crosstalk, or choose another folder with --data-dir.",
            path=path,
            version=version.lstrip("0"),
            newest=newest.lstrip("0"),
        ),
        category=Category.LIBRARY,
    )


def _back_up(path: Path, version: str, now: datetime) -> Path:
    """Copy the library page by page; the copy appears under its name only when complete."""
    backup = _free_name(path, f"backup-{version}", now)
    partial = backup.with_name(f"{backup.name}.part")
    try:
        with (
            closing(sqlite3.connect(path)) as source,
            closing(sqlite3.connect(partial)) as target,
        ):
            source.backup(target)
            # One file: the copy needs no log beside it.
            target.execute("PRAGMA journal_mode = DELETE")
        partial.replace(backup)
    finally:
        partial.unlink(missing_ok=True)
    return backup


def _set_aside(path: Path, now: datetime) -> Path:
    aside = _free_name(path, "corrupt", now)
    path.replace(aside)
    for suffix in _COMPANIONS:
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.replace(aside.with_name(aside.name + suffix))
    return aside


def _free_name(path: Path, label: str, now: datetime) -> Path:
    """`library.sqlite3.<label>-<UTC stamp>`, with a number behind it if that exists."""
    stem = f"{path.name}.{label}-{now:%Y%m%dT%H%M%SZ}"
    candidate = path.with_name(stem)
    number = 2
    while candidate.exists():
        candidate = path.with_name(f"{stem}-{number}")
        number += 1
    return candidate
