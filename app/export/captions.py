"""Segments cut into captions that fit a screen and can be read in time."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.meeting import MeetingTranscript
from app.domain.messages import Word
from app.domain.units import SESSION_RATE_HZ, Span
from app.export.names import one_line
from app.export.passages import SENTENCE_END, Passage, readable
from app.export.timecode import to_milliseconds

MAX_COLUMNS = 42
"""Per line; 42 and two lines are what broadcasters and streaming services ask for."""
MAX_LINES = 2
MAX_MS = 7000
_MAX_SAMPLES = MAX_MS * SESSION_RATE_HZ // 1000
_PAUSE_SAMPLES = SESSION_RATE_HZ
"""A silence of one second inside a segment starts a new caption."""
_MAX_PREFIX_COLUMNS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """One caption; `end_ms` is greater than `start_ms`.

    Attributes:
        speaker: On one line, not empty.
        lines: One or two, not empty, without line breaks.
    """

    start_ms: int
    end_ms: int
    speaker: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, or a piece of one that is wider than a line."""

    text: str
    span: Span
    has_blank_before: bool


def captions(transcript: MeetingTranscript, *, names_speakers: bool) -> tuple[Caption, ...]:
    """All captions by start; those of people who talk at once overlap.

    Args:
        names_speakers: Begin every caption's first line with the speaker, within its width.
    """
    found = [
        caption
        for passage in readable(transcript)
        for caption in _cut(passage, names_speakers=names_speakers)
    ]
    found.sort(key=lambda caption: (caption.start_ms, caption.end_ms))
    return tuple(found)


def _cut(passage: Passage, *, names_speakers: bool) -> list[Caption]:
    speaker = one_line(passage.speaker)
    prefix = f"{_shorten(speaker, _MAX_PREFIX_COLUMNS)}:".split() if names_speakers else []
    head = [_Token(part, passage.span, has_blank_before=True) for part in prefix]
    tokens = _tokens(passage)
    result = []
    while tokens:
        count = _fitting(head, tokens)
        taken, tokens = tokens[:count], tokens[count:]
        start_ms = to_milliseconds(taken[0].span.start)
        end_ms = to_milliseconds(max(token.span.end for token in taken))
        end_ms = max(start_ms + 1, min(end_ms, start_ms + MAX_MS))
        lines = tuple(_wrap(head, taken))
        result.append(Caption(start_ms=start_ms, end_ms=end_ms, speaker=speaker, lines=lines))
    return result


def _fitting(head: list[_Token], tokens: list[_Token]) -> int:
    """How many tokens the next caption takes; it ends at a sentence where that costs little."""
    count = 1
    sentence_count = 0
    for token in tokens[1:]:
        previous = tokens[count - 1]
        if SENTENCE_END.search(previous.text):
            sentence_count = count
        has_pause = token.span.start - previous.span.end > _PAUSE_SAMPLES
        is_long = token.span.end - tokens[0].span.start > _MAX_SAMPLES
        if has_pause:
            return count
        if is_long or len(_wrap(head, tokens[: count + 1])) > MAX_LINES:
            return sentence_count if sentence_count * 2 >= count else count
        count += 1
    return count


def _tokens(passage: Passage) -> list[_Token]:
    tokens = []
    position = 0
    for word in passage.words:
        found = passage.text.find(word.text, position)
        has_blank = found != position
        position = found + len(word.text) if found >= 0 else position
        text = one_line(word.text)
        pieces = _chop(text, MAX_COLUMNS) if text else []
        for number, piece in enumerate(pieces):
            span = _share(word, number, len(pieces))
            tokens.append(_Token(piece, span, has_blank and not number))
    return tokens


def _share(word: Word, number: int, count: int) -> Span:
    start = word.span.start + word.span.length * number // count
    return Span(start, word.span.start + word.span.length * (number + 1) // count)


def _wrap(head: Sequence[_Token], tokens: Sequence[_Token]) -> list[str]:
    lines: list[str] = []
    columns = 0
    for number, token in enumerate([*head, *tokens]):
        blank = " " if token.has_blank_before or number == len(head) else ""
        width = _width(token.text)
        if lines and columns + len(blank) + width <= MAX_COLUMNS:
            lines[-1] += blank + token.text
            columns += len(blank) + width
        else:
            lines.append(token.text)
            columns = width
    return lines


def _chop(text: str, columns: int) -> list[str]:
    pieces = [""]
    used = 0
    for char in text:
        width = _width(char)
        if used + width > columns:
            pieces.append("")
            used = 0
        pieces[-1] += char
        used += width
    return pieces


def _shorten(text: str, columns: int) -> str:
    return text if _width(text) <= columns else _chop(text, columns - 1)[0].rstrip() + "…"


def _width(text: str) -> int:
    """Columns on a screen: East Asian wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
