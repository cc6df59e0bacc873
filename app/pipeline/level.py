"""Brings quiet streams to a level that models can hear; what is recorded stays as it is.

Voice activity finds 97 % of the speech at -60 dBFS and 3 % at -80 (docs/measurements.md, Quiet
microphones), so only what is quiet is touched: a stream of usual level passes bit by bit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from app.domain.messages import AudioBlock, Float32Array
from app.domain.units import SESSION_RATE_HZ

SPEECH_DBFS = -40.0
"""Where the loud twentieth of a stream is brought to, if it is below."""
MAX_GAIN_DB = 30.0
BLOCK = SESSION_RATE_HZ // 10
_LOUD, _QUIET = 0.95, 0.2
_MIN_RANGE_DB = 12.0
"""Speech with its pauses spans more; steady noise less, and must not be brought up."""
_MIN_S = 1.5
_NOTHING_DBFS = -95.0
"""Below is digital silence: a mute, a hold, a gap."""
_MEMORY_S = 60.0
_RISE_DB_PER_S = 30.0
_ROOM_DB, _ROOM_SHARE = 6, 0.5
"""Sound this near the quiet fifth is the room. Once it is half of what is remembered, more of it is
nothing new, and a long pause must not wash out how loud somebody talks."""
_CEILING = 0.98


def _level_at(shares: npt.NDArray[np.float64], share: float) -> float:
    """The level in dBFS below which this share of the time lies."""
    return float(np.searchsorted(shares, share * shares[-1])) - 120


class LevelStatistics:
    """How long a stream was at each level."""

    def __init__(self) -> None:
        self._seconds: npt.NDArray[np.float64] = np.zeros(121)

    def push(self, samples: Float32Array, *, memory_s: float | None = None) -> None:
        """Take the next samples (n,), a block of about 100 ms.

        Args:
            memory_s: What is older than this counts less than half; None forgets nothing.
        """
        if not len(samples):
            return
        power = float(np.mean(np.square(samples, dtype=np.float64)))
        level_dbfs = 10 * np.log10(power) if power > 0 else -120.0
        if level_dbfs < _NOTHING_DBFS:
            return
        length_s = len(samples) / SESSION_RATE_HZ
        if memory_s is not None:
            if self._is_room(level_dbfs):
                return
            self._seconds *= 0.5 ** (length_s / memory_s)
        self._seconds[min(120, round(level_dbfs + 120))] += length_s

    @property
    def gain_db(self) -> float:
        """What the stream lacks, 0 to `MAX_GAIN_DB`; 0 while that is not known."""
        return self.known_gain_db or 0.0

    @property
    def known_gain_db(self) -> float | None:
        """What the stream lacks; None while too little was heard, or nothing but steady sound."""
        shares = np.cumsum(self._seconds)
        if shares[-1] < _MIN_S:
            return None
        loud, quiet = (_level_at(shares, share) for share in (_LOUD, _QUIET))
        if loud - quiet < _MIN_RANGE_DB:
            return None
        return min(MAX_GAIN_DB, max(0.0, SPEECH_DBFS - loud))

    def _is_room(self, level_dbfs: float) -> bool:
        """Whether more of this level would only make the memory forget how somebody talks."""
        if self.known_gain_db is None:
            return False
        shares = np.cumsum(self._seconds)
        room = round(_level_at(shares, _QUIET) + 120)
        lowest, highest = max(0, room - _ROOM_DB), min(120, room + _ROOM_DB)
        known = shares[highest] - (shares[lowest - 1] if lowest else 0.0)
        is_near = lowest <= level_dbfs + 120 <= highest
        return is_near and bool(known >= _ROOM_SHARE * shares[-1])


class LevelEvener:
    """Evens one stream while it comes in.

    The gain rises by 30 dB a second at most, holds while nobody talks, and falls at once where a
    block would be cut off.
    """

    def __init__(self) -> None:
        self._statistics = LevelStatistics()
        self._gain_db = 0.0
        self._heard_until = -1

    def block(self, block: AudioBlock) -> AudioBlock:
        """Even a block; one of the past, heard again, gets the gain of now."""
        if block.span.start < self._heard_until:
            evened = amplified(block.samples, self._gain_db)
        else:
            evened = self.push(block.samples)
            self._heard_until = block.span.end
        return block if evened is block.samples else replace(block, samples=evened)

    def push(self, samples: Float32Array) -> Float32Array:
        """Take the next samples (n,) in [-1, 1]; returns as many."""
        if not len(samples):
            return samples
        for start in range(0, len(samples), BLOCK):
            self._statistics.push(samples[start : start + BLOCK], memory_s=_MEMORY_S)
        rise_db = _RISE_DB_PER_S * len(samples) / SESSION_RATE_HZ
        self._gain_db = min(self._statistics.gain_db, self._gain_db + rise_db)
        return amplified(samples, self._gain_db)


def amplified(samples: Float32Array, gain_db: float) -> Float32Array:
    """Samples (n,) made louder, as far as the loudest of them allows; the same array for 0 dB."""
    if gain_db <= 0 or not len(samples):
        return samples
    peak = float(np.max(np.abs(samples)))
    gain = min(10 ** (gain_db / 20), max(1.0, _CEILING / peak)) if peak > 0 else 1.0
    return np.asarray(samples * np.float32(gain), dtype=np.float32)


def evened(samples: Float32Array, block: int) -> Float32Array:
    """A whole stream (n,) as a live session hears it, `block` samples at a time."""
    evener = LevelEvener()
    pieces = [evener.push(samples[at : at + block]) for at in range(0, len(samples), block)]
    return np.concatenate(pieces) if pieces else samples
