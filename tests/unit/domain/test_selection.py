import pytest

from app.domain.ids import SegmentId
from app.domain.selection import LineSelection, words_within
from app.domain.units import Span
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
