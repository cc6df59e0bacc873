"""How much of the unfinished text is taken back: the unstable partial word ratio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.bench.tape import Shown, final_segments
from app.bench.text import normalise
from app.domain.ids import SegmentId
from app.domain.messages import SegmentStatus, SegmentUpdate, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """Words taken back, over one or several recordings.

    Attributes:
        unstable: Words of unfinished text that a change took back, normalised: upper case and
            punctuation do not count.
        unstable_as_written: The same with every character counting.
        final_words: Normalised words of the final text.
        final_words_as_written: Words of the final text.
    """

    unstable: int = 0
    unstable_as_written: int = 0
    final_words: int = 0
    final_words_as_written: int = 0

    def __add__(self, other: Stability) -> Stability:
        """Those of two recordings."""
        return Stability(
            unstable=self.unstable + other.unstable,
            unstable_as_written=self.unstable_as_written + other.unstable_as_written,
            final_words=self.final_words + other.final_words,
            final_words_as_written=self.final_words_as_written + other.final_words_as_written,
        )

    @property
    def upwr(self) -> float:
        """Words taken back per final word, in percent (arXiv 2006.01416, section 4)."""
        return 100 * self.unstable / max(1, self.final_words)

    @property
    def upwr_as_written(self) -> float:
        """The same with upper case and punctuation."""
        return 100 * self.unstable_as_written / max(1, self.final_words_as_written)

    @property
    def unstable_share(self) -> float:
        """The share of all words ever shown that were taken back, in percent.

        Every word shown is either taken back or in the final text.
        """
        return 100 * self.unstable / max(1, self.unstable + self.final_words)


def measure_stability(shown: Sequence[Shown]) -> Stability:
    """Count the words that were shown and taken back.

    At each change and in each stream, the unfinished text that the change touches is compared with
    what stands in its place. The words behind their longest common beginning were taken back, as
    in arXiv 2006.01416: a word counts once per change, and again if it comes back and goes again.
    Text that moves to another segment in one change stays. Corrections of final text do not count.
    """
    standing: dict[SegmentId, SegmentUpdate] = {}
    unstable = unstable_as_written = 0
    for change in shown:
        for stream in {update.stream for update in change.updates}:
            new = [u for u in change.updates if u.stream is stream and _is_open(u, standing)]
            old = [standing[u.segment_id] for u in new if u.segment_id in standing]
            before, after = _text(old), _text(new)
            unstable_as_written += _taken_back(before, after)
            unstable += _taken_back(_normalised(before), _normalised(after))
            standing.update({update.segment_id: update for update in new})
    final = [word.text for segment in final_segments(shown) for word in segment.words]
    return Stability(
        unstable=unstable,
        unstable_as_written=unstable_as_written,
        final_words=len(_normalised(final)),
        final_words_as_written=len(final),
    )


def committed_breaches(shown: Sequence[Shown]) -> int:
    """How many words that were called settled changed in the next state of their segment.

    Text alone counts; a segment that is withdrawn, or split, keeps its promise where its settled
    words stand, in order, at the beginning of what takes its place in the same change.
    """
    standing: dict[SegmentId, SegmentUpdate] = {}
    breaches = 0
    for change in shown:
        for stream in {update.stream for update in change.updates}:
            new = [u for u in change.updates if u.stream is stream and _is_open(u, standing)]
            old = [standing[u.segment_id] for u in new if u.segment_id in standing]
            settled = _text(old, committed_only=True)
            breaches += _taken_back(_normalised(settled), _normalised(_text(new)))
            standing.update({update.segment_id: update for update in new})
    return breaches


def _is_open(update: SegmentUpdate, standing: dict[SegmentId, SegmentUpdate]) -> bool:
    known = standing.get(update.segment_id)
    if known is None:
        return update.reason is None
    return known.status is SegmentStatus.PARTIAL


def _text(updates: Iterable[SegmentUpdate], *, committed_only: bool = False) -> list[str]:
    in_time = sorted(updates, key=lambda update: (update.span, update.segment_id))
    words: list[Word] = []
    for update in in_time:
        words += update.words[: update.committed] if committed_only else update.words
    return [word.text for word in words]


def _normalised(words: Iterable[str]) -> list[str]:
    return [token for word in words for token in normalise(word).split()]


def _taken_back(before: Sequence[str], after: Sequence[str]) -> int:
    common = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        common += 1
    return len(before) - common
