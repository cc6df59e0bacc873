"""What a chip says about a voice."""

from __future__ import annotations

import pytest

from app.domain.facts import SpeakerFacts
from app.domain.ids import TrackId
from app.domain.speakers import MeetingSpeaker, NameSource
from app.ui.review.voices import describe_facts, name_reason

pytestmark = pytest.mark.unit


def facts(**changes):
    values = dict(
        track=TrackId("S1"),
        talk_s=750.0,
        share=0.54,
        turn_count=1,
        overlap_s=0.4,
        interruption_count=0,
    )
    return SpeakerFacts(**(values | changes))


def speaker(**changes):
    return MeetingSpeaker(track=TrackId("S1"), index=1, **changes)


def test_facts_name_only_what_happened():
    assert describe_facts(facts()) == "Talked 12:30, 1 turn"

    busy = facts(turn_count=23, overlap_s=7.6, interruption_count=2)
    assert describe_facts(busy) == "Talked 12:30, 23 turns, 8 s over others, 2 interruptions"


@pytest.mark.parametrize(
    ("source", "confidence", "reason"),
    [
        (NameSource.USER, None, "You said so"),
        (NameSource.ENROLLED, 0.996, "Recognised: 99 % sure"),
        (NameSource.ENROLLED, 0.7, "Probably: 70 % sure"),
        (NameSource.NONE, None, ""),
    ],
)
def test_the_reason_for_a_name_is_said(source, confidence, reason):
    assert name_reason(speaker(name="Anna", source=source, confidence=confidence)) == reason


def test_a_voice_without_a_name_has_no_reason():
    assert name_reason(speaker()) == ""
