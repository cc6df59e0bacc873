"""The last safety net against echo: what the microphone repeats of the system audio goes.

Only segments of the microphone are ever taken out: the system audio is what the remote people
really said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.domain.ids import SegmentId, StreamId
from app.domain.messages import SegmentStatus, SegmentUpdate, Word
from app.domain.units import Span, to_samples

MEMORY_S = 90.0
"""How long a segment waits for its counterpart."""
SLACK_S = 0.5
"""Echo comes late, and word times are uncertain."""
WORD_SLACK_S = 1.0
"""The times of a word and of its echo, each as the recogniser puts it, differ by less."""
GROUP_PAUSE_S = 1.0
"""Segments of the microphone with a shorter pause between them are one stretch of talk."""
ALIKE = 0.75
"""Two words this alike are one word, heard well once and badly once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRule:
    """What makes a stretch of the microphone a repetition.

    Attributes:
        min_words: Of consecutive segments that are alike; less is left alone: "yes" may be said
            on both sides.
        min_time_share: Share of a segment during which the system audio has speech.
        min_word_share: Share of a segment's words that stand in the system audio, at the same
            time and in the same order.
    """

    min_words: int
    min_time_share: float
    min_word_share: float


STRICT = RepeatRule(min_words=4, min_time_share=0.5, min_word_share=0.8)
"""Holds whatever is known about the room."""
LEAKING = RepeatRule(min_words=3, min_time_share=0.5, min_word_share=0.6)
"""Holds while a leak is measured."""


class RepeatFinder:
    """Push final segments as they come; it names those of the microphone that are echo.

    Live text comes in pieces of a few words, so that pieces are judged one by one, but taken out
    only where enough of them follow each other.
    """

    def __init__(self) -> None:
        self._mic: dict[SegmentId, SegmentUpdate] = {}
        self._system: dict[SegmentId, SegmentUpdate] = {}
        self._alike: set[SegmentId] = set()
        self._named: set[SegmentId] = set()

    def push(
        self, updates: Iterable[SegmentUpdate], *, is_leaking: bool
    ) -> tuple[SegmentUpdate, ...]:
        """Take new or changed segments of any stream; partial ones are passed over.

        Returns:
            Segments of the microphone, old or new, that repeat system audio; each is named once.
        """
        rule = LEAKING if is_leaking else STRICT
        fresh = [u for u in updates if u.status is SegmentStatus.FINAL]
        for update in fresh:
            self._take(update)
        self._forget()
        near = to_samples(SLACK_S + WORD_SLACK_S)
        for segment in self._mic.values():
            if any(_gap(segment.span, update.span) <= near for update in fresh):
                if is_like_system(segment, self._system.values(), rule):
                    self._alike.add(segment.segment_id)
                else:
                    self._alike.discard(segment.segment_id)
        repeats = [
            segment
            for group in self._groups()
            if sum(len(segment.words) for segment in group) >= rule.min_words
            for segment in group
            if segment.segment_id not in self._named
        ]
        self._named.update(segment.segment_id for segment in repeats)
        return tuple(repeats)

    def _take(self, update: SegmentUpdate) -> None:
        segments = {StreamId.MIC: self._mic, StreamId.SYSTEM: self._system}.get(update.stream)
        if segments is None:
            return
        segments.pop(update.segment_id, None)
        if update.words:
            segments[update.segment_id] = update

    def _forget(self) -> None:
        ends = [s.span.end for s in (*self._mic.values(), *self._system.values())]
        limit = max(ends, default=0) - to_samples(MEMORY_S)
        self._mic = {key: s for key, s in self._mic.items() if s.span.end >= limit}
        self._system = {key: s for key, s in self._system.items() if s.span.end >= limit}
        self._alike &= self._mic.keys()
        self._named &= self._mic.keys()

    def _groups(self) -> Iterator[list[SegmentUpdate]]:
        """Stretches of the microphone of which every segment is alike."""
        group: list[SegmentUpdate] = []
        for segment in sorted(self._mic.values(), key=lambda s: s.span):
            is_alike = segment.segment_id in self._alike
            is_near = group and _gap(group[-1].span, segment.span) <= to_samples(GROUP_PAUSE_S)
            if group and not (is_alike and is_near):
                yield group
                group = []
            if is_alike:
                group.append(segment)
        if group:
            yield group


def is_like_system(
    segment: SegmentUpdate, system: Iterable[SegmentUpdate], rule: RepeatRule
) -> bool:
    """Whether `segment` says what the system audio says at the same time."""
    slack = to_samples(SLACK_S)
    near = [other for other in system if _gap(segment.span, other.span) <= to_samples(WORD_SLACK_S)]
    covered = sum(
        segment.span.overlap(Span(max(other.span.start - slack, 0), other.span.end + slack))
        for other in near
    )
    if covered < rule.min_time_share * segment.span.length:
        return False
    words = sorted((word for other in near for word in other.words), key=lambda word: word.span)
    return common_words(segment.words, words) >= rule.min_word_share * len(segment.words)


def common_words(one: Sequence[Word], other: Sequence[Word]) -> int:
    """How many words stand in both, in the same order, at about the same time.

    Nearly alike words count as the same.
    """
    previous = [0] * (len(other) + 1)
    for a in one:
        row = [0]
        for j, b in enumerate(other):
            if _is_same(a, b):
                row.append(previous[j] + 1)
            else:
                row.append(max(previous[j + 1], row[j]))
        previous = row
    return previous[-1]


def _is_same(one: Word, other: Word) -> bool:
    if abs(one.span.start - other.span.start) > to_samples(WORD_SLACK_S):
        return False
    a, b = _plain(one.text), _plain(other.text)
    if a == b:
        return True
    if min(len(a), len(b)) < 4:
        return False
    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= ALIKE


def _plain(text: str) -> str:
    return re.sub(r"[^\w]", "", text.lower())


def _gap(one: Span, other: Span) -> int:
    return max(one.start, other.start) - min(one.end, other.end)
