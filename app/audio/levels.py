"""How loud a stream is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from app.domain.messages import Float32Array

SILENCE_DBFS = -120.0
LEVEL_WINDOW_S = 0.1


def rms_dbfs(samples: Float32Array) -> float:
    """The RMS level; 0 dBFS is a full-scale square wave, -120 silence or no samples."""
    if not len(samples):
        return SILENCE_DBFS
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return SILENCE_DBFS if power <= 0 else max(SILENCE_DBFS, 10 * float(np.log10(power)))


class LevelMeter:
    """The level of the last 100 ms.

    Thread: `push` from one, `level_dbfs` from any.
    """

    def __init__(self, rate_hz: int) -> None:
        self._window = max(1, round(LEVEL_WINDOW_S * rate_hz))
        self._tail = np.zeros(0, dtype=np.float32)
        self.level_dbfs = SILENCE_DBFS

    def push(self, samples: Float32Array) -> None:
        """Take the next samples (n,) in [-1, 1]."""
        self._tail = np.concatenate((self._tail, samples[-self._window :]))[-self._window :]
        self.level_dbfs = rms_dbfs(self._tail)


class Finding(Enum):
    """What a signal can show."""

    SILENT = auto()
    """Nothing but silence for `value` seconds."""
    CLIPPING = auto()
    """A share of `value` of the samples is as large as they can get."""
    TALKING = auto()
    """Somebody talks, as far as a level tells; `value` is that level in dBFS."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One finding and its measure."""

    finding: Finding
    value: float


_QUIET_DBFS = -90.0
_QUIET_FROM_START_S = 10
_QUIET_AGAIN_S = 60
_CLIPPED_FROM = 0.99
_CLIPPED_SHARE = 0.001
_CLIPPING_WINDOW_S = 10
_CLIPPING_EVERY_S = 60
_TALK_DBFS = -45.0
_TALK_WINDOW_S = 4
_TALK_LOUD_S = 3
_TALK_EVERY_S = 10


class SignalWatch:
    """Notices silence, clipping and talk, by whole seconds.

    Silence is found after 10 s from the start below -90 dBFS, else after 60 s, and every further
    60 s; clipping when 0.1 % of ten seconds reach 0.99 in any channel, at most once a minute;
    talk when three of four seconds are above -45 dBFS, at most every ten seconds.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        # Filled in place: a recording of hours must not ask for memory 20 times a second.
        self._second = np.zeros((2, rate_hz), dtype=np.float32)
        self._filled = 0
        self._taken_s = 0
        self._quiet_s = 0
        self._has_heard = False
        self._loud: deque[bool] = deque(maxlen=_TALK_WINDOW_S)
        self._clipped: deque[float] = deque(maxlen=_CLIPPING_WINDOW_S)
        self._clipping_from_s = 0
        self._talk_from_s = 0

    def push(self, samples: Float32Array, peaks: Float32Array | None = None) -> tuple[Signal, ...]:
        """Take the next samples; returns what they show.

        Args:
            samples: float32 (n,) in [-1, 1], the mean of all channels.
            peaks: float32 (n,), the largest magnitude in any channel; None where there is one.
        """
        found: list[Signal] = []
        loudest = np.abs(samples) if peaks is None else peaks
        taken = 0
        while taken < len(samples):
            part = slice(taken, taken + self._rate_hz - self._filled)
            end = self._filled + len(samples[part])
            self._second[0, self._filled : end] = samples[part]
            self._second[1, self._filled : end] = loudest[part]
            self._filled, taken = end, part.stop
            if end == self._rate_hz:
                found += self._judge(self._second[0], self._second[1])
                self._filled = 0
        return tuple(found)

    def _judge(self, second: Float32Array, peaks: Float32Array) -> Iterator[Signal]:
        self._taken_s += 1
        level_dbfs = rms_dbfs(second)
        if level_dbfs < _QUIET_DBFS:
            self._quiet_s += 1
            first_s = _QUIET_AGAIN_S if self._has_heard else _QUIET_FROM_START_S
            if self._quiet_s == first_s or not self._quiet_s % _QUIET_AGAIN_S:
                yield Signal(Finding.SILENT, self._quiet_s)
        else:
            self._quiet_s = 0
            self._has_heard = True
        self._clipped.append(float(np.mean(peaks >= _CLIPPED_FROM)))
        share = sum(self._clipped) / _CLIPPING_WINDOW_S
        is_window = len(self._clipped) == _CLIPPING_WINDOW_S
        if is_window and share >= _CLIPPED_SHARE and self._taken_s >= self._clipping_from_s:
            self._clipping_from_s = self._taken_s + _CLIPPING_EVERY_S
            yield Signal(Finding.CLIPPING, share)
        self._loud.append(level_dbfs > _TALK_DBFS)
        if sum(self._loud) >= _TALK_LOUD_S and self._taken_s >= self._talk_from_s:
            self._talk_from_s = self._taken_s + _TALK_EVERY_S
            yield Signal(Finding.TALKING, level_dbfs)
