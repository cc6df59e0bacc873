"""The window and the command line may use one library at the same time."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.ids import MeetingId
from app.store import migrations
from app.store.db import make_engine
from app.store.library import open_library
from tests.fakes.meetings import MEETING, make_meeting, make_update, patch_of

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).resolve().parents[2]
PROCESS_COUNT = 4
MEETINGS_EACH = 5

CLIENT = """
import sys
from pathlib import Path
from app.domain.ids import MeetingId
from app.store.library import open_library
from tests.fakes.meetings import make_meeting, make_update, patch_of

sys.stdin.readline()
with open_library(Path(sys.argv[1])) as library:
    for number in range(int(sys.argv[3])):
        meeting = MeetingId(f"{sys.argv[2]}-{number}")
        library.meetings.create(make_meeting(meeting))
        library.transcripts.apply(meeting, patch_of(make_update("a", "hello there")))
    sys.stdout.write(f"{library.opening_notice}")
"""


def run_clients(path: Path) -> list[str]:
    """Let several processes open the library at the same moment; returns what each printed."""
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(path), str(number), str(MEETINGS_EACH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            text=True,
        )
        for number in range(PROCESS_COUNT)
    ]
    for client in clients:
        assert client.stdin is not None
        client.stdin.write("go\n")
        client.stdin.flush()
    return [client.communicate(timeout=60)[0] for client in clients]


def test_processes_that_make_one_library_together_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"

    printed = run_clients(path)

    assert printed == ["None"] * PROCESS_COUNT
    with open_library(path) as library:
        assert len(library.shelf.list()) == PROCESS_COUNT * MEETINGS_EACH
        assert len(library.transcripts.search("hello")) == PROCESS_COUNT * MEETINGS_EACH


def test_processes_that_migrate_one_library_together_make_one_backup(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"
    engine = make_engine(path, has_foreign_keys=False)
    with engine.execution_options(is_writer=True).begin() as connection:
        migrations.upgrade(connection, now=datetime(2026, 1, 1, tzinfo=UTC), to="0001")
    engine.dispose()

    printed = run_clients(path)

    assert printed == ["None"] * PROCESS_COUNT
    assert len(list(tmp_path.glob("*.backup-0001-*"))) == 1
    with closing(sqlite3.connect(path)) as connection:
        versions = connection.execute("SELECT version FROM schema_changes").fetchall()
    assert versions == [("0001",), ("0004",)]


def test_library_opens_and_is_read_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"
    with open_library(path) as library:
        library.meetings.create(make_meeting())
        library.transcripts.apply(MEETING, patch_of(make_update("a", "hello")))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE meetings SET title = 'half done'")

        library = open_library(path, busy_timeout_s=0.05)
        title = library.meetings.get(MEETING).title
        hits = library.transcripts.search("hello")

        other.execute("ROLLBACK")
    library.close()
    assert title == "Weekly sync"
    assert len(hits) == 1


def test_what_one_process_writes_another_sees_at_once(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"
    with open_library(path) as first, open_library(path) as second:
        first.meetings.create(make_meeting(MeetingId("1")))

        assert [s.meeting.meeting_id for s in second.shelf.list()] == ["1"]
