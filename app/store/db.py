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

from app.domain.errors import BugError, Category, KnownError
from app.domain.sentences import say

BUSY_TIMEOUT_S = 5.0
"""How long to wait for another process (the command line beside the window)."""
_POOL_SIZE = 8
_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


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
        # None stops the driver from opening transactions by itself: `_begin` does it.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {round(busy_timeout_s * 1000)}",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            f"foreign_keys = {'ON' if has_foreign_keys else 'OFF'}",
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

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
        yield
    except DBAPIError as error:
        raise _translate(error.orig, path) from error
    except SQLAlchemyError as error:
        raise BugError(f"the library was used wrongly: {error}") from error
    except sqlite3.Error as error:
        raise _translate(error, path) from error


def is_damage(error: BaseException | None) -> bool:
    """Whether `error` says that the file is no database, or a broken one."""
    return _primary_code(error) in _DAMAGE_CODES


def _primary_code(error: BaseException | None) -> int | None:
    """SQLite's primary result code: the low byte of the extended one."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def _translate(error: BaseException | None, path: Path) -> KnownError | BugError:
    match _primary_code(error):
        case sqlite3.SQLITE_FULL:
            return KnownError(
                say(
                    "The disk that holds {path} is full; everything stored before is kept. "
                    "Free some space and try again.",
                    path=path,
                ),
                category=Category.DISK,
            )
        case sqlite3.SQLITE_IOERR:
            return KnownError(
                say(
                    "The disk that holds {path} failed to read or write; what was stored "
                    "before is kept. Check the disk and try again.",
                    path=path,
                ),
                category=Category.DISK,
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return KnownError(
                say(
                    "The library {path} is in use by another program; nothing was changed. "
                    "Close the other program and try again.",
                    path=path,
                ),
                category=Category.LIBRARY,
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN:
            return KnownError(
                say(
                    "The library {path} cannot be written; nothing was changed. Make the "
                    "file and its folder writable, or choose another folder with --data-dir.",
                    path=path,
                ),
                category=Category.LIBRARY,
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return KnownError(
                say(
                    "The library {path} is damaged; the recordings are not affected. Start "
                    "Crosstalk again: it sets the damaged file aside and makes a new one.",
                    path=path,
                ),
                category=Category.LIBRARY,
            )
    return BugError(f"the library refused a statement: {type(error).__name__}: {error}")
