"""Lines of a transcript as the window shows them, grouped into rows; pure data, no Qt."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import NamedTuple

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.marks import Hold, Marker
from app.domain.messages import SegmentStatus, SegmentUpdate, TranscriptGap, Word
from app.domain.packed_words import PackedWords
from app.domain.speakers import MeetingSpeaker
from app.domain.transcript import UNSPACED_LANGUAGES, join_words
from app.domain.units import SESSION_RATE_HZ, Span

UNKNOWN_LABEL = "Unknown"
PENDING_LABEL = "…"
"""Of a voice that talks at this moment and is not told apart yet."""
LANE_MIN_SHARE = 0.5
"""Two lines stand side by side when half of the shorter one is spoken over the other."""
LANE_MIN_S = 0.3
PARAGRAPH_PAUSE_S = 2.0
PARAGRAPH_CHARS = 420
"""A passage as long as this ends with its sentence: about five lines of text."""
SENTENCE_ENDS = (".", "?", "!", "…", "。", "\uff1f", "\uff01", "؟")
TURN_PAUSE_S = 8.0
"""After a longer pause the same voice gets its name again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One segment, ready to be shown.

    Attributes:
        colour_index: 1-based, of the speaker palette; None for an unknown voice.
        solid_chars: Leading characters of `text` that will not change.
        words: Empty when they do not make up the text, because a person wrote it.
        separator: Between words in `text`.
        user_revision: Of the segment; counts behind `revision`.
    """

    segment_id: SegmentId
    revision: int
    stream: StreamId
    track: TrackId | None
    label: str
    initials: str
    colour_index: int | None
    span: Span
    text: str
    solid_chars: int
    is_final: bool
    has_overlap: bool
    words: Sequence[Word]
    separator: str = " "
    user_revision: int = 0

    def word_ranges(self) -> list[tuple[int, int]]:
        """Start and end of every word, in characters of `text`."""
        ranges, position = [], 0
        for word in self.words:
            ranges.append((position, position + len(word.text)))
            position += len(word.text) + len(self.separator)
        return ranges

    def time_at(self, character: int) -> float:
        """Seconds at which the word at `character` starts; estimated for edited text."""
        for word, (_start, end) in zip(self.words, self.word_ranges(), strict=True):
            if character < end + len(self.separator):
                return word.span.start_s
        share = min(1.0, max(0.0, character / max(1, len(self.text))))
        return self.span.start_s + share * self.span.duration_s

    def range_at(self, seconds: float) -> tuple[int, int] | None:
        """The characters of the word heard at `seconds`; None between words."""
        sample = int(seconds * SESSION_RATE_HZ)
        if not self.span.contains(sample):
            return None
        for word, span in zip(self.words, self.word_ranges(), strict=True):
            if word.span.contains(sample):
                return span
        return None


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of one voice that read on as running text.

    Attributes:
        starts: Where each line begins in `text`, in characters.
    """

    lines: tuple[Line, ...]
    text: str
    starts: tuple[int, ...]

    @property
    def first(self) -> Line:
        """The line that gives the passage its name and time."""
        return self.lines[0]

    @property
    def last(self) -> Line:
        """The line that ends it."""
        return self.lines[-1]

    @property
    def has_overlap(self) -> bool:
        """Whether somebody else talks during any of it."""
        return any(line.has_overlap for line in self.lines)

    @property
    def is_final(self) -> bool:
        """Whether no part of it will change by itself."""
        return all(line.is_final for line in self.lines)

    def place_of(self, segment_id: SegmentId) -> tuple[int, int] | None:
        """Start and end of a line, in characters."""
        for line, start in zip(self.lines, self.starts, strict=True):
            if line.segment_id == segment_id:
                return start, start + len(line.text)
        return None

    def line_at(self, character: int) -> Line:
        """The line that a character belongs to."""
        return self.lines[max(0, bisect_right(self.starts, character) - 1)]

    def time_at(self, character: int) -> float:
        """Seconds at which the word at `character` starts."""
        number = max(0, bisect_right(self.starts, character) - 1)
        return self.lines[number].time_at(character - self.starts[number])

    def range_at(self, seconds: float) -> tuple[int, int] | None:
        """The characters of the word heard at `seconds`; None between words."""
        for line, start in zip(self.lines, self.starts, strict=True):
            word = line.range_at(seconds)
            if word is not None:
                return start + word[0], start + word[1]
        return None


