from dataclasses import replace

import pytest

from app.domain.ids import MeetingId, StreamId, TrackId
from app.domain.messages import SpeakerTurn
from app.domain.units import Span
from app.store import turns
from app.store.db import Database
from app.store.library import Library
from app.store.turns import Said, corrected
from tests.fakes.meetings import MEETING, make_meeting, make_turn

pytestmark = pytest.mark.unit

MIC = StreamId.MIC
S1, S2, S3 = TrackId("S1"), TrackId("S2"), TrackId("S3")
SECOND = 16_000


def said(
    start_s: float, end_s: float, heard: TrackId | None = S1, given: TrackId | None = None
) -> Said:
    return Said(stream=MIC, span=Span.from_seconds(start_s, end_s), heard=heard, given=given)


def turn(track: str | None, start_s: float, end_s: float, stream: StreamId = MIC) -> SpeakerTurn:
    return make_turn(track, round(start_s * SECOND), round(end_s * SECOND), stream)


def test_turns_without_corrections_stay_as_heard() -> None:
    heard = (replace(turn("S1", 0, 4), confidence=0.5), turn("S2", 3, 5), turn(None, 6, 7))

    assert corrected(reversed(heard), [said(0, 4), said(3, 5, S2)]) == heard


def test_part_inside_a_segment_given_away_moves() -> None:
    heard = [replace(turn("S1", 0, 10), confidence=0.5)]

    found = corrected(heard, [said(0, 3), said(4, 6, given=S2), said(7, 10)])

    assert found == (
        replace(turn("S1", 0, 4), confidence=0.5),
        turn("S2", 4, 6),
        replace(turn("S1", 6, 10), confidence=0.5),
    )


@pytest.mark.parametrize(
    ("heard_voice", "stream"), [("S3", MIC), ("S1", StreamId.SYSTEM), (None, MIC)]
)
def test_other_voices_and_streams_stay(heard_voice: str | None, stream: StreamId) -> None:
    heard = (turn(heard_voice, 0, 10, stream),)

    assert corrected(heard, [said(4, 6, given=S2)]) == heard


def test_unknown_voice_is_given_a_name() -> None:
    assert corrected([turn(None, 0, 2)], [said(0, 2, None, S2)]) == (turn("S2", 0, 2),)


def test_short_rest_around_a_segment_moves_with_it() -> None:
    found = corrected([turn("S1", 0.6, 6.4)], [said(1, 6, given=S2)])

    assert found == (turn("S2", 0.6, 6.4),)


def test_long_rest_stays() -> None:
    found = corrected([turn("S1", 0, 6.4)], [said(1, 6, given=S2)])

    assert found == (turn("S1", 0, 1), turn("S2", 1, 6.4))


def test_short_rest_in_which_the_voice_says_something_stays() -> None:
    found = corrected([turn("S1", 0.6, 6)], [said(0.6, 0.9), said(1, 6, given=S2)])

    assert found == (turn("S1", 0.6, 1), turn("S2", 1, 6))


def test_segment_given_to_its_own_voice_cuts_nothing() -> None:
    heard = (turn("S1", 0, 6),)

    assert corrected(heard, [said(1, 3, given=S1)]) == heard


def test_neighbours_given_to_two_people_share_a_turn() -> None:
    found = corrected([turn("S1", 0, 6)], [said(0, 3.2, given=S2), said(3, 6, given=S3)])

    assert found == (turn("S2", 0, 3.2), turn("S3", 3.2, 6))


def test_moved_part_joins_the_turn_that_it_meets() -> None:
    found = corrected(
        [turn("S1", 0, 4), turn("S2", 3, 7), turn("S2", 7.2, 8)], [said(0, 4, given=S2)]
    )

    assert found == (turn("S2", 0, 7), turn("S2", 7.2, 8))


def test_turns_stay_with_their_meeting(library: Library, database: Database) -> None:
    other = MeetingId("2")
    library.meetings.create(make_meeting(other))
    heard = turn("S1", 0, 1)

    with database.write() as session:
        turns.store_turns(session, other, {MIC: (heard,)}, 3)

    with database.read() as session:
        assert turns.turns_of(session, MEETING, [], {}) == ()
        assert turns.turns_of(session, other, [], {}) == (heard,)
        assert turns.newest_revision(session, MEETING) is None
        assert turns.newest_revision(session, other) == 3


def test_stream_without_turns_refuses_older_ones(library: Library, database: Database) -> None:
    with database.write() as session:
        turns.store_turns(session, MEETING, {MIC: ()}, 3)
        turns.store_turns(session, MEETING, {MIC: (turn("S1", 0, 1),)}, 2)

    with database.read() as session:
        assert turns.turns_of(session, MEETING, [], {}) == ()
