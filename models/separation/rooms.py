"""Simulated rooms: pairs of impulse responses from two places to one microphone.

    python models/separation/rooms.py --out FOLDER/rooms.npz --count 400 --seed 1

Needs pyroomacoustics (extra `train`). Early reflections come from its image sources; the tail
beyond them is noise that decays with the room's reverberation time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyroomacoustics

RATE = 16_000
LENGTH_S = 0.5
ORDER = 10


def room_pair(rng: np.random.Generator) -> np.ndarray:
    """Impulse responses float32 (2, n) of two talkers in one random room."""
    size = rng.uniform([3, 3, 2.4], [8, 6, 3.5])
    rt60 = rng.uniform(0.15, 0.6)
    try:
        absorption, _ = pyroomacoustics.inverse_sabine(rt60, size)
    except ValueError:  # too big for so short a reverberation
        absorption = 0.9
    room = pyroomacoustics.ShoeBox(
        size, fs=RATE, materials=pyroomacoustics.Material(absorption), max_order=ORDER
    )
    microphone = rng.uniform(0.3, 0.7, 3) * size
    microphone[2] = rng.uniform(0.7, 1.2)
    room.add_microphone(microphone)
    for _ in range(2):
        while True:
            talker = rng.uniform([0.4, 0.4, 1.0], size - [0.4, 0.4, 0.5])
            if np.linalg.norm(talker - microphone) > 0.5:
                break
        room.add_source(talker)
    room.compute_rir()
    pair = np.zeros((2, int(LENGTH_S * RATE)), np.float32)
    for row, response in zip(pair, room.rir[0], strict=True):
        response = response[40:]  # the simulator's own delay
        taken = min(len(row), len(response))
        row[:taken] = response[:taken]
        _add_tail(row, int(np.argmax(np.abs(row))), rt60, rng)
        row /= np.sqrt((row**2).sum())
    return pair


def _add_tail(row: np.ndarray, direct: int, rt60: float, rng: np.random.Generator) -> None:
    """Go on with decaying noise where the image sources of ORDER get sparse."""
    joint = direct + int(0.06 * RATE)
    window = row[joint - 320 : joint + 320]
    level = np.sqrt((window**2).mean())
    times = np.arange(len(row) - joint) / RATE
    tail = rng.standard_normal(len(times)) * level * 10 ** (-3 * times / rt60)
    fade = np.minimum(1, times / 0.02)
    row[joint:] = row[joint:] * (1 - fade) + tail * fade


def main() -> None:
    """Write the bank."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    pairs = np.stack([room_pair(rng) for _ in range(options.count)])
    np.savez(options.out, pairs=pairs)


if __name__ == "__main__":
    main()
