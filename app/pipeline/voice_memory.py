"""What each voice of a running meeting sounds like alone: kept, since the audio itself is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from app.domain.ids import TrackId
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.pipeline.activity import ActivityStitcher
from app.pipeline.exemplars import LEARN_S

MIN_PIECE_S = 0.25
"""The edges of turns are not exact: a shorter stretch may well be somebody else's."""
STEP_S = 2.0
"""Looking more often would cut speech into small pieces."""

Float16Array = npt.NDArray[np.float16]
TrackOf = Callable[[int], TrackId | None]
"""Chain id → track, as it is called now."""


class VoiceMemory:
    """Solo speech of one stream by chain, so that later labels hold for it. Not thread-safe.

    Args:
        start: The first sample to take.
        learn_s: Seconds to keep of one voice, the newest.
    """

    def __init__(self, start: int, *, learn_s: float = LEARN_S) -> None:
        self._until = start
        self._room = to_samples(learn_s)
        self._pieces: list[tuple[int, Float16Array]] = []
        """Chain and samples, oldest first; half as large as float32 and as exact as is of use."""

    def hear(
        self,
        stitcher: ActivityStitcher,
        get: Callable[[Span], Float32Array],
        until: int,
        track_of: TrackOf,
    ) -> None:
        """Take what was said by one voice alone since the last time.

        Args:
            get: The samples of a span.
            until: The sample before which it is settled who talks.
        """
        if until - self._until < to_samples(STEP_S):
            return
        for span, chain_id in stitcher.alone(Span(self._until, until)):
            if span.length >= to_samples(MIN_PIECE_S):
                self._pieces.append((chain_id, get(span).astype(np.float16)))
        self._until = until
        self._forget(track_of)

    def of(self, track: TrackId, track_of: TrackOf) -> Float32Array:
        """What was heard of a voice alone, float32 (n,)."""
        pieces = [piece for chain_id, piece in self._pieces if track_of(chain_id) == track]
        return np.concatenate(pieces, dtype=np.float32) if pieces else np.zeros(0, np.float32)

    @property
    def seconds(self) -> float:
        """How much is kept."""
        return sum(len(piece) for _, piece in self._pieces) / SESSION_RATE_HZ

    def _forget(self, track_of: TrackOf) -> None:
        """Keep the newest of each voice; speech that belongs to nobody counts as one voice."""
        kept: list[tuple[int, Float16Array]] = []
        lengths: dict[TrackId | None, int] = {}
        for chain_id, piece in reversed(self._pieces):
            track = track_of(chain_id)
            length = lengths.get(track, 0)
            if length < self._room:
                lengths[track] = length + len(piece)
                kept.append((chain_id, piece))
        self._pieces = kept[::-1]
