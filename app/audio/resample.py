"""Any rate and channel count to the session's 16 kHz mono, block by block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from app.audio.drift import Stretcher
from app.audio.ring import Int16Array
from app.audio.spool import to_int16
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ


def mix_down(frames: npt.NDArray[np.floating]) -> Float32Array:
    """The mean over the channels of frames (n, channels), as float32 (n,)."""
    if frames.shape[1] == 1:
        return np.asarray(frames[:, 0], dtype=np.float32)
    return np.asarray(frames.mean(axis=1), dtype=np.float32)


class SessionResampler:
    """Mono at one rate in, 16 kHz int16 out; the length of the whole is exact.

    After `finish`, n input samples have become round(n * 16000 / rate + surplus) output samples.
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._taken = 0
        self._given = 0
        self._stretcher = Stretcher()
        self._stream = (
            None
            if rate_hz == SESSION_RATE_HZ
            else soxr.ResampleStream(rate_hz, SESSION_RATE_HZ, 1, dtype="float32", quality="HQ")
        )

    @property
    def surplus_s(self) -> float:
        """How much longer the output is than the input because of stretching."""
        return self._stretcher.surplus / SESSION_RATE_HZ

    def stretch(self, share: float) -> None:
        """Give `1 + share` times as many samples from now on."""
        self._stretcher.stretch = share

    def push(self, mono: Float32Array) -> Int16Array:
        """Convert the next samples (n,); a few ms stay inside the filter."""
        self._taken += len(mono)
        resampled = mono if self._stream is None else self._stream.resample_chunk(mono)
        return self._count(to_int16(self._stretcher.push(resampled)))

    def finish(self) -> Int16Array:
        """The rest, cut or padded so that the whole has its exact length."""
        rest = np.zeros(0, dtype=np.float32)
        if self._stream is not None:
            rest = self._stretcher.push(self._stream.resample_chunk(rest, last=True))
        rest = np.concatenate((rest, self._stretcher.finish()))
        whole = self._taken * SESSION_RATE_HZ / self.rate_hz + self._stretcher.surplus
        missing = max(0, round(whole) - self._given)
        padded = np.zeros(missing, dtype=np.int16)
        padded[: len(rest)] = to_int16(rest[:missing])
        return self._count(padded)

    def _count(self, samples: Int16Array) -> Int16Array:
        self._given += len(samples)
        return samples
