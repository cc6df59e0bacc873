"""Simulated rooms: impulse responses from two places to one microphone.

Source: the image method (Allen and Berkley, 1979) with whole-sample delays, then noise that
decays with the room's reverberation time.
"""

from __future__ import annotations

import numpy as np

from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ

LENGTH_S = 0.4
ORDER = 6
SOUND_M_PER_S = 343.0
TAIL_AFTER_S = 0.04
"""Behind the direct sound, where image sources of `ORDER` become sparse."""


def room_pair(rng: np.random.Generator) -> Float32Array:
    """Impulse responses float32 (2, n) of unit energy in one random room of 0.15 to 0.6 s."""
    size = rng.uniform([3.0, 3.0, 2.4], [8.0, 6.0, 3.5])
    decay_s = rng.uniform(0.15, 0.6)
    surface = 2 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2])
    absorbed = min(0.95, 0.161 * size.prod() / (surface * decay_s))
    microphone = rng.uniform(0.3, 0.7, 3) * size
    pair = []
    for _ in range(2):
        talker = rng.uniform(0.1, 0.9, 3) * size
        pair.append(_response(size, microphone, talker, absorbed, decay_s, rng))
    return np.stack(pair)


def _response(
    size: np.ndarray,
    microphone: np.ndarray,
    talker: np.ndarray,
    absorbed: float,
    decay_s: float,
    rng: np.random.Generator,
) -> Float32Array:
    steps = np.arange(-ORDER, ORDER + 1)
    axes = []
    for width, to, start in zip(size, microphone, talker, strict=True):
        odd = steps % 2 == 1
        axes.append(steps * width + np.where(odd, width - start, start) - to)
    distance = np.sqrt(sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij")))
    bounces = sum(np.meshgrid(*[np.abs(steps)] * 3, indexing="ij"))
    gain = (1 - absorbed) ** (bounces / 2) / np.maximum(distance, 0.3)
    first = float(distance.min())
    delay = np.rint((distance - first) / SOUND_M_PER_S * SESSION_RATE_HZ).astype(int)
    response = np.zeros(int(LENGTH_S * SESSION_RATE_HZ))
    is_early = (delay < len(response)) & (bounces <= ORDER)
    np.add.at(response, delay[is_early], gain[is_early])
    joint = int(TAIL_AFTER_S * SESSION_RATE_HZ)
    level = float(np.sqrt((response[joint - 160 : joint + 160] ** 2).mean()))
    times = np.arange(len(response) - joint) / SESSION_RATE_HZ
    response[joint:] = rng.standard_normal(len(times)) * level * 10 ** (-3 * times / decay_s)
    unit: Float32Array = (response / np.sqrt((response**2).sum())).astype(np.float32)
    return unit
