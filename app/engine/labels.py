"""Who says what, as lane A knows it at the moment. Guarded by the session's lock."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from app.domain.ids import StreamId, TrackId
from app.domain.messages import Float32Array, OverlapRegion, SegmentUpdate, Word
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.engine.front import StreamFront
from app.pipeline.activity import joined
from app.pipeline.assemble import Assembler
from app.pipeline.attribute import attribute, chain_shares, join_chains
from app.pipeline.cluster import OnlineClusters

REATTRIBUTE_S = 6.0
MIN_OVERLAP_S = 0.3


class VoiceLabels:
    """Answers for the streams of one session.

    Args:
        fronts: Filled when the session starts.
        overlaps_from: Per stream, the sample from which overlaps are told.
    """

    def __init__(
        self,
        clusters: OnlineClusters,
        fronts: Mapping[StreamId, StreamFront],
        overlaps_from: Mapping[StreamId, int],
    ) -> None:
        self._clusters = clusters
        self._fronts = fronts
        self._overlaps_until = dict(overlaps_from)

    def label(self, chain_id: int) -> tuple[TrackId | None, float | None]:
        """The track of a chain, and how well it fits."""
        return self._clusters.track_of(chain_id), self._clusters.confidence_of(chain_id)

    def track_of(self, chain_id: int) -> TrackId | None:
        """The track of a chain; None while it is unknown."""
        return self._clusters.track_of(chain_id)

    def heard(
        self, stream: StreamId, words: tuple[Word, ...], previous: int | None
    ) -> tuple[list[dict[int, float]], int | None]:
        """Who was heard during each word; a voice that nobody knows yields to a known one."""
        heard = chain_shares(self._fronts[stream].stitcher, words)
        for share in heard:
            strangers = [c for c in share if self._clusters.track_of(c) is None]
            if len(strangers) < len(share):
                for chain_id in strangers:
                    del share[chain_id]
        return join_chains(heard, self._clusters.track_of, previous)

    def attribute_again(self, front: StreamFront, assembler: Assembler) -> list[SegmentUpdate]:
        """Look again at recent segments, now that later windows know more."""
        since = front.stitcher.analysed_until - to_samples(REATTRIBUTE_S)
        updates: list[SegmentUpdate] = []
        for segment in assembler.final_since(front.stream, since):
            known = assembler.chain_of(segment.segment_id)
            heard, previous = self.heard(front.stream, segment.words, known)
            pieces = attribute(segment.words, heard, previous=previous)
            if not pieces:
                continue
            main = max(pieces, key=lambda piece: len(piece.words)).voice
            if main is not None and main != known:
                updates.extend(assembler.reassign(segment.segment_id, main))
        return updates

    def turns(self, stream: StreamId, span: Span) -> list[tuple[Span, TrackId]]:
        """Who talks when in `span`, voices that are not known yet left out; by time."""
        talks: dict[TrackId, list[Span]] = {}
        for turn, chain_id in self._fronts[stream].stitcher.talk(span):
            track = self._clusters.track_of(chain_id)
            if track is not None:
                talks.setdefault(track, []).append(turn)
        return sorted((turn, track) for track, talk in talks.items() for turn in joined(talk))

    def overlaps(self, stream: StreamId, span: Span) -> tuple[OverlapRegion, ...]:
        """Stretches of `span` in which two people talk, not told before."""
        start = max(span.start, self._overlaps_until.get(stream, 0))
        if span.end <= start:
            return ()
        self._overlaps_until[stream] = span.end
        regions = []
        turns = self.turns(stream, Span(start, span.end))
        for (one, a), (two, b) in itertools.combinations(turns, 2):
            if a == b:
                continue
            if one.overlap(two) >= MIN_OVERLAP_S * SESSION_RATE_HZ:
                both = Span(max(one.start, two.start), min(one.end, two.end))
                regions.append(
                    OverlapRegion(stream=stream, span=both, tracks=tuple(sorted((a, b))))
                )
        return tuple(regions)

    def chain_at(self, stream: StreamId, track: TrackId, span: Span) -> int | None:
        """The chain of a track that talks most in `span`; None where it is silent."""
        talk: dict[int, int] = {}
        for turn, chain_id in self._fronts[stream].stitcher.talk(span):
            if self._clusters.track_of(chain_id) == track:
                talk[chain_id] = talk.get(chain_id, 0) + turn.length
        return max(talk, key=talk.__getitem__, default=None)

    def centroids(self) -> dict[TrackId, Float32Array]:
        """The voices of the people so far, unit length."""
        found: dict[TrackId, Float32Array] = {}
        for state in self._clusters.states():
            total = np.array(state.total, dtype=np.float32)
            norm = float(np.linalg.norm(total))
            if norm > 0.0:
                found[state.track] = total / np.float32(norm)
        return found
