"""A world in which every voice is a tone, so that diarization can be tested without models."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

RATE_HZ = 16_000
FRAME_STEP = 320
TONES_HZ = (300.0, 600.0, 1_200.0, 2_400.0, 4_800.0)
"""The voice of person i; octaves apart, all on the grid of a 20 ms Fourier transform."""
AUDIBLE = 0.02


def speech(duration_s, *talks):
    """Make a recording of tones.

    Args:
        duration_s: Its length.
        talks: (person, start_s, end_s) or (person, start_s, end_s, amplitude).

    Returns:
        Its samples, as a stored stream.
    """
    samples = np.zeros(round(duration_s * RATE_HZ), dtype=np.float32)
    time_s = np.arange(len(samples)) / RATE_HZ
    for person, start_s, end_s, *amplitude in talks:
        loudness = amplitude[0] if amplitude else 0.2
        inside = (time_s >= start_s) & (time_s < end_s)
        samples[inside] += loudness * np.sin(2 * np.pi * TONES_HZ[person] * time_s[inside])
    return ArraySamples(samples)


class ArraySamples:
    """Samples in memory behind the interface of a stored stream."""

    def __init__(self, samples):
        self.samples = samples

    def __len__(self):
        return len(self.samples)

    def read(self, start, end):
        return self.samples[max(start, 0) : max(end, 0)]


def loudness(samples):
    """The amplitude of each person in each frame, (frames, people)."""
    frames = samples[: len(samples) // FRAME_STEP * FRAME_STEP].reshape(-1, FRAME_STEP)
    time_s = np.arange(FRAME_STEP) / RATE_HZ
    waves = np.exp(-2j * np.pi * np.outer(time_s, TONES_HZ))
    return 2 * np.abs(frames @ waves) / FRAME_STEP


class ToneSegmentation:
    """Hears up to three tones a window, in the order in which they first appear."""

    MAX_LOCAL_SPEAKERS: ClassVar[int] = 3

    def activity(self, samples):
        is_heard = loudness(samples) > AUDIBLE
        people = [p for p in range(len(TONES_HZ)) if is_heard[:, p].any()]
        people.sort(key=lambda person: int(is_heard[:, person].argmax()))
        local = np.zeros((len(is_heard), self.MAX_LOCAL_SPEAKERS), dtype=np.float32)
        for column, person in enumerate(people[: self.MAX_LOCAL_SPEAKERS]):
            local[:, column] = is_heard[:, person]
        return local, FRAME_STEP

    def activity_batch(self, windows):
        return np.stack([self.activity(window)[0] for window in windows]), FRAME_STEP


class ToneEmbedding:
    """The share of each tone in the energy; mixtures lie between their voices."""

    DIMENSION: ClassVar[int] = len(TONES_HZ)
    MIN_SAMPLES: ClassVar[int] = 4_800

    def embed(self, samples):
        assert len(samples) >= self.MIN_SAMPLES
        energy = (loudness(samples) ** 2).sum(axis=0) + 1e-9
        return (energy / np.linalg.norm(energy)).astype(np.float32)


class AverageLinkage:
    """Groups by cosine distance 0.5; the largest groups stay when there may be no more."""

    def cluster(self, vectors, minimum, maximum):
        if len(vectors) == 1:
            return np.zeros(1, dtype=np.int64)
        tree = linkage(vectors, "average", metric="cosine")
        labels = fcluster(tree, 0.5, "distance")
        count = min(max(len(np.unique(labels)), minimum), maximum)
        return fcluster(tree, count, "maxclust").astype(np.int64) - 1