def passage_of(lines: Sequence[Line]) -> Passage:
    """Write lines as running text, as their language writes it."""
    starts: list[int] = []
    pieces: list[str] = []
    position = 0
    for line in lines:
        if pieces and line.text:
            pieces.append(line.separator)
            position += len(line.separator)
        starts.append(position)
        pieces.append(line.text)
        position += len(line.text)
    return Passage(tuple(lines), "".join(pieces), tuple(starts))


def distribute(passage: Passage, text: str) -> dict[SegmentId, str]:
    """Find out which lines change when a person rewrites a passage.

    Words that stay keep their line; what is new goes to the line of the words it replaces, or of
    the word before it.

    Returns:
        The new text of every line that changes; "" for a line that is left without words.
    """
    owners, old = [], []
    for number, line in enumerate(passage.lines):
        tokens = line.text.split()
        old += tokens
        owners += [number] * len(tokens)
    if not old:
        return {passage.first.segment_id: text}
    new = text.split()
    pieces: list[list[str]] = [[] for _ in passage.lines]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            for offset in range(end - start):
                pieces[owners[start + offset]].append(new[new_start + offset])
        elif kind == "replace" and end - start == new_end - new_start:
            for offset in range(end - start):
                pieces[owners[start + offset]].append(new[new_start + offset])
        elif new_end > new_start:
            owner = owners[start] if kind == "replace" else owners[max(0, start - 1)]
            pieces[owner] += new[new_start:new_end]
    changed = {}
    for line, tokens in zip(passage.lines, pieces, strict=True):
        if line.text.split() != tokens:
            changed[line.segment_id] = " ".join(tokens)
    return changed


