"""Kaldi-compatible log mel filter-bank features in numpy, so that the live path needs no torch."""

from __future__ import annotations

from functools import cache

import numpy as np

from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ

BIN_COUNT = 80
FRAME_SAMPLES = 400
"""25 ms at 16 kHz."""
SHIFT_SAMPLES = 160
"""10 ms at 16 kHz."""
FFT_SIZE = 512
PREEMPHASIS = np.float32(0.97)
LOWEST_HZ = 20.0
ENERGY_FLOOR = np.float32(np.finfo(np.float32).eps)
"""All as in Kaldi's compute-fbank-feats defaults; dither is off."""


def log_mel(samples: Float32Array) -> Float32Array:
    """Compute 80 log mel energies every 10 ms, as Kaldi does without dither.

    Args:
        samples: float32 (n,) at 16 kHz in [-1, 1], n >= 400.

    Returns:
        float32 (1 + (n - 400) // 160, 80); equal to `torchaudio.compliance.kaldi.fbank` but for
        rounding.

    Raises:
        ValueError: Fewer samples than one frame.
    """
    if len(samples) < FRAME_SAMPLES:
        raise ValueError(f"{len(samples)} samples; one frame has {FRAME_SAMPLES}")
    windows = np.lib.stride_tricks.sliding_window_view(samples, FRAME_SAMPLES)[::SHIFT_SAMPLES]
    frames = windows - windows.mean(axis=1, keepdims=True, dtype=np.float32)
    emphasised = np.empty_like(frames)
    emphasised[:, 0] = frames[:, 0] * (1 - PREEMPHASIS)
    emphasised[:, 1:] = frames[:, 1:] - PREEMPHASIS * frames[:, :-1]
    emphasised *= _povey_window()
    spectrum = np.fft.rfft(emphasised, FFT_SIZE, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)
    features: Float32Array = np.log(np.maximum(power @ _mel_filters(), ENERGY_FLOOR))
    return features


@cache
def _povey_window() -> Float32Array:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME_SAMPLES) / (FRAME_SAMPLES - 1))
    return (hann**0.85).astype(np.float32)


@cache
def _mel_filters() -> Float32Array:
    """Triangular filters, float32 (257, 80); the Nyquist bin takes no part."""
    bin_hz = np.arange(FFT_SIZE // 2) * SESSION_RATE_HZ / FFT_SIZE
    low, high = _mel(LOWEST_HZ), _mel(SESSION_RATE_HZ / 2)
    edges = low + (high - low) / (BIN_COUNT + 1) * np.arange(BIN_COUNT + 2)
    mels = _mel(bin_hz)[:, np.newaxis]
    rising = (mels - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mels) / (edges[2:] - edges[1:-1])
    filters = np.zeros((FFT_SIZE // 2 + 1, BIN_COUNT), dtype=np.float32)
    filters[:-1] = np.maximum(0.0, np.minimum(rising, falling))
    return filters


def _mel(hertz: float | np.ndarray) -> np.ndarray:
    return np.asarray(1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0))
