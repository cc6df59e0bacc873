"""Line breaking against an obvious twin."""

from __future__ import annotations

import random

import pytest
from PySide6.QtGui import QFont

from app.ui.transcript.shaping import TextShaper, is_right_to_left

pytestmark = pytest.mark.ui


@pytest.fixture
def shaper(qapp):
    return TextShaper(QFont())


def _slow(shaper: TextShaper, text: str, width: float) -> list[str]:
    """Put word after word, as one would by hand."""
    space = shaper.advance(" ")
    lines, current, x = [], [], 0.0
    for word in text.split(" "):
        needed = shaper.advance(word) + (space if current else 0)
        if current and x + needed > width:
            lines.append(" ".join(current))
            current, x, needed = [], 0.0, shaper.advance(word)
        current.append(word)
        x += needed
    return [*lines, " ".join(current)]


def test_lines_equal_those_of_the_slow_way(shaper):
    chooser = random.Random(3)
    words = ["a", "to", "the", "meeting", "installer", "overlapping"]
    for _ in range(50):
        text = " ".join(chooser.choices(words, k=chooser.randint(1, 60)))
        width = chooser.uniform(120, 600)

        lines = [text[start:end] for start, end in shaper.wrap(text, width)]

        assert lines == _slow(shaper, text, width)


def test_no_line_is_wider_than_the_column(shaper):
    text = "short " + "extraordinarily" * 12 + " short 我今天可以写这句话是否也应该提供"

    breaks = shaper.wrap(text, 150)

    assert all(sum(map(shaper.advance, text[s:e])) <= 150 for s, e in breaks)
    assert "".join(text[s:e] for s, e in breaks).replace(" ", "") == text.replace(" ", "")


def test_empty_text_is_one_empty_line(shaper):
    assert shaper.wrap("", 100) == ((0, 0),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("hello", False), ("שלום", True), ("123 مرحبا", True), ("é שלום", False), ("123", False)],
)
def test_direction_is_that_of_the_first_letter(text, expected):
    assert is_right_to_left(text) is expected