Aside = TranscriptGap | Hold | Marker
"""What stands between the lines: a stretch without transcript, or a marked moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What stands at one height: a passage, passages side by side, or a remark.

    Attributes:
        lanes: One passage per voice; several when people talk at once; none for an aside.
        aside: A stretch without transcript, or a marker.
        starts_turn: The name stands above; False where the same voice goes on.
    """

    lanes: tuple[Passage, ...]
    starts_turn: bool = True
    aside: Aside | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines, lane by lane."""
        return tuple(line for lane in self.lanes for line in lane.lines)

    @property
    def span(self) -> Span:
        """From the first to the last sample of the row."""
        if self.aside is not None:
            return span_of(self.aside)
        lines = self.lines
        return Span(min(e.span.start for e in lines), max(e.span.end for e in lines))

    @property
    def is_overlap(self) -> bool:
        """Whether people talk at once here."""
        return len(self.lanes) > 1

    def passage_with(self, segment_id: SegmentId | None) -> Passage | None:
        """The passage that holds a line."""
        for lane in self.lanes:
            if any(line.segment_id == segment_id for line in lane.lines):
                return lane
        return None


Item = Line | Aside


def span_of(aside: Aside) -> Span:
    """Where an aside stands; one without a known end is empty."""
    match aside:
        case TranscriptGap():
            return aside.span
        case Hold():
            return Span(aside.start, aside.start if aside.end is None else aside.end)
        case Marker():
            return Span(aside.at, aside.at)


def line_of(
    segment: SegmentUpdate,
    speakers: Mapping[TrackId, MeetingSpeaker],
    edited_text: str | None = None,
) -> Line:
    """Make a line of a segment.

    Args:
        edited_text: What the user typed instead of the words, if so.
    """
    separator = "" if segment.language in UNSPACED_LANGUAGES else " "
    is_final = segment.status is SegmentStatus.FINAL
    spoken = join_words(segment.words, segment.language)
    text = spoken if edited_text is None else edited_text
    look = _look_of(segment.track, speakers, is_final=is_final)
    return Line(
        segment_id=segment.segment_id,
        revision=segment.revision,
        stream=segment.stream,
        track=segment.track,
        label=look.label,
        initials=look.initials,
        colour_index=look.colour_index,
        span=segment.span,
        text=text,
        solid_chars=len(text) if is_final else _committed_chars(segment),
        is_final=is_final,
        has_overlap=segment.has_overlap,
        words=segment.words if text == spoken else (),
        separator=separator,
        user_revision=segment.user_revision,
    )


def dressed(line: Line, speakers: Mapping[TrackId, MeetingSpeaker]) -> Line:
    """A line with the name that its voice has now."""
    return replace(line, **_look_of(line.track, speakers, is_final=line.is_final)._asdict())


def packed(line: Line) -> Line:
    """A line to keep for hours."""
    return replace(line, words=PackedWords(line.words))


class _Look(NamedTuple):
    """How the lines of a voice look; the strings are the same objects for all of them."""

    label: str
    initials: str
    colour_index: int | None


def _look_of(
    track: TrackId | None, speakers: Mapping[TrackId, MeetingSpeaker], *, is_final: bool
) -> _Look:
    speaker = None if track is None else speakers.get(track)
    if speaker is not None:
        initials = initials_of(speaker.name, speaker.index)
        return _Look(sys.intern(speaker.label), sys.intern(initials), speaker.index)
    unknown = UNKNOWN_LABEL if is_final else PENDING_LABEL
    return _Look(track or unknown, unknown[0].replace("U", "?"), None)


def _committed_chars(segment: SegmentUpdate) -> int:
    return len(join_words(segment.words[: segment.committed], segment.language))


def initials_of(name: str | None, index: int) -> str:
    """One or two letters for a chip: "AK" for Anna Keller, "2" for Speaker 2."""
    parts = (name or "").split()
    if not parts:
        return str(index)
    letters = parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")
    return letters.upper()


@dataclass(slots=True)
class _Draft:
    """A row while lines still come in."""

    lanes: list[list[Line]]
    starts_turn: bool = True
    aside: Aside | None = None

    def finish(self) -> Row:
        lanes = tuple(passage_of(lane) for lane in self.lanes)
        return Row(lanes=lanes, starts_turn=self.starts_turn, aside=self.aside)


def build_rows(items: Sequence[Item], previous: Row | None = None) -> list[Row]:
    """Group items, which are sorted by start, into rows.

    A line changes at most the last row: it goes on there, stands beside it, or begins a new one.

    Args:
        previous: The row above, which decides whether the first one needs a name.
    """
    rows: list[_Draft] = []
    for item in items:
        if not isinstance(item, Line):
            rows.append(_Draft([], aside=item))
        elif not rows or not _join(rows, item):
            above = _last_of(rows[-1]) if rows else _last_line(previous)
            rows.append(_Draft([[item]], starts_turn=not _continues(above, item)))
    return [row.finish() for row in rows]


def _last_of(row: _Draft) -> Line | None:
    return row.lanes[0][-1] if len(row.lanes) == 1 else None


def _last_line(row: Row | None) -> Line | None:
    return row.lanes[0].last if row is not None and len(row.lanes) == 1 else None


def _continues(last: Line | None, line: Line) -> bool:
    if last is None or last.track != line.track or line.track is None:
        return False
    return _pause_s(last, line) < TURN_PAUSE_S


def _join(rows: list[_Draft], line: Line) -> bool:
    """Put `line` into the last row; False when it stands on its own."""
    row = rows[-1]
    if row.aside is not None:
        return False
    if len(row.lanes) > 1:
        return _join_lane(row, line)
    own = row.lanes[0]
    if own[-1].track == line.track:
        if _is_paragraph_end(own, line):
            return False
        own.append(line)
        return True
    if not _is_over(own, line):
        return False
    # What was said before the other voice came in stays above, on its own.
    first = next(n for n, other in enumerate(own) if other.span.overlap(line.span))
    lanes = [own[first:], [line]]
    if first:
        row.lanes = [own[:first]]
        rows.append(_Draft(lanes))
    else:
        row.lanes, row.starts_turn = lanes, True
    return True


def _join_lane(row: _Draft, line: Line) -> bool:
    for lane in row.lanes:
        if lane[-1].track == line.track:
            others = [other for one in row.lanes if one is not lane for other in one]
            if _is_over(others, line):
                lane.append(line)
                return True
    return False


def _is_paragraph_end(lines: list[Line], line: Line) -> bool:
    last = lines[-1]
    if _pause_s(last, line) >= PARAGRAPH_PAUSE_S or last.separator != line.separator:
        return True
    if not last.text.endswith(SENTENCE_ENDS):
        return False
    return sum(len(one.text) for one in lines) >= PARAGRAPH_CHARS


def _pause_s(last: Line, line: Line) -> float:
    return (line.span.start - last.span.end) / SESSION_RATE_HZ


def _is_over(others: Iterable[Line], line: Line) -> bool:
    shared = 0
    has_covered = False
    for other in others:
        common = other.span.overlap(line.span)
        shared += common
        has_covered = has_covered or common >= LANE_MIN_SHARE * max(1, other.span.length)
    if shared < LANE_MIN_S * SESSION_RATE_HZ:
        return False
    return has_covered or shared >= LANE_MIN_SHARE * line.span.length
