from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import SegmentStatus, SegmentUpdate, Word
from app.domain.selection import LineSelection
from app.domain.units import Span
from app.ui.review.find import places_of
from app.ui.review.passages import lines_from, passage_above, readings, replaced
from app.ui.transcript.lines import Row, line_of, passage_of

pytestmark = pytest.mark.unit


def segment(name: str, text: str, start_s: float) -> SegmentUpdate:
    tokens = text.split()
    words = tuple(
        Word(text=token, span=Span.from_seconds(start_s + n, start_s + n + 0.9), probability=0.4)
        for n, token in enumerate(tokens)
    )
    return SegmentUpdate(
        segment_id=SegmentId(name),
        revision=1,
        stream=StreamId.MIX,
        track=TrackId("S1"),
        speaker_confidence=None,
        span=Span.from_seconds(start_s, start_s + len(tokens)),
        words=words,
        committed=len(words),
        status=SegmentStatus.FINAL,
        language="en",
    )


def passage(*segments: SegmentUpdate):
    return passage_of([line_of(one, {}) for one in segments])


FIRST, SECOND = segment("a", "we met on", 0), segment("b", "Monday the fifth", 5)


def test_a_passage_is_cut_in_front_of_the_word_meant():
    both = passage(FIRST, SECOND)

    assert lines_from(both, 6.0) == (LineSelection(segment_id=SegmentId("b"), first=1),)
    assert lines_from(both, 1.0) == (
        LineSelection(segment_id=SegmentId("a"), first=1),
        LineSelection(segment_id=SegmentId("b")),
    )
    assert lines_from(both, 100.0) == ()


def test_the_passage_above_ends_last_before_this_one():
    rows = [Row(lanes=(passage(FIRST),)), Row(lanes=(passage(SECOND),))]

    assert passage_above(rows, rows[1].lanes[0]) == rows[0].lanes[0]
    assert passage_above(rows, rows[0].lanes[0]) is None


def test_other_readings_of_a_word_come_from_the_recognisers_alternatives():
    heard = replace(
        SECOND, alternatives=(("Monday the sixth", -1.0), ("Monday a fifth", -2.0), ("", -9.0))
    )
    line = line_of(heard, {})

    assert readings(line, heard, 7.0) == (("sixth", "Monday the sixth"),)
    assert readings(line, heard, 6.0) == (("a", "Monday a fifth"),)
    assert readings(line, heard, 5.0) == ()
    assert readings(line, heard, 99.0) == ()


def test_places_are_replaced_from_the_end_so_that_none_moves():
    line = line_of(segment("a", "the cat and the Cat catches", 0), {})
    places = [(p.segment_id, p.character) for p in places_of([line], "cat")]

    assert replaced([line], places[:2], 3, "horse") == {"a": "the horse and the horse catches"}
    assert replaced([line], places, 3, "") == {"a": "the and the ches"}
    assert replaced([line], [], 3, "horse") == {}
