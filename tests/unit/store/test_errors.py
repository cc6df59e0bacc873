import sqlite3
from pathlib import Path

import pytest

from app.domain.errors import BugError, Category, KnownError
from app.store.errors import is_damage, mapped_driver_errors, translated

pytestmark = pytest.mark.unit

LIBRARY = Path("/somewhere/library.sqlite3")


def failure(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "words", "category"),
    [
        (sqlite3.SQLITE_FULL, "is full", Category.DISK),
        (sqlite3.SQLITE_IOERR_READ, "read or write", Category.DISK),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "in use by another program", Category.LIBRARY),
        (sqlite3.SQLITE_READONLY, "cannot be written", Category.LIBRARY),
        (sqlite3.SQLITE_CORRUPT, "is damaged", Category.LIBRARY),
    ],
)
def test_failure_of_the_driver_becomes_a_sentence(
    code: int, words: str, category: Category
) -> None:
    with pytest.raises(KnownError, match=words) as caught, mapped_driver_errors(LIBRARY):
        raise failure(code)

    assert caught.value.category is category
    assert str(LIBRARY) in str(caught.value)


def test_what_nobody_foresaw_is_our_bug() -> None:
    assert isinstance(translated(failure(sqlite3.SQLITE_MISUSE), LIBRARY), BugError)


def test_damage_is_told_from_other_failures() -> None:
    assert is_damage(failure(sqlite3.SQLITE_CORRUPT_VTAB))
    assert is_damage(failure(sqlite3.SQLITE_NOTADB))
    assert not is_damage(failure(sqlite3.SQLITE_BUSY))
    assert not is_damage(None)
