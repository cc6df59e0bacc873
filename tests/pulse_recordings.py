"""Recordings of a private PulseAudio server and what tests ask of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from app.audio.linux import LinuxCaptureBackend
from app.domain.ids import StreamId
from tests.sound_server import LEAD_IN_S, RATE_HZ

BOTH = {StreamId.MIC: "default", StreamId.SYSTEM: "default"}
LEAD_IN = round(LEAD_IN_S * RATE_HZ)


def make_noise(path: Path, seconds: float, channels: int, seed: int) -> np.ndarray:
    """Write white noise at -20 dBFS RMS after a silent lead-in; returns int16 (n, channels)."""
    shape = (round(seconds * RATE_HZ), channels)
    noise = np.random.default_rng(seed).normal(0, 3276.8, shape)
    noise[:LEAD_IN] = 0
    samples = np.clip(np.rint(noise), -32_768, 32_767).astype(np.int16)
    soundfile.write(path, samples, RATE_HZ)
    return samples


started: list = []


def start(folder: Path, devices=BOTH, notices: list | None = None):
    """Start a recording and wait until every stream has samples."""
    notices = [] if notices is None else notices
    capture = LinuxCaptureBackend().start(devices, folder, notices.append)
    started.append(capture)
    for source in capture.sources().values():
        assert source.read(0, 1, timeout_s=5.0) is not None
    return capture


def record_for(capture, seconds: float) -> None:
    """Wait until every stream is `seconds` longer than now."""
    sources = capture.sources().values()
    ends = [source.sample_count + round(seconds * 16_000) for source in sources]
    for source, wanted in zip(sources, ends, strict=True):
        assert len(source.read(wanted, 1, timeout_s=seconds + 15))


def stored(info) -> np.ndarray:
    """All archive segments of a stream, int16 (n, channels)."""
    parts = [soundfile.read(p, dtype="int16", always_2d=True)[0] for p in info.original_paths]
    return np.concatenate(parts)


def find(recorded: np.ndarray, played: np.ndarray) -> int:
    """Where the first second of sound in `played` begins in `recorded`, by cross-correlation."""
    key = played[LEAD_IN : LEAD_IN + RATE_HZ // 2].astype(float)
    size = 1 << (len(recorded) + len(key)).bit_length()
    product = np.fft.rfft(recorded.astype(float), size) * np.conj(np.fft.rfft(key, size))
    return int(np.argmax(np.fft.irfft(product, size))) - LEAD_IN


def assert_holds(info, played: np.ndarray) -> None:
    """Check that a stream's archive holds every sample of `played`, once, in order."""
    recorded = stored(info)
    at = find(recorded[:, 0], played[:, 0])
    np.testing.assert_array_equal(recorded[at : at + len(played)], played)


def stop_started() -> None:
    """Stop what a failed test left running, so that it fails alone."""
    while started:
        started.pop().stop()
