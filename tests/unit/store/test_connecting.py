import sqlite3
from pathlib import Path

import pytest

from app.store.connecting import connected

pytestmark = pytest.mark.unit


def test_connection_carries_the_pragmas_and_is_closed(tmp_path: Path) -> None:
    with connected(tmp_path / "x.sqlite3", busy_timeout_s=0.25) as connection:
        found = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("busy_timeout", "journal_mode", "secure_delete", "foreign_keys")
        }

    assert found == {
        "busy_timeout": 250,
        "journal_mode": "wal",
        "secure_delete": 1,
        "foreign_keys": 0,
    }
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
