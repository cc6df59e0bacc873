"""How long after it was spoken a word is shown, and how long until its text is final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.bench.alignment import match_tokens
from app.bench.sets import ReferenceWord
from app.bench.tape import Shown
from app.bench.text import Token, tokens_of
from app.domain.ids import SegmentId, StreamId
from app.domain.messages import SegmentStatus, SegmentUpdate

COLLAR_S = 2.0
"""How far the written time of a word may be from the spoken one; partial text is timed roughly."""
MAX_WORD_S = 1.0
"""Reference words that seem to last longer are not measured: their end is that of a pause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Delays of all words of one recording, in seconds.

    Attributes:
        shown: First time a spoken word is on the screen, less its end in the reference; below
            zero where it is shown before it is over.
        final: First time it stands in a final segment, less its end in the reference.
        released: First time a written word is final, less its own end as the segment times it:
            what the program can control. Wrong words count too.
        words: Reference words that can be measured.
        found: Those of them that are right in the final text.
    """

    shown: tuple[float, ...] = ()
    final: tuple[float, ...] = ()
    released: tuple[float, ...] = ()
    words: int = 0
    found: int = 0

    def __add__(self, other: Delays) -> Delays:
        """Those of two recordings."""
        return Delays(
            shown=self.shown + other.shown,
            final=self.final + other.final,
            released=self.released + other.released,
            words=self.words + other.words,
            found=self.found + other.found,
        )


def measure_delays(shown: Sequence[Shown], reference: Sequence[ReferenceWord]) -> Delays:
    """Measure all delays of one recording.

    At each change, the words of every changed segment are paired with the reference words of its
    stream that had begun by then; a pair has the same normalised text, and both follow in order.
    A reference word is shown at the first change that pairs it. Corrections of final text come when
    they are ready: words that only they bring are found, but have no delay.

    Args:
        shown: In time; of a session at the pace of the clock.
        reference: () measures `released` only.
    """
    first_shown: dict[tuple[StreamId, int], float] = {}
    first_final: dict[tuple[StreamId, int], float] = {}
    released: list[float] = []
    found: set[tuple[StreamId, int]] = set()
    done: set[SegmentId] = set()
    streams = {word.stream for word in reference}
    spoken = {stream: _tokens(reference, stream) for stream in streams}
    for change in shown:
        for update in change.updates:
            is_final = update.status is SegmentStatus.FINAL
            for index in _pairs(update, change.t, spoken.get(update.stream, ())):
                key = (update.stream, index)
                if is_final:
                    found.add(key)
                if update.reason is not None:
                    continue
                first_shown.setdefault(key, change.t)
                if is_final:
                    first_final.setdefault(key, change.t)
            is_released = is_final and update.words and update.reason is None
            if is_released and update.segment_id not in done:
                done.add(update.segment_id)
                released += [change.t - word.span.end_s for word in update.words]
    ends_s = {
        (stream, index): token.end_s
        for stream, tokens in spoken.items()
        for index, token in enumerate(tokens)
        if token.end_s - token.start_s <= MAX_WORD_S
    }
    return Delays(
        shown=_after_end(first_shown, ends_s),
        final=_after_end(first_final, ends_s),
        released=tuple(released),
        words=len(ends_s),
        found=len(found & ends_s.keys()),
    )


def _tokens(reference: Sequence[ReferenceWord], stream: StreamId) -> tuple[Token, ...]:
    words = ((w.text, w.start_s, w.end_s) for w in reference if w.stream is stream)
    return tokens_of(words)


def _pairs(update: SegmentUpdate, t: float, spoken: Sequence[Token]) -> list[int]:
    """The indices of the spoken tokens that a segment shows at time `t`."""
    if not update.words or not spoken:
        return []
    first_s = min(word.span.start_s for word in update.words) - COLLAR_S
    last_s = min(max(word.span.end_s for word in update.words) + COLLAR_S, t)
    near = [
        i for i, token in enumerate(spoken) if first_s <= token.end_s and token.start_s < last_s
    ]
    written = tokens_of((word.text, word.span.start_s, word.span.end_s) for word in update.words)
    pairs = match_tokens([spoken[i] for i in near], written, collar_s=COLLAR_S)
    return [near[i] for i, _ in pairs]


def _after_end(
    times: dict[tuple[StreamId, int], float], ends_s: dict[tuple[StreamId, int], float]
) -> tuple[float, ...]:
    return tuple(times[key] - end_s for key, end_s in ends_s.items() if key in times)
