"""The SQLite connection: pragmas, one writer at a time, readers from any thread, clear errors."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.domain.errors import BugError
from app.store.connecting import BUSY_TIMEOUT_S, prepare_connection
from app.store.errors import mapped_driver_errors, translated

_POOL_SIZE = 8


class Database:
    """One open library file.

    `read` and `write` may be called from any thread; writers wait for each other, readers wait
    for nobody and see the last commit. Every SQLite failure leaves as `KnownError` or `BugError`.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self.engine = make_engine(path, busy_timeout_s=busy_timeout_s)
        self._writer_engine = self.engine.execution_options(is_writer=True)
        self._writer_lock = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on a consistent snapshot of the last commit.

        Raises:
            KnownError: The library is locked, damaged or out of reach.
        """
        with mapped_errors(self.path), Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one write transaction: committed on success, undone on any exception.

        Not re-entrant.

        Raises:
            KnownError: The disk is full, or the library is locked, read-only or damaged; nothing
                of the transaction is stored.
        """
        with (
            self._writer_lock,
            mapped_errors(self.path),
            Session(self._writer_engine) as session,
            session.begin(),
        ):
            yield session

    def checkpoint(self) -> None:
        """Move what is committed from the write-ahead log into the file, so the log holds nothing.

        Best effort: while another thread or process reads, the log stays.
        """
        with self._writer_lock, mapped_errors(self.path), self.engine.connect() as connection:
            driver_connection(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection; idempotent. The last one empties the write-ahead log."""
        with self._writer_lock:
            self.engine.dispose()


def make_engine(
    path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S, has_foreign_keys: bool = True
) -> Engine:
    """An engine on the file `path` with this library's pragmas.

    Args:
        busy_timeout_s: How long a statement waits for a lock of another process.
        has_foreign_keys: Enforce foreign keys; off only while a migration rebuilds tables.

    Returns:
        The engine; its connections may move between threads. A connection whose execution option
        `is_writer` is set takes the write lock when its transaction begins.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        pool_size=_POOL_SIZE,
        # Parameters are transcript text and names, which no log may hold.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver opens no transaction by itself: `_begin` does it.
        prepare_connection(
            connection, busy_timeout_s=busy_timeout_s, has_foreign_keys=has_foreign_keys
        )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that writes later fails at once when another process wrote in
        # between, whatever the busy timeout; taking the lock first waits instead.
        is_writer = connection.get_execution_options().get("is_writer", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine


def driver_connection(connection: Connection) -> sqlite3.Connection:
    """The `sqlite3` connection below `connection`, for what must run outside a transaction."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise BugError("the library runs on another driver than sqlite3")
    return raw


@contextmanager
def mapped_errors(path: Path) -> Iterator[None]:
    """Turn the driver's errors into `KnownError` (the user can act) or `BugError` (ours).

    Args:
        path: The library, for the sentence.
    """
    try:
        with mapped_driver_errors(path):
            yield
    except DBAPIError as error:
        raise translated(error.orig, path) from error
    except SQLAlchemyError as error:
        raise BugError(f"the library was used wrongly: {error}") from error
