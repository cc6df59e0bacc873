import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.ids import MeetingId, StreamId
from app.domain.meeting import MeetingState
from app.domain.sidecar import RecordingSidecar, write_sidecar
from app.store.library import Library, open_library
from tests.fakes.meetings import (
    MEETING,
    START,
    SteppingClock,
    make_meeting,
    make_stream,
    make_update,
    patch_of,
)

pytestmark = pytest.mark.unit

LOST = MeetingId("10571057")


def record(recordings: Path, meeting_id: MeetingId, *, spool_bytes: int = 64_000) -> Path:
    """A recording folder as it lies on disk."""
    folder = recordings / meeting_id
    folder.mkdir(parents=True)
    stream = replace(make_stream(folder), sample_count=None)
    stream.spool_path.write_bytes(bytes(spool_bytes))
    sidecar = RecordingSidecar(
        meeting_id=meeting_id, title="Budget", started_at=START, streams=(stream,)
    )
    write_sidecar(folder, sidecar)
    return folder


def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    with open_library(tmp_path / "library.sqlite3") as library:
        library.meetings.create(make_meeting())
        library.transcripts.apply(MEETING, patch_of(make_update("a", "hello there")))
        before = library.transcripts.transcript(MEETING)

    with open_library(tmp_path / "library.sqlite3") as library:
        after = library.transcripts.transcript(MEETING)

    assert after == before


def test_moved_data_folder_finds_its_recordings(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with open_library(old / "library.sqlite3") as library:
        inside = make_stream(old / "recordings" / MEETING)
        outside = replace(make_stream(tmp_path / "elsewhere", StreamId.SYSTEM), original_paths=())
        library.meetings.create(make_meeting(streams=(inside, outside)))
    old.rename(new)

    with open_library(new / "library.sqlite3") as library:
        streams = library.meetings.get(MEETING).streams

    assert streams == (make_stream(new / "recordings" / MEETING), outside)


def test_recording_of_a_lost_library_is_added_back_as_pending(
    library: Library, tmp_path: Path
) -> None:
    folder = record(tmp_path / "recordings", LOST)

    added = library.recover(tmp_path / "recordings")

    assert [meeting.meeting_id for meeting in added] == [LOST]
    meeting = library.meetings.get(LOST)
    assert (meeting.title, meeting.started_at) == ("Budget", START)
    assert (meeting.state, meeting.duration_s) == (MeetingState.RECORDED, 2.0)
    assert meeting.streams == (replace(make_stream(folder), sample_count=32_000),)


def test_recovering_twice_adds_nothing(library: Library, tmp_path: Path) -> None:
    record(tmp_path / "recordings", LOST)
    library.recover(tmp_path / "recordings")

    assert library.recordings_without_meeting(tmp_path / "recordings") == ()
    assert library.recover(tmp_path / "recordings") == ()


def test_recording_of_a_known_meeting_is_not_lost(library: Library, tmp_path: Path) -> None:
    record(tmp_path / "recordings", MEETING)

    assert library.recordings_without_meeting(tmp_path / "recordings") == ()


def test_unreadable_sidecar_and_missing_spool_stop_nothing(
    library: Library, tmp_path: Path
) -> None:
    recordings = tmp_path / "recordings"
    (record(recordings, MeetingId("aaaa")) / "meeting.json").write_text("{")
    (recordings / "no-sidecar").mkdir()
    (record(recordings, LOST) / "mic.pcm").unlink()

    added = library.recover(recordings)

    assert [meeting.meeting_id for meeting in added] == [LOST]
    assert added[0].streams[0].sample_count is None


def test_two_folders_with_one_id_give_one_meeting(library: Library, tmp_path: Path) -> None:
    recordings = tmp_path / "recordings"
    first = record(recordings, LOST)
    copy = recordings / "copy of it"
    copy.mkdir()
    (copy / "meeting.json").write_text((first / "meeting.json").read_text())

    assert len(library.recover(recordings)) == 1


def test_missing_recordings_folder_has_nothing_lost(library: Library, tmp_path: Path) -> None:
    assert library.recordings_without_meeting(tmp_path / "nowhere") == ()


def test_damaged_library_is_replaced_with_a_notice(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite3"
    path.write_text("no database " * 500)
    record(tmp_path / "recordings", LOST)

    with open_library(path, clock=SteppingClock()) as library:
        added = library.recover(tmp_path / "recordings")

    assert library.opening_notice is not None
    assert json.dumps(library.opening_notice).isascii()
    assert [meeting.meeting_id for meeting in added] == [LOST]
