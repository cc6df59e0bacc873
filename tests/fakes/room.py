"""Two voices and a loudspeaker in a room, made of noise, for tests of echo."""

from __future__ import annotations

import numpy as np

from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ


def make_voice(seconds: float, seed: int, *, level: float = 0.1) -> Float32Array:
    """Noise with the colour and the rhythm of speech: syllables, and pauses every few of them."""
    random = np.random.default_rng(seed)
    count = round(seconds * SESSION_RATE_HZ)
    syllable = SESSION_RATE_HZ // 5
    loudness = random.uniform(0.05, 1.0, count // syllable + 2)
    loudness[random.random(len(loudness)) < 0.2] = 0.0
    envelope = np.interp(np.arange(count), np.arange(len(loudness)) * syllable, loudness)
    noise = random.standard_normal(count + 8)
    coloured = np.convolve(noise, np.array([1.0, 0.9, 0.7, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01]))
    return (level * envelope * coloured[8 : count + 8] / 1.8).astype(np.float32)


def make_noise(seconds: float, seed: int, *, level: float = 3e-4) -> Float32Array:
    """What a microphone hears when nobody talks."""
    random = np.random.default_rng(seed)
    samples = random.standard_normal(round(seconds * SESSION_RATE_HZ)) * level
    return samples.astype(np.float32)


def echo_of(
    far: Float32Array, *, delay_s: float, level_db: float, seed: int = 9, distortion: float = 0.0
) -> Float32Array:
    """`far` as a microphone hears it from a loudspeaker: late, coloured by a room, distorted."""
    random = np.random.default_rng(seed)
    taps = round(0.1 * SESSION_RATE_HZ)
    response = random.standard_normal(taps) * np.exp(-np.arange(taps) / (0.02 * SESSION_RATE_HZ))
    response[0] = 3.0
    response *= 10 ** (level_db / 20) / np.linalg.norm(response)
    played = far + distortion * far * np.abs(far) / max(float(np.abs(far).max()), 1e-9)
    heard = np.convolve(played, response)[: len(far)]
    delay = round(delay_s * SESSION_RATE_HZ)
    moved = np.zeros(len(far))
    if delay >= 0:
        moved[delay:] = heard[: len(far) - delay]
    else:
        moved[:delay] = heard[-delay:]
    return moved.astype(np.float32)


def power_db(samples: Float32Array) -> float:
    """Mean power in dB of full scale."""
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-15))
