from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.errors import Category, KnownError
from app.domain.ids import MeetingId, SegmentId, TrackId
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.selection import LineSelection
from app.services.claims import claim, release
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit


@pytest.fixture
def add(program):
    def make(meeting_id, title, state=MeetingState.DONE):
        program.library.meetings.create(
            Meeting(
                meeting_id=MeetingId(meeting_id),
                title=title,
                started_at=datetime(2026, 1, 1, tzinfo=UTC),
                state=state,
                source=MeetingSource.FILE,
            )
        )

    return make


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("ab12", "ab12"),
        ("AB1", "ab12"),
        ("cd", "cd34"),
        ("last", "ef56"),
        ("weekly standup", "ab12"),
        ("retro", "cd34"),
        ("spring", "cd34"),
        ("cafe", "ef56"),
    ],
)
def test_a_meeting_is_found_by_what_a_person_says(program, add, reference, expected):
    add("ab12", "Weekly Standup")
    add("cd34", "Spring retro")
    add("ef56", "cafe")

    assert program.context.library.resolve(reference).meeting_id == expected


def test_an_unclear_reference_lists_what_could_be_meant(program, add):
    add("ab12", "Standup")
    add("ab34", "Standup 2")

    with pytest.raises(KnownError, match=r"Several .*ab34 \(Standup 2\), ab12 \(Standup\)"):
        program.context.library.resolve("ab")
    with pytest.raises(KnownError, match="No meeting fits 'x'"):
        program.context.library.resolve("x")
    assert program.context.library.resolve("standup").meeting_id == "ab12"


def test_an_empty_library_says_so(program):
    with pytest.raises(KnownError, match="library is empty"):
        program.context.library.resolve("last")


@pytest.mark.parametrize("state", [MeetingState.RECORDING, MeetingState.REFINING])
def test_a_meeting_that_is_worked_on_is_not_deleted(program, add, state):
    add("ab12", "Standup", state)

    with pytest.raises(KnownError, match="was not deleted"):
        program.context.library.delete(MeetingId("ab12"))

    assert len(program.context.library.list()) == 1


def test_a_meeting_whose_live_text_is_being_completed_is_not_deleted(program, add):
    add("ab12", "Standup", MeetingState.RECORDED)
    claim(program.paths.recordings_dir / "ab12")

    with pytest.raises(KnownError, match="being transcribed and was not deleted"):
        program.context.library.delete(MeetingId("ab12"))
    release(program.paths.recordings_dir / "ab12")
    program.context.library.delete(MeetingId("ab12"))

    assert program.context.library.list() == ()


def test_recordings_that_cannot_be_deleted_are_told(program, add):
    add("ab12", "Standup")
    folder = program.paths.recordings_dir / "ab12"
    folder.parent.mkdir(parents=True)
    folder.write_bytes(b"no folder, so it cannot be deleted as one")

    with pytest.raises(KnownError, match="recordings are left in") as caught:
        program.context.library.delete(MeetingId("ab12"))

    assert caught.value.category is Category.DISK
    assert str(folder) in str(caught.value)


def test_deleting_takes_the_recordings_away(program, add):
    add("ab12", "Standup")
    folder = program.paths.recordings_dir / "ab12"
    folder.mkdir(parents=True)
    (folder / "mic.s16").write_bytes(b"12")

    program.context.library.delete(MeetingId("ab12"))

    assert not folder.exists()
    assert program.context.library.list() == ()


def test_corrections_go_to_the_library_and_back(program, add):
    add("ab12", "Standup")
    library, meeting_id = program.context.library, MeetingId("ab12")
    program.library.transcripts.apply(
        meeting_id, patch(segment("a", "hello"), segment("b", "hi", track="S2", start_s=2))
    )

    library.rename(meeting_id, " Daily ")
    library.rename_track(meeting_id, TrackId("S1"), " Ada ")
    library.edit_text(meeting_id, SegmentId("a"), " Hello! ")
    line = LineSelection(segment_id=SegmentId("b"))
    chosen = library.give_lines(meeting_id, [line], TrackId("S1"))

    transcript = library.transcript(meeting_id)
    assert transcript.meeting.title == "Daily"
    assert [transcript.text_of(s) for s in transcript.segments] == ["Hello!", "hi"]
    assert {transcript.label_of(s.track) for s in transcript.segments} == {"Ada"}
    assert chosen == "S1"
    assert library.search("hello")[0].segment_id == "a"
    assert [c.kind for c in library.corrections(meeting_id)][-1] == "give-lines"
    with pytest.raises(KnownError, match="two voices"):
        library.merge_tracks(meeting_id, TrackId("S1"), TrackId("S1"))
    with pytest.raises(KnownError, match="title is empty"):
        library.rename(meeting_id, " ")
