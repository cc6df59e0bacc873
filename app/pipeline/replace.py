"""A better transcript takes the place of the first one: ids, names and corrections survive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import (
    CorrectionReason,
    SegmentStatus,
    SegmentUpdate,
    SpeakerTurn,
)
from app.domain.ports import Reading
from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline.attribute import Piece
from app.pipeline.numbers import goes_on
from app.pipeline.readings import alternatives_of

Voice = TypeVar("Voice")

MAX_PAUSE_S = 1.2
"""A longer pause of one person starts a new segment."""
MAX_SEGMENT_S = 30.0
SENTENCE_MIN_S = 8.0
"""A segment longer than this ends at the next end of a sentence."""
SENTENCE_ENDS = (".", "?", "!", "。", "？", "！")  # noqa: RUF001 - full-width marks are meant
LOCKED_SHARE = 0.5


def split_pieces(pieces: Sequence[Piece[TrackId]]) -> list[Piece[TrackId]]:
    """Cut what one person says into readable segments, at pauses and ends of sentences."""
    result = []
    for piece in pieces:
        start = 0
        words = piece.words
        for i in range(1, len(words) + 1):
            if i < len(words):
                pause = words[i].span.start - words[i - 1].span.end
                length_s = (words[i - 1].span.end - words[start].span.start) / SESSION_RATE_HZ
                is_sentence = words[i - 1].text.endswith(SENTENCE_ENDS)
                is_number = goes_on(words[i - 1].text, words[i].text)
                if not (
                    pause > MAX_PAUSE_S * SESSION_RATE_HZ
                    or (length_s > MAX_SEGMENT_S and not is_number)
                    or (is_sentence and length_s > SENTENCE_MIN_S)
                ):
                    continue
            result.append(replace(piece, words=words[start:i]))
            start = i
    return result


class TranscriptReplacer:
    """Gives new segments the ids and tracks of the old ones where both say the same moment.

    Args:
        old: The transcript so far.
        locked: Segments that the user corrected: they stay, and nothing new covers them.
        turns: The new diarization; its tracks are mapped on to the old ones by common time.
        revision: Of everything emitted; above all old ones.
        within: Only old segments whose middle lies in this stretch give way; None for all.
    """

    def __init__(
        self,
        old: Sequence[SegmentUpdate],
        locked: frozenset[SegmentId],
        turns: Mapping[StreamId, Sequence[SpeakerTurn]],
        *,
        revision: int,
        within: Span | None = None,
    ) -> None:
        self._revision = revision
        self._locked = [segment for segment in old if segment.segment_id in locked]
        self._old = {
            segment.segment_id: segment
            for segment in old
            if segment.segment_id not in locked
            and segment.words
            and (within is None or within.contains(segment.span.middle))
        }
        self._taken_ids = {segment.segment_id for segment in old}
        self._tracks = map_tracks(old, turns)

    def track(self, track: TrackId) -> TrackId:
        """The track under which a new voice goes on."""
        return self._tracks.get(track, track)

    def replace(
        self,
        stream: StreamId,
        span: Span,
        pieces: Sequence[Piece[TrackId]],
        *,
        language: str | None,
        readings: Sequence[Reading] = (),
    ) -> tuple[SegmentUpdate, ...]:
        """Put `pieces` in the place of the old segments inside `span` of a stream.

        Args:
            readings: Of words of the pieces, in session time.
        """
        candidates = [
            old
            for old in self._old.values()
            if old.stream is stream and span.contains(old.span.middle)
        ]
        updates = []
        for number, piece in enumerate(pieces):
            if self._is_locked(stream, piece.span):
                continue
            known = max(
                (old for old in candidates if old.span.overlap(piece.span)),
                key=lambda old, piece=piece: old.span.overlap(piece.span),  # type: ignore[misc]
                default=None,
            )
            if known is not None:
                candidates.remove(known)
                del self._old[known.segment_id]
            segment_id = known.segment_id if known else self._new_id(stream, piece.span, number)
            updates.append(
                SegmentUpdate(
                    segment_id=segment_id,
                    revision=self._revision,
                    stream=stream,
                    span=piece.span,
                    track=None if piece.voice is None else self.track(piece.voice),
                    words=piece.words,
                    status=SegmentStatus.FINAL,
                    committed=len(piece.words),
                    language=language,
                    has_overlap=piece.has_overlap,
                    reason=CorrectionReason.REFINE if known else None,
                    alternatives=alternatives_of(piece.words, readings),
                )
            )
        for old in candidates:
            del self._old[old.segment_id]
            updates.append(self._retracted(old))
        return tuple(updates)

    def retract_rest(self) -> tuple[SegmentUpdate, ...]:
        """Take out the old segments that no new chunk covers: nothing was said there."""
        updates = tuple(self._retracted(old) for old in self._old.values())
        self._old.clear()
        return updates

    def _is_locked(self, stream: StreamId, span: Span) -> bool:
        covered = sum(
            locked.span.overlap(span) for locked in self._locked if locked.stream is stream
        )
        return covered > LOCKED_SHARE * span.length

    def _new_id(self, stream: StreamId, span: Span, number: int) -> SegmentId:
        segment_id = SegmentId(f"{stream}-{span.start}-r{number}")
        while segment_id in self._taken_ids:
            segment_id = SegmentId(f"{segment_id}+")
        self._taken_ids.add(segment_id)
        return segment_id

    def _retracted(self, old: SegmentUpdate) -> SegmentUpdate:
        return replace(
            old,
            revision=self._revision,
            words=(),
            committed=0,
            alternatives=(),
            status=SegmentStatus.FINAL,
            reason=CorrectionReason.REFINE,
        )


def map_tracks(
    old: Sequence[SegmentUpdate], turns: Mapping[StreamId, Sequence[SpeakerTurn]]
) -> dict[TrackId, TrackId]:
    """Which old track each new one continues: the pairs with most common time, each used once.

    New tracks without a partner get numbers that no old track has.
    """
    common: dict[tuple[TrackId, TrackId], int] = {}
    order: list[TrackId] = []
    for stream, stream_turns in turns.items():
        segments = sorted((s for s in old if s.stream is stream and s.words), key=lambda s: s.span)
        for turn in stream_turns:
            if turn.track is None:
                continue
            if turn.track not in order:
                order.append(turn.track)
            for segment in segments:
                if segment.span.start >= turn.span.end:
                    break
                if segment.track is not None:
                    key = (turn.track, segment.track)
                    common[key] = common.get(key, 0) + segment.span.overlap(turn.span)
    mapping: dict[TrackId, TrackId] = {}
    for (new, known), samples in sorted(common.items(), key=lambda item: -item[1]):
        if samples and new not in mapping and known not in mapping.values():
            mapping[new] = known
    used = {segment.track for segment in old if segment.track} | set(mapping.values())
    number = 1
    for new in order:
        if new in mapping:
            continue
        while TrackId(f"S{number}") in used:
            number += 1
        mapping[new] = TrackId(f"S{number}")
        used.add(mapping[new])
    return mapping
