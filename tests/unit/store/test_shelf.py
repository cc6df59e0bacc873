from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, StreamId, TrackId
from app.domain.meeting import MeetingState
from app.store.library import Library
from app.store.shelf import SqliteShelf
from tests.fakes.meetings import (
    MEETING,
    START,
    make_meeting,
    make_model,
    make_stream,
    make_update,
    patch_of,
)

pytestmark = pytest.mark.unit

OTHER = MeetingId("2")


def test_list_is_newest_first_with_speakers_and_words(library: Library) -> None:
    library.meetings.create(make_meeting(OTHER, started_at=START + timedelta(days=1)))
    library.transcripts.apply(
        MEETING,
        patch_of(
            make_update("a", "hello there", track="S2"),
            make_update("b", "hi", track="S1", start=20_000),
            make_update("c", "", track="S3"),
        ),
    )
    library.transcripts.rename_track(
        MEETING, library.transcripts.transcript(MEETING).speakers[0].track, "Ann"
    )

    summaries = library.shelf.list()

    assert [(s.meeting.meeting_id, s.speakers, s.word_count) for s in summaries] == [
        (OTHER, (), 0),
        (MEETING, ("Ann", "Speaker 3"), 3),
    ]
    assert summaries[1].meeting == library.meetings.get(MEETING)


def test_labels_are_those_of_each_meeting(library: Library) -> None:
    other = MeetingId("2")
    library.meetings.create(make_meeting(other))
    library.transcripts.apply(MEETING, patch_of(make_update("a", "one", track="S5")))
    library.transcripts.apply(
        other,
        patch_of(make_update("a", "one"), make_update("b", "two", track="S2", start=20_000)),
    )
    library.transcripts.rename_track(other, TrackId("S2"), "Ann")

    labels = {s.meeting.meeting_id: s.speakers for s in library.shelf.list()}

    assert labels == {MEETING: ("Speaker 1",), other: ("Speaker 1", "Ann")}


def test_unfinished_meetings_are_those_that_somebody_works_on(library: Library) -> None:
    for number, state in enumerate(MeetingState):
        library.meetings.create(make_meeting(MeetingId(f"{number}"), state=state))
    library.meetings.delete(MEETING)

    found = {summary.meeting.state for summary in library.shelf.unfinished()}

    assert found == {MeetingState.RECORDING, MeetingState.REFINING}


def test_list_holds_what_the_store_says_of_each_meeting(library: Library, tmp_path: Path) -> None:
    meeting = replace(
        make_meeting(OTHER),
        streams=(make_stream(tmp_path / "r"), make_stream(tmp_path / "r", StreamId.SYSTEM)),
        models=(make_model("vad"), make_model("asr")),
    )
    library.meetings.create(meeting)

    listed = {summary.meeting.meeting_id: summary.meeting for summary in library.shelf.list()}

    assert listed == {MEETING: library.meetings.get(MEETING), OTHER: meeting}


def test_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    path.write_bytes(b"no database at all " * 400)

    with pytest.raises(KnownError, match="damaged"):
        SqliteShelf(path).list()
