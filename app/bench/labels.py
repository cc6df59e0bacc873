"""How soon a word has its speaker, and how often that speaker changes afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.bench.alignment import match_tokens
from app.bench.latency import MAX_WORD_S
from app.bench.sets import ReferenceWord
from app.bench.tape import Shown, final_segments
from app.bench.text import Token, tokens_of
from app.domain.ids import StreamId, TrackId
from app.domain.messages import SegmentUpdate

COLLAR_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Of the words of one or several recordings.

    Attributes:
        delays_s: From the end of a spoken word to the first time that it, or a reading of the
            same place, is shown with a speaker.
        words: Written words at the end.
        changed: Those whose speaker is another than the one first shown with them.
        unlabelled: Those without any speaker.
    """

    delays_s: tuple[float, ...] = ()
    words: int = 0
    changed: int = 0
    unlabelled: int = 0

    def __add__(self, other: Labels) -> Labels:
        """Those of both."""
        return Labels(
            delays_s=self.delays_s + other.delays_s,
            words=self.words + other.words,
            changed=self.changed + other.changed,
            unlabelled=self.unlabelled + other.unlabelled,
        )

    @property
    def changed_percent(self) -> float | None:
        """Of all words; None without words."""
        return 100 * self.changed / self.words if self.words else None

    @property
    def unlabelled_percent(self) -> float | None:
        """Of all words; None without words."""
        return 100 * self.unlabelled / self.words if self.words else None


def measure_labels(shown: Sequence[Shown], reference: Sequence[ReferenceWord]) -> Labels:
    """Follow every written word back to its first showing with a speaker.

    A word is the same where its normalised text is, in order and at most `COLLAR_S` away.

    Args:
        shown: In time.
        reference: () measures no delays.
    """
    ends = final_segments(shown)
    words = changed = unlabelled = 0
    delays_s: list[float] = []
    for stream in {segment.stream for segment in ends}:
        written = [s for s in ends if s.stream is stream]
        tokens = [token for segment in written for token in _tokens(segment)]
        tracks = [segment.track for segment in written for _ in _tokens(segment)]
        first = _first_labels(shown, stream, tokens)
        words += len(tokens)
        unlabelled += sum(track is None for track in tracks)
        changed += sum(
            first[i][1] != track for i, track in enumerate(tracks) if i in first and track
        )
        spoken = tokens_of((w.text, w.start_s, w.end_s) for w in reference if w.stream is stream)
        for i, j in match_tokens(spoken, tokens, collar_s=COLLAR_S):
            if j in first and spoken[i].end_s - spoken[i].start_s <= MAX_WORD_S:
                delays_s.append(first[j][0] - spoken[i].end_s)
    return Labels(delays_s=tuple(delays_s), words=words, changed=changed, unlabelled=unlabelled)


def _first_labels(
    shown: Sequence[Shown], stream: StreamId, tokens: Sequence[Token]
) -> dict[int, tuple[float, TrackId]]:
    """Per token the time and the speaker of its first showing with one."""
    first: dict[int, tuple[float, TrackId]] = {}
    for change in shown:
        for update in change.updates:
            if update.stream is not stream or update.track is None or not update.words:
                continue
            since_s = update.words[0].span.start_s - COLLAR_S
            until_s = update.words[-1].span.end_s + COLLAR_S
            near = [i for i, t in enumerate(tokens) if since_s <= t.middle_s <= until_s]
            if all(i in first for i in near):
                continue
            for i, _ in match_tokens([tokens[i] for i in near], _tokens(update), collar_s=COLLAR_S):
                first.setdefault(near[i], (change.t, update.track))
    return first


def _tokens(segment: SegmentUpdate) -> tuple[Token, ...]:
    return tokens_of((w.text, w.span.start_s, w.span.end_s) for w in segment.words)
