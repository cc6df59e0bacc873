from dataclasses import replace

import pytest

from app.domain.ids import MeetingId, StreamId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.messages import OverlapRegion, TranscriptGap
from app.domain.units import Span
from app.store import events
from app.store.db import Database
from app.store.library import Library
from tests.fakes.meetings import MEETING, make_meeting

pytestmark = pytest.mark.unit

S1, S2, S3 = TrackId("S1"), TrackId("S2"), TrackId("S3")


def make_gap(reason: str) -> TranscriptGap:
    return TranscriptGap(stream=StreamId.MIC, span=Span(0, 9), reason=reason)


def make_overlap(*tracks: TrackId) -> OverlapRegion:
    return OverlapRegion(stream=StreamId.MIC, span=Span(0, 9), tracks=tracks)


def test_gaps_that_differ_in_anything_are_two(library: Library, database: Database) -> None:
    with database.write() as session:
        events.add_gaps(session, MEETING, [make_gap("x"), make_gap("y"), make_gap("x")])

    with database.read() as session:
        assert events.gaps_of(session, MEETING) == (make_gap("x"), make_gap("y"))


def test_overlaps_of_other_voices_are_two(library: Library, database: Database) -> None:
    regions = [make_overlap(S1, S2), make_overlap(S1, S3), make_overlap(S1, S2)]
    with database.write() as session:
        events.add_overlaps(session, MEETING, regions)

    with database.read() as session:
        assert events.overlaps_of(session, MEETING, {}) == tuple(regions[:2])
        assert events.overlaps_of(session, MEETING, {S2: S1}) == (
            make_overlap(S1),
            make_overlap(S1, S3),
        )


def test_events_stay_with_their_meeting(library: Library, database: Database) -> None:
    other = MeetingId("2")
    library.meetings.create(make_meeting(other))
    with database.write() as session:
        events.add_gaps(session, other, [make_gap("x")])

    with database.read() as session:
        assert events.gaps_of(session, MEETING) == ()
        assert events.gaps_of(session, other) == (make_gap("x"),)


def test_a_hold_that_ends_takes_the_place_of_its_beginning(
    library: Library, database: Database
) -> None:
    first = Hold(start=0, end=None, reason=HoldReason.PAUSED)
    second = Hold(start=900, end=None, reason=HoldReason.OFF_RECORD)
    with database.write() as session:
        for hold in (first, replace(first, end=100), second):
            events.put_hold(session, MEETING, hold)

    with database.read() as session:
        assert events.holds_of(session, MEETING) == (replace(first, end=100), second)


def test_markers_of_one_moment_are_all_kept(library: Library, database: Database) -> None:
    markers = [Marker(at=900, note="b"), Marker(at=5), Marker(at=900, note="b")]
    with database.write() as session:
        for marker in markers:
            events.add_marker(session, MEETING, marker)

    with database.read() as session:
        assert events.markers_of(session, MEETING) == (markers[1], markers[0], markers[2])
        assert events.notices_of(session, MEETING) == ()
