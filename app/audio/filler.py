"""Silence in the place of what an idle output does not deliver.

WASAPI's loopback sends no packets while nothing plays (PortAudio issue 935). Left alone, a
minute of silence would be missing from the stream, and everything behind it would be early.
"""

from __future__ import annotations

import numpy as np

from app.audio.ring import Int16Array, Ring

GAP_S = 0.1
"""Packets of a playing output are never further apart; a shorter pause is their jitter."""
_BEHIND_S = 0.3
"""How far behind the clock an idle stream is filled: later packets still find their place."""
_PIECE_S = 0.5


class SilenceFiller:
    """Writes packets to a ring, and zeros for the time in which none came.

    Thread: one, the ring's producer.

    Args:
        started_at_s: When the stream began to listen, on the clock of all other times here.
        gap_s: A longer time between packets is silence, a shorter one their jitter.
    """

    def __init__(self, ring: Ring, started_at_s: float, *, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._ring = ring
        self._until_s = started_at_s
        self._zeros = np.zeros((round(_PIECE_S * ring.rate_hz), ring.channels), dtype=np.int16)

    def packet(self, frames: Int16Array, captured_until_s: float) -> None:
        """Take frames (n, channels), the last of them captured at a time."""
        begin_s = captured_until_s - len(frames) / self._ring.rate_hz
        if begin_s - self._until_s > self._gap_s:
            self._fill(begin_s)
        self._ring.write(frames, captured_until_s)
        self._until_s = max(self._until_s, captured_until_s)

    def idle(self, now_s: float) -> None:
        """Say that no packet has come until now."""
        if now_s - self._until_s > _BEHIND_S + self._gap_s:
            self._fill(now_s - _BEHIND_S)

    def _fill(self, until_s: float) -> None:
        rate_hz = self._ring.rate_hz
        missing = round((until_s - self._until_s) * rate_hz)
        while missing > 0:
            piece = self._zeros[:missing]
            self._until_s += len(piece) / rate_hz
            self._ring.write(piece, self._until_s)
            missing -= len(piece)
