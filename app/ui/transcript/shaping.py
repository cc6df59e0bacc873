"""Breaks text into lines fast: word widths are measured once and remembered.

Laying out 30,000 words with `QTextLayout` takes longer than a person waits; adding up known word
widths takes milliseconds, and the painter then breaks its few visible lines at the same places.
"""

from __future__ import annotations

import unicodedata

from PySide6.QtGui import QFont, QFontMetricsF

_MAX_REMEMBERED = 60_000
LEADING = 1.42
"""Line height in font heights: open enough to read for hours."""

Break = tuple[int, int]


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left."""
    if text.isascii():
        return False
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


class TextShaper:
    """Wraps text set in one font."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self._space = self._metrics.horizontalAdvance(" ")
        self._widths: dict[str, float] = {}
        self.line_height = round(self._metrics.height() * LEADING)

    @property
    def ascent(self) -> float:
        """From the top of a glyph line to its base line, in pixels."""
        return self._metrics.ascent()

    @property
    def glyph_height(self) -> float:
        """Ascent and descent, in pixels."""
        return self._metrics.height()

    def advance(self, text: str) -> float:
        """The width of a word, in pixels."""
        width = self._widths.get(text)
        if width is None:
            if len(self._widths) > _MAX_REMEMBERED:
                self._widths.clear()
            width = self._widths[text] = self._metrics.horizontalAdvance(text)
        return width

    def wrap(self, text: str, width: float) -> tuple[Break, ...]:
        """Break `text` at blanks, and inside words only where one is wider than `width`.

        Returns:
            Start and end of every line in characters; one empty line for empty text.
        """
        breaks: list[Break] = []
        start, position, x = 0, 0, 0.0
        known = self._widths
        for token in text.split(" "):
            advance = known.get(token)
            if advance is None:
                advance = self.advance(token)
            end = position + len(token)
            if position > start and x + self._space + advance > width:
                breaks.append((start, position - 1))
                start, x = position, advance
            else:
                x += advance + (self._space if position > start else 0.0)
            if advance > width:
                start, x = self._break_inside(text, start, end, width, breaks)
            position = end + 1
        breaks.append((start, len(text)))
        return tuple(breaks)

    def _break_inside(
        self, text: str, start: int, end: int, width: float, breaks: list[Break]
    ) -> tuple[int, float]:
        x = 0.0
        for position in range(start, end):
            advance = self.advance(text[position])
            if x + advance > width and position > start:
                breaks.append((start, position))
                start, x = position, 0.0
            x += advance
        return start, x
