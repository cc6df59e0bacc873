"""Bring a library to the newest version, after a backup; needs SQLAlchemy and Alembic."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from app.domain.errors import BugError, Category, KnownError
from app.domain.sentences import say
from app.store import migrations
from app.store.backups import free_name
from app.store.db import driver_connection, make_engine

log = logging.getLogger(__name__)


def migrate(path: Path, *, now: datetime, busy_timeout_s: float) -> None:
    """Migrate in one transaction that keeps other processes out, after a backup.

    Raises:
        KnownError: A newer program or another program wrote the file.
        sqlite3.Error: The disk or the rights refuse, or the file is damaged.
    """
    engine = make_engine(path, busy_timeout_s=busy_timeout_s, has_foreign_keys=False)
    try:
        _migrate(engine, path, now)
    except DBAPIError as error:
        raise error.orig or error from error
    finally:
        engine.dispose()


def _migrate(engine: Engine, path: Path, now: datetime) -> None:
    with engine.execution_options(is_writer=True).begin() as connection:
        # Read again inside the write lock: another process may just have migrated.
        driver = driver_connection(connection)
        version = migrations.version_of(driver)
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
        if driver.execute("PRAGMA foreign_key_check").fetchone():
            raise BugError(f"the migration from version {version} to {newest} broke a link")
        log.info("library is at version %s", newest)


def _refuse_foreign_tables(connection: Connection, path: Path) -> None:
    if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
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
    backup = free_name(path, f"backup-{version}", now)
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
