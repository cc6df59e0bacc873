"""What of a transcript a user means: whole lines, or some words of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.ids import SegmentId
from app.domain.messages import SegmentUpdate
from app.domain.units import Span, to_samples

ROOM_S = 1.0
"""Around lines that are heard again: words that were missed at their ends are found there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSelection:
    """Words of one line.

    Attributes:
        first, last: Half-open range of its words as the user sees them; None is the end.
    """

    segment_id: SegmentId
    first: int = 0
    last: int | None = None

    def bounds(self, word_count: int) -> tuple[int, int]:
        """The range inside a line of so many words; the first is not below the last if empty."""
        last = word_count if self.last is None else min(self.last, word_count)
        return max(0, self.first), last


def words_within(segments: Iterable[SegmentUpdate], span: Span) -> tuple[LineSelection, ...]:
    """The words of lines whose middle lies in `span`; lines without such a word are left out."""
    found = []
    for segment in segments:
        inside = [i for i, word in enumerate(segment.words) if span.contains(word.span.middle)]
        if inside:
            found.append(
                LineSelection(segment_id=segment.segment_id, first=inside[0], last=inside[-1] + 1)
            )
    return tuple(found)


def whole_lines(segments: Iterable[SegmentUpdate], span: Span) -> Span:
    """A stretch widened until it cuts no line, with some room before the first and the last word.

    Returns:
        With `ROOM_S` at each end, or half of the pause to the next line if that is less.
    """
    spans = sorted(segment.span for segment in segments)
    widened = span
    while True:
        touched = [other for other in spans if other.overlap(widened)]
        hull = widened
        for other in touched:
            hull = hull.hull(other)
        if hull == widened:
            break
        widened = hull
    room = to_samples(ROOM_S)
    before = max((s.end for s in spans if s.end <= widened.start), default=0)
    after = min((s.start for s in spans if s.start >= widened.end), default=widened.end + 2 * room)
    return Span(
        max(widened.start - room, (before + widened.start) // 2),
        min(widened.end + room, (widened.end + after) // 2),
    )
