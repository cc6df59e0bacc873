import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.errors import KnownError
from app.store import migrations
from app.store.connecting import connected
from app.store.migrating import migrate

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 4, 15, 30, 5, tzinfo=UTC)


def test_new_file_is_brought_to_the_newest_version_once(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"

    migrate(path, now=NOW, busy_timeout_s=1.0)
    migrate(path, now=NOW, busy_timeout_s=1.0)

    with connected(path) as connection:
        assert migrations.version_of(connection) == migrations.newest_version()
        assert connection.execute("SELECT count(*) FROM schema_changes").fetchone() == (1,)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")

    with pytest.raises(KnownError, match="another program"):
        migrate(path, now=NOW, busy_timeout_s=1.0)


def test_damage_is_told_by_the_driver(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"
    path.write_bytes(b"no database at all " * 400)

    with pytest.raises(sqlite3.DatabaseError) as caught:
        migrate(path, now=NOW, busy_timeout_s=1.0)

    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_NOTADB
