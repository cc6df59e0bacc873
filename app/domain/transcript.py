"""The transcript of a meeting: segments, and patches that are idempotent and order-free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app.domain.ids import SegmentId, StreamId
from app.domain.messages import (
    OverlapRegion,
    SegmentUpdate,
    SpeakerTurn,
    TranscriptGap,
    TranscriptPatch,
    Word,
)

UNSPACED_LANGUAGES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that are written without blanks between words (as Whisper treats them)."""


def join_words(words: Iterable[Word], language: str | None = None) -> str:
    """Write words as running text, as the language writes them."""
    separator = "" if language in UNSPACED_LANGUAGES else " "
    return separator.join(word.text for word in words)


@dataclass(slots=True)
class Transcript:
    """All segments of one meeting, in the state of the newest revision seen.

    `apply` may be called with the same patch twice, or with patches in any order: the result is
    the same. Not thread-safe; one owner.
    """

    _segments: dict[SegmentId, SegmentUpdate] = field(default_factory=dict)
    _gaps: set[TranscriptGap] = field(default_factory=set)
    _overlaps: set[OverlapRegion] = field(default_factory=set)
    _processed_until: dict[StreamId, int] = field(default_factory=dict)
    _turns: dict[StreamId, tuple[int, tuple[SpeakerTurn, ...]]] = field(default_factory=dict)

    def apply(self, patch: TranscriptPatch) -> tuple[SegmentUpdate, ...]:
        """Take over what is new in `patch`.

        Returns:
            The updates that changed something, in the order of the patch.
        """
        changed = []
        for update in patch.updates:
            known = self._segments.get(update.segment_id)
            if known is None or update.supersedes(known):
                self._segments[update.segment_id] = update
                changed.append(update)
        self._gaps.update(patch.gaps)
        self._overlaps.update(patch.overlaps)
        for stream, sample in patch.processed_until.items():
            self._processed_until[stream] = max(sample, self._processed_until.get(stream, 0))
        for stream, turns in patch.turns.items():
            known_turns = self._turns.get(stream)
            if known_turns is None or patch.turns_revision > known_turns[0]:
                self._turns[stream] = (patch.turns_revision, turns)
        return tuple(changed)

    def get(self, segment_id: SegmentId) -> SegmentUpdate | None:
        """The newest state of one segment, retracted ones included."""
        return self._segments.get(segment_id)

    def __iter__(self) -> Iterator[SegmentUpdate]:
        """Segments with words, by start time, then stream, then id."""
        visible = [s for s in self._segments.values() if s.words]
        visible.sort(key=lambda s: (s.span, s.stream, s.segment_id))
        return iter(visible)

    @property
    def all_states(self) -> Mapping[SegmentId, SegmentUpdate]:
        """Every segment ever seen, retracted ones included."""
        return self._segments

    @property
    def gaps(self) -> tuple[TranscriptGap, ...]:
        """Stretches that could not be transcribed, by time."""
        return tuple(sorted(self._gaps, key=lambda gap: (gap.span, gap.stream)))

    @property
    def overlaps(self) -> tuple[OverlapRegion, ...]:
        """Stretches in which several people talk, by time."""
        return tuple(sorted(self._overlaps, key=lambda region: (region.span, region.stream)))

    @property
    def turns(self) -> tuple[SpeakerTurn, ...]:
        """Who talks when, as the newest diarization of each stream says, by time."""
        found = [turn for _, turns in self._turns.values() for turn in turns]
        return tuple(sorted(found, key=lambda turn: (turn.span, turn.stream, turn.track or "")))

    @property
    def next_revision(self) -> int:
        """A revision above that of every segment and of all turns; 0 for an empty transcript."""
        segments = (segment.revision for segment in self._segments.values())
        turns = (revision for revision, _ in self._turns.values())
        return max((*segments, *turns), default=-1) + 1

    @property
    def processed_until(self) -> Mapping[StreamId, int]:
        """Per stream, the sample before which everything is final."""
        return self._processed_until
