"""Pieces and labels → segments with ids and revisions → transcript patches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import (
    CorrectionReason,
    SegmentStatus,
    SegmentUpdate,
    Word,
)
from app.domain.packed_words import PackedWords
from app.domain.units import Span
from app.pipeline.attribute import Piece, Voice

ChainAt = Callable[[TrackId, Span], int | None]
"""The chain of a track that talks most in a span; None where none does."""


class ChainLabels(Protocol):
    """Who chains are now."""

    def track_of(self, chain_id: int) -> TrackId | None:
        """The track of a chain; None while it is unknown. Cheap: asked for every chain at once."""
        ...

    def label(self, chain_id: int) -> tuple[TrackId | None, float | None]:
        """The track of a chain, and how well it fits."""
        ...


@dataclass(frozen=True, slots=True)
class _Final:
    """A final segment, kept for the length of a meeting.

    Attributes:
        state: Without its words.
    """

    state: SegmentUpdate
    words: PackedWords

    @classmethod
    def of(cls, update: SegmentUpdate) -> _Final:
        return cls(replace(update, words=()), PackedWords(update.words))

    @property
    def update(self) -> SegmentUpdate:
        return replace(self.state, words=tuple(self.words))


@dataclass(slots=True)
class Assembler:
    """Every segment of one session. Not thread-safe.

    Attributes:
        labels: Tell who a chain is now.
        revision_base: Added to every revision (see `SessionConfig`).
    """

    labels: ChainLabels
    revision_base: int = 0
    _revision: int = 0
    _pieces_of: dict[str, int] = field(default_factory=dict)
    _final: dict[SegmentId, _Final] = field(default_factory=dict)
    _chain_of: dict[SegmentId, int | None] = field(default_factory=dict)
    _open_partial: dict[str, SegmentUpdate] = field(default_factory=dict)
    _rewritten: set[SegmentId] = field(default_factory=set)

    def partial(
        self,
        stream: StreamId,
        utterance: str,
        words: tuple[Word, ...],
        chain_id: int | None,
        *,
        language: str | None,
        committed: int = 0,
    ) -> tuple[SegmentUpdate, ...]:
        """The unfinished text of an utterance; replaces its previous one.

        Args:
            committed: Leading words that will not change.
        """
        segment_id = self._segment_id(utterance, self._pieces_of.get(utterance, 0))
        known = self._open_partial.get(utterance)
        if not words:
            return () if known is None else (self._retract(utterance),)
        updates = []
        if known is not None and known.segment_id != segment_id:
            updates.append(self._retract(utterance))
        elif known is not None and (known.words, known.committed) == (words, committed):
            return ()
        track, confidence = (None, None) if chain_id is None else self.labels.label(chain_id)
        update = SegmentUpdate(
            segment_id=segment_id,
            revision=self._next(),
            stream=stream,
            span=Span(words[0].span.start, words[-1].span.end),
            track=track,
            words=words,
            status=SegmentStatus.PARTIAL,
            committed=committed,
            speaker_confidence=confidence,
            language=language,
        )
        self._open_partial[utterance] = update
        return (*updates, update)

    def final(
        self,
        stream: StreamId,
        utterance: str,
        pieces: tuple[Piece[int], ...],
        *,
        language: str | None,
        alternatives: tuple[tuple[str, float], ...] = (),
        is_last: bool = False,
    ) -> tuple[SegmentUpdate, ...]:
        """Words that will not change; an open partial of the utterance takes the first id."""
        updates = []
        for piece in pieces:
            number = self._pieces_of.get(utterance, 0)
            self._pieces_of[utterance] = number + 1
            segment_id = self._segment_id(utterance, number)
            track, confidence = (
                (None, None) if piece.voice is None else self.labels.label(piece.voice)
            )
            update = replace(
                self._final_of(piece, segment_id, stream, language=language),
                track=track,
                speaker_confidence=confidence,
                alternatives=alternatives if len(pieces) == 1 else (),
            )
            self._final[segment_id] = _Final.of(update)
            self._chain_of[segment_id] = piece.voice
            updates.append(update)
            known = self._open_partial.get(utterance)
            if known is not None and known.segment_id == segment_id:
                del self._open_partial[utterance]
        if is_last and utterance in self._open_partial:
            updates.append(self._retract(utterance))
        return tuple(updates)

    def reassign(self, segment_id: SegmentId, chain_id: int | None) -> tuple[SegmentUpdate, ...]:
        """A later look says that another chain said a segment."""
        self._chain_of[segment_id] = chain_id
        return self._relabelled([segment_id])

    def withdraw(self, segment_ids: Iterable[SegmentId]) -> tuple[SegmentUpdate, ...]:
        """Take final segments back for good: they are echo."""
        updates = []
        for segment_id in segment_ids:
            known = self._final.pop(segment_id, None)
            if known is not None:
                del self._chain_of[segment_id]
                updates.append(
                    replace(
                        known.state,
                        revision=self._next(),
                        committed=0,
                        alternatives=(),
                        reason=CorrectionReason.SECOND_OPINION,
                    )
                )
        return tuple(updates)

    def rewrite(
        self,
        stream: StreamId,
        old: Sequence[SegmentUpdate],
        pieces: Sequence[Piece[TrackId]],
        chain_at: ChainAt,
        *,
        language: str | None,
    ) -> tuple[SegmentUpdate, ...]:
        """Put what two people say at once in the place of final segments; all of it corrections.

        A piece takes the id of the segment that it goes on with: of the same voice where there is
        one, with the most common time. What no piece goes on with is retracted.

        Args:
            old: Final segments of the stream.
            pieces: What stands in their place, each of one voice; they may overlap in time.
        """
        free = list(old)
        chains = {segment.segment_id: self._chain_of[segment.segment_id] for segment in old}
        updates = []
        for piece in pieces:
            near = [segment for segment in free if segment.span.overlap(piece.span)]
            known = max(
                near,
                key=lambda s, piece=piece: (s.track == piece.voice, s.span.overlap(piece.span)),  # type: ignore[misc]
                default=None,
            )
            chain_id = _chain_for(piece, old, chains, chain_at)
            if known is not None:
                free.remove(known)
                before = (known.words, known.track, known.has_overlap)
                if before == (piece.words, piece.voice, piece.has_overlap):
                    continue
            segment_id = known.segment_id if known else self._new_id(stream, piece.span)
            track, confidence = (
                (piece.voice, None) if chain_id is None else self.labels.label(chain_id)
            )
            update = replace(
                self._final_of(piece, segment_id, stream, language=language),
                track=track,
                speaker_confidence=confidence,
                reason=CorrectionReason.SECOND_OPINION,
            )
            self._final[segment_id] = _Final.of(update)
            self._chain_of[segment_id] = chain_id
            self._rewritten.add(segment_id)
            updates.append(update)
        return (*updates, *self.withdraw(segment.segment_id for segment in free))

    def relabel(self) -> tuple[SegmentUpdate, ...]:
        """Corrections for every final segment whose chain has changed its track."""
        chains = {chain_id for chain_id in self._chain_of.values() if chain_id is not None}
        tracks = {chain_id: self.labels.track_of(chain_id) for chain_id in chains}
        return self._relabelled(
            [
                segment_id
                for segment_id, chain_id in self._chain_of.items()
                if chain_id is not None
                and tracks[chain_id] not in (None, self._final[segment_id].state.track)
            ]
        )

    def final_since(self, stream: StreamId, start: int) -> list[SegmentUpdate]:
        """Final segments of a stream that end behind `start`, as they were first written."""
        recent = []
        for known in reversed(self._final.values()):
            state = known.state
            if state.stream is not stream or state.segment_id in self._rewritten:
                continue
            if state.span.end <= start:
                break
            recent.append(known.update)
        return recent[::-1]

    def final_in(self, stream: StreamId, span: Span) -> list[SegmentUpdate]:
        """The final segments of a stream that touch `span`, as they stand, by time."""
        found = []
        for known in reversed(self._final.values()):
            state = known.state
            if state.stream is not stream:
                continue
            if state.span.overlap(span):
                found.append(known.update)
            elif state.span.end <= span.start and state.segment_id not in self._rewritten:
                break
        return sorted(found, key=lambda update: (update.span, update.segment_id))

    def chain_of(self, segment_id: SegmentId) -> int | None:
        """The chain that a final segment is attributed to."""
        return self._chain_of[segment_id]

    def chains_given(self, lines: Mapping[SegmentId, TrackId]) -> dict[int, TrackId]:
        """The chains most of whose written time is given to one track by `lines`."""
        given: dict[int, dict[TrackId | None, int]] = {}
        for segment_id, chain_id in self._chain_of.items():
            if chain_id is not None:
                track = lines.get(segment_id)
                shares = given.setdefault(chain_id, {})
                length = self._final[segment_id].state.span.length
                shares[track] = shares.get(track, 0) + length
        result = {}
        for chain_id, shares in given.items():
            track = max(shares, key=shares.__getitem__)
            if track is not None and 2 * shares[track] > sum(shares.values()):
                result[chain_id] = track
        return result

    def _final_of(
        self, piece: Piece[Voice], segment_id: SegmentId, stream: StreamId, *, language: str | None
    ) -> SegmentUpdate:
        """The final state of a piece, of nobody yet."""
        return SegmentUpdate(
            segment_id=segment_id,
            revision=self._next(),
            stream=stream,
            span=piece.span,
            track=None,
            words=piece.words,
            status=SegmentStatus.FINAL,
            committed=len(piece.words),
            language=language,
            has_overlap=piece.has_overlap,
        )

    def _relabelled(self, segment_ids: list[SegmentId]) -> tuple[SegmentUpdate, ...]:
        updates = []
        for segment_id in segment_ids:
            known = self._final[segment_id]
            chain_id = self._chain_of[segment_id]
            if chain_id is None:
                continue
            track, confidence = self.labels.label(chain_id)
            if track is None or track == known.state.track:
                continue
            changed = replace(
                known.update,
                revision=self._next(),
                track=track,
                speaker_confidence=confidence,
                reason=CorrectionReason.RELABEL,
            )
            self._final[segment_id] = _Final.of(changed)
            updates.append(changed)
        return tuple(updates)

    def _retract(self, utterance: str) -> SegmentUpdate:
        return replace(
            self._open_partial.pop(utterance),
            revision=self._next(),
            words=(),
            status=SegmentStatus.FINAL,
            committed=0,
        )

    def _segment_id(self, utterance: str, number: int) -> SegmentId:
        return SegmentId(f"{utterance}-{number}")

    def _new_id(self, stream: StreamId, span: Span) -> SegmentId:
        segment_id = SegmentId(f"{stream}-{span.start}-o")
        while segment_id in self._final:
            segment_id = SegmentId(f"{segment_id}+")
        return segment_id

    def _next(self) -> int:
        self._revision += 1
        return self.revision_base + self._revision


def _chain_for(
    piece: Piece[TrackId],
    old: Sequence[SegmentUpdate],
    chains: Mapping[SegmentId, int | None],
    chain_at: ChainAt,
) -> int | None:
    """The chain whose label a piece follows from now on.

    Args:
        chains: Of the old segments, as they were before any piece took the id of one.
    """
    same = [s for s in old if s.track == piece.voice and s.span.overlap(piece.span)]
    if same:
        return chains[max(same, key=lambda s: s.span.overlap(piece.span)).segment_id]
    return None if piece.voice is None else chain_at(piece.voice, piece.span)
