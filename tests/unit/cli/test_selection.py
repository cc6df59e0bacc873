from __future__ import annotations

import click
import pytest

from app.cli.selection import MomentParam, read_line, span_between
from app.domain.errors import KnownError
from app.domain.ids import SegmentId
from app.domain.selection import LineSelection
from app.domain.units import Span

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("mic-100-0", 0, None), ("mic-100-0:3-5", 2, 5), ("mic-100-0:2", 1, 2)],
)
def test_a_line_is_an_id_or_some_of_its_words(text, first, last):
    line = SegmentId("mic-100-0")

    assert read_line(text) == LineSelection(segment_id=line, first=first, last=last)


@pytest.mark.parametrize("text", ["a:0", "a:5-3"])
def test_words_that_cannot_be_are_refused(text):
    with pytest.raises(KnownError, match="names no words"):
        read_line(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("83.5", 83.5), ("1:23.5", 83.5), ("1:02:03", 3723.0), ("0", 0.0)]
)
def test_moments_are_read_as_players_show_them(text, seconds):
    assert MomentParam().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "1:99:00", "soon", "-3"])
def test_what_is_no_moment_is_said(text):
    with pytest.raises(click.BadParameter, match="is not a time"):
        MomentParam().convert(text, None, None)


def test_a_stretch_may_be_open_at_one_end():
    assert span_between(None, None) is None
    assert span_between(1.5, 3.0) == Span.from_seconds(1.5, 3.0)
    assert span_between(None, 3.0) == Span.from_seconds(0, 3.0)
    late = span_between(2.0, None)
    assert late is not None
    assert late.duration_s > 24 * 3600
    with pytest.raises(KnownError, match="--until has to be later"):
        span_between(3.0, 3.0, end_name="--until")
