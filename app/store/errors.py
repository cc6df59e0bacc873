"""What SQLite's failures mean to the user; knows the driver only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import BugError, Category, KnownError
from app.domain.sentences import say

_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def mapped_driver_errors(path: Path) -> Iterator[None]:
    """Turn the driver's errors into `KnownError` (the user can act) or `BugError` (ours).

    Args:
        path: The library, for the sentence.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, path) from error


def is_damage(error: BaseException | None) -> bool:
    """Whether `error` says that the file is no database, or a broken one."""
    return _primary_code(error) in _DAMAGE_CODES


def _primary_code(error: BaseException | None) -> int | None:
    """SQLite's primary result code: the low byte of the extended one."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def translated(error: BaseException | None, path: Path) -> KnownError | BugError:
    """What a failure of the driver is to the user; `path` is the library, for the sentence."""
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
