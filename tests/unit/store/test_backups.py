import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.ids import MeetingId, SpeakerId
from app.store.backups import backups_of, forget_speaker
from app.store.library import Library
from tests.fakes.meetings import (
    MEETING,
    START,
    make_meeting,
    make_update,
    make_voiceprint,
    name_voice,
    patch_of,
)

pytestmark = pytest.mark.unit


def back_up(folder: Path) -> Path:
    """A backup as a migration makes it."""
    backup = folder / "library.sqlite3.backup-0001-20260304T153005Z"
    with (
        closing(sqlite3.connect(folder / "library.sqlite3")) as source,
        closing(sqlite3.connect(backup)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
    return backup


def test_backups_are_those_of_this_library(tmp_path: Path) -> None:
    library = tmp_path / "library.sqlite3"
    wanted = [f"library.sqlite3.backup-000{n}-20260304T153005Z" for n in (1, 2)]
    others = ["library.sqlite3", f"{wanted[0]}.part", "library.sqlite3.corrupt-1", "x.backup-1"]
    for name in [*wanted, *others]:
        (tmp_path / name).touch()

    assert [path.name for path in backups_of(library)] == wanted


def test_forgotten_voice_is_gone_from_backups_too(library: Library, tmp_path: Path) -> None:
    ann, bob = (library.speakers.add(name, has_consent=True) for name in ("Ann", "Bob"))
    voiceprint = make_voiceprint(ann)
    library.speakers.add_voiceprint(voiceprint)
    library.speakers.add_voiceprint(make_voiceprint(bob, seed=2))
    name_voice(library.transcripts, ann)
    backup = back_up(tmp_path)

    library.speakers.forget(ann.speaker_id)

    assert voiceprint.vector.tobytes()[:64] not in backup.read_bytes()
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT name FROM speakers").fetchall() == [("Bob",)]
        assert connection.execute("SELECT count(*) FROM voiceprints").fetchone() == (1,)
        assert connection.execute("SELECT name, speaker_id FROM tracks").fetchall() == [
            ("Ann", None)
        ]
    assert library.transcripts.transcript(MEETING).meeting.started_at == START


def test_deleted_meeting_is_gone_from_backups_too(library: Library, tmp_path: Path) -> None:
    kept = MeetingId("0defaced")
    library.meetings.create(make_meeting(kept))
    library.transcripts.apply(kept, patch_of(make_update("a", "weather")))
    library.transcripts.apply(
        MEETING, patch_of(make_update("a", "xylophone"), make_update("b", "zebra", track="S2"))
    )
    library.transcripts.merge_tracks(
        MEETING, *(s.track for s in library.transcripts.transcript(MEETING).speakers)
    )
    backup = back_up(tmp_path)

    library.meetings.delete(MEETING)

    content = backup.read_bytes()
    assert b"weather" in content
    assert not [word for word in (b"xylophone", b"zebra") if word in content]
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT meeting_id FROM meetings").fetchall() == [(kept,)]


def test_backup_that_cannot_be_read_is_deleted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backup = tmp_path / "library.sqlite3.backup-0001-20260304T153005Z"
    backup.write_text("no database " * 500)

    forget_speaker(tmp_path / "library.sqlite3", SpeakerId("p-1"))

    assert not backup.exists()
    assert backup.name in caplog.text
