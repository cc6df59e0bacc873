"""Keeps a device's clock and the session's together: how far they are apart, and the remedy.

A sound card that promises 48,000 frames a second delivers a few more or less (50 ppm are common),
so that two devices of one meeting are 0.7 s apart after two hours. What is kept of a device is
left as it came; the 16 kHz spool is stretched, by less than anybody hears.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.audio.ring import Ring
from app.domain.messages import Float32Array

_HALF_TAPS = 16
_PHASES = 4_096
_KAISER_BETA = 8.0
"""Puts what interpolation adds 80 dB below the signal (Kaiser's formula for 0.1 * 80 - 8.7)."""

DEAD_ZONE_S = 0.003
"""Smaller differences are left: arrival times are no better than that."""
_CATCH_UP_S = 20.0
_MAX_STRETCH = 500e-6
_WINDOWS = 3
_GAP_S = 0.25
"""A clock does not jump: frames that are later than this never came."""


@cache
def _kernels() -> npt.NDArray[np.float32]:
    """Windowed sinc filters (phases + 1, taps); phase p reads p / _PHASES behind tap 15."""
    taps = np.arange(-_HALF_TAPS + 1, _HALF_TAPS + 1)
    offsets = taps[None, :] - np.arange(_PHASES + 1)[:, None] / _PHASES
    inside = np.clip(1 - (offsets / _HALF_TAPS) ** 2, 0, None)
    table = np.sinc(offsets) * np.i0(_KAISER_BETA * np.sqrt(inside)) / np.i0(_KAISER_BETA)
    return np.asarray(table / table.sum(axis=1, keepdims=True), dtype=np.float32)


class Stretcher:
    """Makes a signal longer or shorter by some parts per million, at the pitch nobody notices.

    As long as nothing was ever stretched, samples pass at once and bit by bit.
    """

    def __init__(self) -> None:
        self.stretch = 0.0
        """Samples given out for each one taken, less one; may change at any time."""
        self.surplus = 0.0
        """Samples given out so far beyond those taken."""
        self._kernels: npt.NDArray[np.float32] | None = None
        self._kept = np.zeros(_HALF_TAPS, dtype=np.float32)
        self._at = float(_HALF_TAPS)

    def push(self, samples: Float32Array) -> Float32Array:
        """Take the next samples (n,); once anything was stretched, 1 ms stays inside."""
        if self._kernels is None:
            if not self.stretch:
                self._kept = np.concatenate((self._kept, samples[-_HALF_TAPS:]))[-_HALF_TAPS:]
                return samples
            self._kernels = _kernels()
        return self._stretched(samples, self._kernels)

    def finish(self) -> Float32Array:
        """What is still inside."""
        if self._kernels is None:
            return np.zeros(0, dtype=np.float32)
        return self._stretched(np.zeros(_HALF_TAPS, dtype=np.float32), self._kernels)

    def _stretched(self, samples: Float32Array, kernels: npt.NDArray[np.float32]) -> Float32Array:
        source = np.concatenate((self._kept, samples))
        step = 1.0 / (1.0 + self.stretch)
        count = max(0, int(np.ceil((len(source) - _HALF_TAPS - self._at) / step)))
        places = self._at + step * np.arange(count)
        whole = np.floor(places).astype(np.int64)
        phases = np.rint((places - whole) * _PHASES).astype(np.int64)
        stretched = np.zeros(0, dtype=np.float32)
        if count:
            windows = np.lib.stride_tricks.sliding_window_view(source, 2 * _HALF_TAPS)
            pieces = windows[whole - _HALF_TAPS + 1]
            stretched = np.einsum("ij,ij->i", pieces, kernels[phases])
        following = self._at + step * count
        self.surplus += count - (following - self._at)
        drop = min(len(source) - _HALF_TAPS, int(following) - _HALF_TAPS)
        self._kept = source[drop:]
        self._at = following - drop
        return np.asarray(stretched, dtype=np.float32)


class TimedWriter(Protocol):
    """What is written on the session's time line (`app.audio.timeline.StreamWriter`)."""

    @property
    def position_s(self) -> float:
        """Session time of the next frame."""
        ...

    def stretch(self, share: float) -> None:
        """Let the time line grow by `1 + share` from now on."""
        ...

    def append_loss(self, frame_count: int) -> None:
        """Write zeros for frames that were lost."""
        ...


class TimeKeeper:
    """Holds one device's frames at the session time at which they were captured.

    Frames can be late, never early: the earliest of `WINDOW_S` tells the device's clock, and
    the earliest of `_WINDOWS` such stretches is believed.

    Thread: the recorder's.

    Args:
        started_at_s: Session time 0 on the clock of the ring.
    """

    def __init__(self, ring: Ring, started_at_s: float) -> None:
        self._ring = ring
        self._started_at_s = started_at_s
        self._origins_s: deque[float] = deque(maxlen=_WINDOWS)
        self._window_end = 0

    def keep(self, writer: TimedWriter) -> float:
        """Correct the writer's course; call it when all frames taken from the ring are written.

        Returns:
            Seconds that the device left out, for which zeros were written just now.
        """
        window = self._ring.window
        if window is None or window[0] == self._window_end:
            return 0.0
        self._window_end, origin_s = window
        self._origins_s.append(origin_s)
        if len(self._origins_s) < _WINDOWS:
            return 0.0
        taken_s = self._ring.read_position / self._ring.rate_hz
        due_s = min(self._origins_s) - self._started_at_s + taken_s
        behind_s = due_s - writer.position_s
        if behind_s <= _GAP_S:
            writer.stretch(stretch_for(behind_s))
            return 0.0
        writer.append_loss(round(behind_s * self._ring.rate_hz))
        self._origins_s.clear()
        return behind_s


def stretch_for(behind_s: float) -> float:
    """The stretch that makes up for a stream that is `behind_s` shorter than time."""
    excess_s = max(0.0, abs(behind_s) - DEAD_ZONE_S)
    return float(np.copysign(min(_MAX_STRETCH, excess_s / _CATCH_UP_S), behind_s))
