"""Finds words, and doubtful words, in the lines of one meeting; pure functions."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.ids import SegmentId
from app.ui.transcript.lines import Line


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A moment in a line."""

    seconds: float
    segment_id: SegmentId
    character: int = 0


def places_of(lines: Iterable[Line], text: str) -> tuple[Place, ...]:
    """Where words begin with `text`, in any case; by time."""
    wanted = " ".join(text.split())
    if not wanted:
        return ()
    pattern = re.compile(rf"(?<!\w){re.escape(wanted)}", re.IGNORECASE)
    return tuple(
        sorted(
            Place(line.time_at(match.start()), line.segment_id, match.start())
            for line in lines
            for match in pattern.finditer(line.text)
        )
    )


def doubts(lines: Iterable[Line]) -> tuple[Place, ...]:
    """Where the recogniser is unsure of a word that nobody has corrected; by time."""
    return tuple(
        sorted(
            Place(word.span.start_s, line.segment_id)
            for line in lines
            if line.is_final
            for word in line.words
            if word.is_doubtful
        )
    )


def next_place(places: Sequence[Place], after_s: float, *, is_backward: bool = False) -> int | None:
    """The first place behind a moment, or before it; the list is a ring. None when empty."""
    if not places:
        return None
    moments = [place.seconds for place in places]
    if is_backward:
        return (bisect_left(moments, after_s - 1e-6) - 1) % len(places)
    return bisect_right(moments, after_s + 1e-6) % len(places)
