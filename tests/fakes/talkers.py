"""Recordings of single voices that are easy to tell apart: each hums one note."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ


def hum(seconds: float, frequency_hz: float = 440.0) -> Float32Array:
    """A note at 16 kHz."""
    times = np.arange(int(seconds * SESSION_RATE_HZ)) / SESSION_RATE_HZ
    return (0.1 * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)


def write_recording(path: Path, samples: Float32Array, *, rate_hz: int = SESSION_RATE_HZ) -> Path:
    """Write a real sound file."""
    soundfile.write(path, samples, rate_hz)
    return path
