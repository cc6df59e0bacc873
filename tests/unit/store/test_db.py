import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.domain.errors import BugError, Category, KnownError
from app.store.db import Database

pytestmark = pytest.mark.unit


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "x.sqlite3", busy_timeout_s=0.05)
    with opened.write() as session:
        session.execute(text("CREATE TABLE notes (note TEXT)"))
    yield opened
    opened.close()


def count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(text("SELECT count(*) FROM notes")) or 0


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("synchronous", 1),
        ("busy_timeout", 50),
        ("cache_size", -512),
    ],
)
def test_connection_carries_the_pragma(database: Database, pragma: str, value: object) -> None:
    with database.read() as session:
        found = session.scalar(text(f"PRAGMA {pragma}"))

    assert found == value


def test_write_is_undone_by_an_exception(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            session.execute(text("INSERT INTO notes VALUES ('a')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert count(database) == 0


def test_reader_keeps_its_snapshot_while_another_thread_writes(database: Database) -> None:
    def write() -> None:
        with database.write() as session:
            session.execute(text("INSERT INTO notes VALUES ('a')"))

    with database.read() as session:
        before = session.scalar(text("SELECT count(*) FROM notes"))
        writer = threading.Thread(target=write, name="test-writer")
        writer.start()
        writer.join(10)
        after = session.scalar(text("SELECT count(*) FROM notes"))

    assert (before, after) == (0, 0)
    assert count(database) == 1


def test_writers_of_many_threads_wait_for_each_other(database: Database) -> None:
    def write() -> None:
        for _ in range(20):
            with database.write() as session:
                stored = session.scalar(text("SELECT count(*) FROM notes"))
                session.execute(text("INSERT INTO notes VALUES (:n)"), {"n": str(stored)})

    writers = [threading.Thread(target=write, name=f"test-writer-{i}") for i in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)

    with database.read() as session:
        notes = session.scalars(text("SELECT note FROM notes ORDER BY rowid")).all()
    assert notes == [str(i) for i in range(80)]


def test_full_disk_is_said_and_keeps_what_was_there(database: Database) -> None:
    with database.write() as session:
        session.execute(text("INSERT INTO notes VALUES ('kept')"))
        session.connection().exec_driver_sql("PRAGMA max_page_count = 3")

    with pytest.raises(KnownError, match="is full") as caught, database.write() as session:
        session.execute(text("INSERT INTO notes VALUES (zeroblob(100000))"))

    assert caught.value.category is Category.DISK
    assert count(database) == 1


def test_lock_of_another_program_is_said(database: Database) -> None:
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(KnownError, match="in use by another program") as caught:
        with database.write() as session:
            session.execute(text("INSERT INTO notes VALUES ('a')"))

    other.close()
    assert caught.value.category is Category.LIBRARY


def test_refused_write_is_said(database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("PRAGMA query_only = ON")

    with pytest.raises(KnownError, match="cannot be written"), database.write() as session:
        session.execute(text("INSERT INTO notes VALUES ('a')"))


def test_damage_met_while_reading_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    path.write_bytes(b"no database at all " * 400)
    database = Database(path)

    with pytest.raises(KnownError, match="damaged"), database.read() as session:
        session.execute(text("SELECT 1 FROM sqlite_master"))

    database.engine.dispose()


def test_wrong_statement_is_our_bug(database: Database) -> None:
    with pytest.raises(BugError), database.read() as session:
        session.execute(text("SELECT nothing FROM nowhere"))


def test_close_leaves_one_file_and_may_be_repeated(database: Database) -> None:
    with database.write() as session:
        session.execute(text("INSERT INTO notes VALUES ('a')"))

    database.close()
    database.close()

    assert [path.name for path in database.path.parent.iterdir()] == ["x.sqlite3"]


def test_error_holds_no_parameters(database: Database) -> None:
    with pytest.raises(BugError) as caught, database.write() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:n)"), {"n": "a secret sentence"})

    assert "secret" not in f"{caught.value} {caught.value.__cause__}"
