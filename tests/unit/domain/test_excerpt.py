from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from app.domain.excerpt import excerpt, voices_only
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.messages import OverlapRegion, SpeakerTurn, TranscriptGap
from app.domain.speakers import MeetingSpeaker
from app.domain.units import Span, to_samples
from tests.fakes.transcripts import make_segment, make_transcript

pytestmark = pytest.mark.unit


def test_an_excerpt_holds_what_lies_inside_and_nothing_else():
    whole = replace(
        make_transcript(
            [
                make_segment("a", 1.0, "before"),
                make_segment("b", 11.0, "inside", track="S2"),
                make_segment("c", 30.0, "after", track="S3"),
            ]
        ),
        gaps=(TranscriptGap(stream=StreamId.MIX, span=Span.from_seconds(8, 12), reason="x"),),
        holds=(
            Hold(start=to_samples(2), end=to_samples(3), reason=HoldReason.PAUSED),
            Hold(start=to_samples(15), end=to_samples(50), reason=HoldReason.PAUSED),
        ),
        markers=(Marker(at=to_samples(5)), Marker(at=to_samples(12), note="here")),
        edited_texts={SegmentId("a"): "x", SegmentId("b"): "y"},
    )

    part = excerpt(whole, Span.from_seconds(10, 20))

    assert [s.segment_id for s in part.segments] == ["b"]
    assert [s.track for s in part.speakers] == ["S2"]
    assert [gap.span for gap in part.gaps] == [Span.from_seconds(10, 12)]
    assert [hold.start for hold in part.holds] == [to_samples(15)]
    assert [marker.note for marker in part.markers] == ["here"]
    assert part.edited_texts == {"b": "y"}
    assert part.meeting == whole.meeting


def test_excerpts_that_meet_share_nothing_and_lose_nothing():
    whole = make_transcript([make_segment(f"s{n}", float(n), "one two three") for n in range(20)])
    cuts = [0.0, 3.3, 7.0, 7.5, 19.0, 99.0]

    parts = [excerpt(whole, Span.from_seconds(a, b)) for a, b in itertools.pairwise(cuts)]

    found = [s.segment_id for part in parts for s in part.segments]
    assert found == [s.segment_id for s in whole.segments]


def test_what_some_voices_say_is_left_with_the_marks_of_the_meeting():
    one, two, three = TrackId("S1"), TrackId("S2"), TrackId("S3")
    spans = [Span.from_seconds(n, n + 2) for n in range(3)]
    whole = replace(
        make_transcript(
            [
                make_segment("a", 1.0, "mine"),
                make_segment("b", 11.0, "yours", track="S2"),
                make_segment("c", 30.0, "theirs", track="S3"),
            ]
        ),
        speakers=tuple(
            MeetingSpeaker(track=t, index=n) for n, t in enumerate((one, two, three), 1)
        ),
        turns=tuple(
            SpeakerTurn(stream=StreamId.MIX, span=span, track=track)
            for span, track in zip(spans, (one, two, None), strict=True)
        ),
        overlaps=(
            OverlapRegion(stream=StreamId.MIX, span=spans[0], tracks=(one, two, three)),
            OverlapRegion(stream=StreamId.MIX, span=spans[1], tracks=(two, three)),
        ),
        markers=(Marker(at=to_samples(12), note="here"),),
        edited_texts={SegmentId("a"): "x", SegmentId("b"): "y"},
    )

    part = voices_only(whole, {one, three})

    assert [s.segment_id for s in part.segments] == ["a", "c"]
    assert [s.track for s in part.speakers] == ["S1", "S3"]
    assert [turn.track for turn in part.turns] == ["S1"]
    assert [region.tracks for region in part.overlaps] == [(one, three)]
    assert part.edited_texts == {"a": "x"}
    assert part.markers == whole.markers
