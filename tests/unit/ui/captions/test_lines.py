from __future__ import annotations

import pytest

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.units import Span
from app.ui.captions.lines import captions_of
from app.ui.transcript.lines import Line

pytestmark = pytest.mark.unit


def line(number: int, voice: int, text: str, solid_chars: int | None = None) -> Line:
    return Line(
        segment_id=SegmentId(f"g{number}"),
        revision=1,
        stream=StreamId.MIX,
        track=TrackId(f"S{voice}"),
        label=f"V{voice}",
        initials=str(voice),
        colour_index=voice,
        span=Span(number * 16_000, number * 16_000 + 8_000),
        text=text,
        solid_chars=len(text) if solid_chars is None else solid_chars,
        is_final=solid_chars is None,
        has_overlap=False,
        words=(),
    )


def shown(lines, count=6, width=20.0):
    return captions_of(lines, count, width, lambda text: float(len(text)))


def test_long_text_is_broken_and_the_name_stands_once():
    found = shown([line(1, 1, "one two three four five six seven")])

    assert [caption.name for caption in found] == ["V1", ""]
    assert " ".join(caption.text for caption in found) == "one two three four five six seven"
    assert all(len(caption.text) <= 20 for caption in found)


def test_lines_of_one_voice_read_on_and_another_voice_begins_anew():
    found = shown([line(1, 1, "so it"), line(2, 1, "goes."), line(3, 2, "Yes.")])

    assert [(caption.name, caption.text) for caption in found] == [
        ("V1", "so it goes."),
        ("V2", "Yes."),
    ]


def test_only_the_newest_lines_are_shown():
    found = shown([line(n, n, f"line {n}") for n in range(1, 9)], count=2)

    assert [caption.text for caption in found] == ["line 7", "line 8"]


def test_words_that_may_change_are_told_apart():
    found = shown([line(1, 1, "sure but maybe", solid_chars=4)])

    assert found[0].text[: found[0].solid_chars] == "sure"


def test_nothing_said_shows_nothing():
    assert shown([]) == ()
