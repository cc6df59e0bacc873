from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.facts import meeting_facts
from app.domain.ids import StreamId, TrackId
from app.domain.speakers import MeetingSpeaker
from tests.fakes.program import segment
from tests.fakes.transcripts import make_transcript

pytestmark = pytest.mark.unit


def facts_of(*said):
    """Facts of S1 and S2 from (track, start, end) in seconds."""
    segments = [
        segment(f"s{i}", "a b c", start_s=start, end_s=end, track=track)
        for i, (track, start, end) in enumerate(said)
    ]
    speakers = tuple(MeetingSpeaker(track=TrackId(f"S{index}"), index=index) for index in (1, 2))
    transcript = replace(make_transcript(), speakers=speakers, segments=tuple(segments))
    return {row.track: row for row in meeting_facts(transcript)}


def test_talk_is_added_up_and_shared():
    facts = facts_of(("S1", 0, 3), ("S2", 3, 4), ("S1", 4, 6))

    assert [facts[t].talk_s for t in ("S1", "S2")] == [5.0, 1.0]
    assert facts["S1"].share == pytest.approx(5 / 6)
    assert [facts[t].turn_count for t in ("S1", "S2")] == [2, 1]


def test_what_two_streams_hear_counts_once():
    heard_twice = [
        segment("a", "a b", start_s=0, end_s=4, stream=StreamId.MIC),
        segment("b", "a b", start_s=1, end_s=5, stream=StreamId.SYSTEM),
    ]
    transcript = replace(
        make_transcript(),
        speakers=(MeetingSpeaker(track=TrackId("S1"), index=1),),
        segments=tuple(heard_twice),
    )

    (facts,) = meeting_facts(transcript)

    assert (facts.talk_s, facts.overlap_s, facts.turn_count) == (5.0, 0.0, 1)


def test_a_long_pause_ends_a_turn_and_a_short_one_does_not():
    assert facts_of(("S1", 0, 2), ("S1", 3, 5))["S1"].turn_count == 1
    assert facts_of(("S1", 0, 2), ("S1", 5, 7))["S1"].turn_count == 2


def test_overlap_counts_for_both_people():
    facts = facts_of(("S1", 0, 10), ("S2", 4, 5), ("S2", 9, 12))

    assert [facts[t].overlap_s for t in ("S1", "S2")] == [2.0, 2.0]


def test_an_unknown_voice_counts_as_somebody_else():
    facts = facts_of(("S1", 0, 10), (None, 8, 12))

    assert (facts["S1"].overlap_s, facts["S1"].share) == (2.0, 1.0)
    assert set(facts) == {"S1", "S2"}


@pytest.mark.parametrize(
    ("start_s", "end_s", "count"),
    [
        (8, 12, 1),
        (8, 9.5, 0),  # the other talks on
        (9.5, 10.4, 0),  # shorter than a turn that takes the floor
        (0.3, 12, 0),  # both began together
        (10, 12, 0),  # after the other
    ],
)
def test_taking_the_floor_is_an_interruption(start_s, end_s, count):
    facts = facts_of(("S1", 0, 10), ("S2", start_s, end_s))

    assert facts["S2"].interruption_count == count
    assert facts["S1"].interruption_count == 0


def test_a_person_without_words_has_said_nothing():
    facts = facts_of(("S1", 0, 1))

    assert (facts["S2"].talk_s, facts["S2"].turn_count, facts["S2"].share) == (0.0, 0, 0.0)
    assert facts_of()["S1"].share == 0.0
