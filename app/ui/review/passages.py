"""What of a passage a person means when they point at a word; pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from app.domain.ids import SegmentId
from app.domain.messages import SegmentUpdate
from app.domain.selection import LineSelection
from app.domain.units import Span
from app.ui.transcript.lines import Line, Passage, Row

LOOP_PAD_S = 0.1
"""Around a repeated stretch, because times of words are right to about this much."""


def lines_from(passage: Passage, seconds: float) -> tuple[LineSelection, ...]:
    """The words of a passage from a moment to its end; all of it from its first word on."""
    chosen = []
    for line in passage.lines:
        starts = [word.span.start_s for word in line.words] or [line.span.start_s]
        first = next((n for n, start in enumerate(starts) if start >= seconds - 1e-6), None)
        if first is not None:
            chosen.append(LineSelection(segment_id=line.segment_id, first=first))
    return tuple(chosen)


def voice_from(
    lines: Iterable[Line], passage: Passage, seconds: float
) -> tuple[LineSelection, ...]:
    """What the voice of a passage says from a moment in it to the end of the meeting.

    Args:
        lines: Of the meeting.
    """
    track, last = passage.first.track, passage.last
    later = [
        LineSelection(segment_id=line.segment_id)
        for line in lines
        if line.track == track and line.span.start >= last.span.end
    ]
    return (*lines_from(passage, seconds), *later)


def word_start(passage: Passage, seconds: float) -> float:
    """When the word began that is heard at a moment; of a pause, the word after it."""
    words = [word for line in passage.lines for word in line.words]
    return next((w.span.start_s for w in words if w.span.end_s > seconds), seconds)


def lines_of(passages: Sequence[Passage]) -> tuple[Line, ...]:
    """All lines of passages."""
    return tuple(line for passage in passages for line in passage.lines)


def stretch_of(passages: Sequence[Passage]) -> Span | None:
    """From the first word of passages to the last, with a little room; None without passages."""
    if not passages:
        return None
    start_s = min(passage.first.span.start_s for passage in passages)
    end_s = max(line.span.end_s for line in lines_of(passages))
    return Span.from_seconds(max(0.0, start_s - LOOP_PAD_S), end_s + LOOP_PAD_S)


def passage_above(rows: Sequence[Row], passage: Passage) -> Passage | None:
    """The passage that ends before this one begins, whoever says it."""
    above = None
    for row in rows:
        for lane in row.lanes:
            if lane.first.segment_id == passage.first.segment_id:
                return above
        if row.lanes:
            above = max(row.lanes, key=lambda lane: lane.last.span.end)
    return None


def readings(line: Line, segment: SegmentUpdate, seconds: float) -> tuple[tuple[str, str], ...]:
    """Other readings of the word heard at a moment, best first.

    Returns:
        Per reading, what would stand instead of the word, and the whole line then.
    """
    old = [word.text for word in line.words]
    number = next((n for n, w in enumerate(line.words) if w.span.start_s >= seconds - 1e-6), None)
    if number is None:
        return ()
    found: dict[str, str] = {}
    for text, _score in segment.alternatives:
        new = text.split()
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for kind, start, end, new_start, new_end in matcher.get_opcodes():
            if kind == "replace" and start <= number < end:
                words = [*old[:start], *new[new_start:new_end], *old[end:]]
                found.setdefault(" ".join(new[new_start:new_end]), line.separator.join(words))
    return tuple(found.items())


def replaced(
    lines: Sequence[Line], places: Sequence[tuple[SegmentId, int]], length: int, text: str
) -> dict[SegmentId, str]:
    """The texts of lines after `length` characters at each of `places` give way to `text`."""
    texts = {line.segment_id: line.text for line in lines}
    changed: dict[SegmentId, str] = {}
    for segment_id, at in sorted(places, key=lambda place: place[1], reverse=True):
        old = changed.get(segment_id, texts.get(segment_id))
        if old is not None:
            changed[segment_id] = old[:at] + text + old[at + length :]
    return {segment_id: " ".join(new.split()) for segment_id, new in changed.items()}
