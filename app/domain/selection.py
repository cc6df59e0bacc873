"""What of a transcript a user means: whole lines, or some words of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.ids import SegmentId
from app.domain.messages import SegmentUpdate
from app.domain.units import Span


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
