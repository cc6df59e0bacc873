"""The stages between a device and the disk, each on its own and as fast as it goes: for benches."""

from __future__ import annotations

import numpy as np

from app.audio.drift import TimeKeeper
from app.audio.levels import Finding, SignalWatch
from app.audio.resample import SessionResampler, mix_down
from app.audio.ring import Ring
from app.audio.spool import to_float
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ

_BLOCK_S = 0.2
_LATE_S = 0.008
_LATEST_S = 0.04
"""How late blocks arrive: most by a few ms, none by more than this."""
_CLICK_EVERY_S = 30.0
_CLICK = 20_000
_HEARD = 0.3


def resampled(samples: Float32Array, rate_hz: int, block: int) -> Float32Array:
    """Bring samples (n,) to 16 kHz, `block` at a time; returns what the spool would hold."""
    resampler = SessionResampler(rate_hz)
    pieces = [resampler.push(samples[at : at + block]) for at in range(0, len(samples), block)]
    return to_float(np.concatenate((*pieces, resampler.finish())))


def told_clipping(frames: Float32Array) -> tuple[float, ...]:
    """The shares of clipped samples that a recording of frames (n, channels) would tell."""
    watch = SignalWatch(SESSION_RATE_HZ)
    signals = watch.push(mix_down(frames), np.abs(frames).max(axis=1))
    return tuple(signal.value for signal in signals if signal.finding is Finding.CLIPPING)


class _TimeLine:
    """What of `app.audio.timeline.StreamWriter` keeps time, without a disk."""

    def __init__(self) -> None:
        self.resampler = SessionResampler(SESSION_RATE_HZ)
        self.frame_count = 0

    @property
    def position_s(self) -> float:
        return self.frame_count / SESSION_RATE_HZ + self.resampler.surplus_s

    def stretch(self, share: float) -> None:
        self.resampler.stretch(share)

    def append_loss(self, frame_count: int) -> None:
        raise AssertionError(f"{frame_count} frames were taken for lost")


def stored_offsets(ppm: float, seconds: float, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Record a device whose clock is `ppm` fast, with a click every 30 s of real time.

    Returns:
        Moments of the clicks and how much later each is stored, both in seconds (m,).
    """
    random = np.random.default_rng(seed)
    rate_hz = SESSION_RATE_HZ * (1 + ppm * 1e-6)
    block = round(_BLOCK_S * SESSION_RATE_HZ)
    ring = Ring(capacity_frames=10 * SESSION_RATE_HZ, channels=1, rate_hz=SESSION_RATE_HZ)
    line, keeper = _TimeLine(), TimeKeeper(ring, 0.0)
    real_s, click_s, given = 0.0, _CLICK_EVERY_S, 0
    moments: list[float] = []
    heard: list[int] = []
    while real_s < seconds:
        frames = np.zeros((block, 1), dtype=np.int16)
        until_s = real_s + block / rate_hz
        while click_s < until_s:
            frames[int((click_s - real_s) * rate_hz)] = _CLICK
            moments.append(click_s)
            click_s += _CLICK_EVERY_S
        real_s = until_s
        ring.write(frames, real_s + random.exponential(_LATE_S) % _LATEST_S)
        taken, _lost = ring.read(block)
        line.frame_count += len(taken)
        stored = np.abs(to_float(line.resampler.push(to_float(taken[:, 0]))))
        if len(stored) and stored.max() > _HEARD:
            heard.append(given + int(np.argmax(stored)))
        given += len(stored)
        keeper.keep(line)
    count = min(len(moments), len(heard))
    at_s = np.asarray(moments[:count])
    return at_s, np.asarray(heard[:count]) / SESSION_RATE_HZ - at_s
