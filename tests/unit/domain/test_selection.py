from dataclasses import replace

import pytest

from app.domain.ids import SegmentId
from app.domain.selection import ROOM_S, LineSelection, whole_lines, words_within
from app.domain.units import Span, to_samples
from tests.fakes.meetings import make_update

pytestmark = pytest.mark.unit


def test_bounds_stay_inside_the_line():
    line = SegmentId("a")

    assert LineSelection(segment_id=line).bounds(3) == (0, 3)
    assert LineSelection(segment_id=line, first=1, last=9).bounds(3) == (1, 3)
    assert LineSelection(segment_id=line, first=-1, last=2).bounds(3) == (0, 2)


def test_a_time_selects_the_words_spoken_in_it():
    first = make_update("a", "good morning all")
    second = make_update("b", "hello", start=40_000)
    end_of_first = Span(first.words[1].span.start, 40_000)

    assert words_within([first, second], end_of_first) == (
        LineSelection(segment_id=SegmentId("a"), first=1, last=3),
    )
    assert words_within([first, second], Span(0, 100_000))[1] == LineSelection(
        segment_id=SegmentId("b"), first=0, last=1
    )
    assert words_within([first, second], Span(90_000, 100_000)) == ()


def _line(name: str, start_s: float, end_s: float):
    return replace(make_update(name, "hello"), span=Span.from_seconds(start_s, end_s))


def test_a_stretch_that_cuts_lines_takes_all_of_them_with_room_up_to_the_next():
    lines = [
        _line("before", 0, 9.8),
        _line("cut", 10, 15),
        _line("over it", 14, 18),
        _line("after", 30, 31),
    ]

    widened = whole_lines(lines, Span.from_seconds(12, 13))

    assert widened.start == to_samples(9.9)
    assert widened.end == to_samples(18 + ROOM_S)
    assert not any(lines[n].span.overlap(widened) for n in (0, 3))


def test_a_stretch_without_lines_stays_between_its_neighbours():
    lines = [_line("before", 0, 9.8), _line("after", 12.2, 15)]

    assert whole_lines(lines, Span.from_seconds(10, 12)) == Span.from_seconds(9.9, 12.1)
    assert whole_lines([], Span.from_seconds(0, 1)) == Span(0, to_samples(1 + ROOM_S))
