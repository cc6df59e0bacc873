from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import SegmentStatus, SegmentUpdate, Word
from app.domain.selection import LineSelection
from app.domain.units import Span
from app.ui.review.find import places_of
from app.ui.review.passages import (
    LOOP_PAD_S,
    lines_from,
    passage_above,
    readings,
    replaced,
    stretch_of,
    voice_from,
    word_start,
)
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


def test_a_voice_is_cut_at_a_word_and_takes_its_later_lines_along():
    both, later = passage(FIRST, SECOND), segment("c", "never again", 20)
    other = replace(segment("d", "I agree", 30), track=TrackId("S2"))
    earlier = segment("z", "hello", 0)
    lines = [line_of(one, {}) for one in (earlier, FIRST, SECOND, later, other)]

    assert voice_from(lines, both, 6.0) == (
        LineSelection(segment_id=SegmentId("b"), first=1),
        LineSelection(segment_id=SegmentId("c")),
    )


def test_a_stretch_reaches_from_the_first_word_to_the_last_with_some_room():
    stretch = stretch_of([passage(SECOND), passage(FIRST)])

    assert stretch is not None
    assert stretch.start_s == 0.0
    assert stretch.end_s == pytest.approx(8.0 + LOOP_PAD_S)
    assert stretch_of([]) is None


def test_a_moment_belongs_to_the_word_that_is_heard_or_comes_next():
    assert word_start(passage(SECOND), 6.4) == pytest.approx(6.0)
    assert word_start(passage(SECOND), 6.95) == pytest.approx(7.0)
