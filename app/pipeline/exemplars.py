"""Two voices apart by what each of them sounds like where it talks alone in the same meeting.

Spectra of a person's own speech are the parts out of which their share of a mixture is built:
supervised non-negative matrix factorisation with exemplars (Raj, Virtanen and others, 2010;
Kullback-Leibler divergence, multiplicative updates). Nothing is trained beforehand, so the voice,
the room and the microphone are those of the meeting. The constants are chosen on simulated
meetings; docs/measurements.md, "Voices apart".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import istft, stft

from app.domain.messages import Float32Array
from app.domain.ports import VoiceRefiner
from app.domain.units import SESSION_RATE_HZ

WINDOW = 1024
COMPRESSION = 0.7
"""Exponent of magnitudes: loud partials say less, soft ones more."""
LEARN_S = 60.0
"""Speech of one person beyond this adds nothing."""
MIN_LEARN_S = 4.0
QUIET_SHARE = 0.1
"""Frames below this part of the usual level are pauses."""
SEED = 1
TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much work goes into one separation.

    Attributes:
        exemplars: Spectra per voice; more are drawn from.
        rounds: Multiplicative updates.
        hop: Samples from frame to frame.
    """

    exemplars: int
    rounds: int
    hop: int


THOROUGH = Effort(exemplars=600, rounds=40, hop=256)
QUICK = Effort(exemplars=300, rounds=20, hop=512)
"""A sixth of the cost for half a decibel: a network works on from there."""


def learn(alone: Float32Array, effort: Effort = THOROUGH) -> Float32Array | None:
    """What a voice sounds like.

    Args:
        alone: float32 (n,), speech of this person only; pauses and cuts do no harm.

    Returns:
        float32 (bins, exemplars), each of sum 1; None for less than `MIN_LEARN_S`.
    """
    if len(alone) < MIN_LEARN_S * SESSION_RATE_HZ:
        return None
    magnitudes = _compressed(_spectrum(alone, effort.hop))
    level = magnitudes.sum(axis=0)
    usual = np.median(level[level >= np.median(level)])
    spoken = magnitudes[:, level > QUIET_SHARE * usual]
    if spoken.shape[1] == 0 or usual <= 0:
        return None
    order = np.random.default_rng(SEED).permutation(spoken.shape[1])[: effort.exemplars]
    drawn = spoken[:, order]
    voice: Float32Array = drawn / (drawn.sum(axis=0) + TINY)
    return voice


def separate(
    mixture: Float32Array, voices: Sequence[Float32Array], effort: Effort = THOROUGH
) -> Float32Array:
    """Split a mixture into the shares of its voices.

    Args:
        mixture: float32 (n,).
        voices: From `learn` with the same effort, one per person.

    Returns:
        float32 (voices, n), in their order; together they are the mixture.
    """
    spectrum = _spectrum(mixture, effort.hop)
    heard = _compressed(spectrum)
    parts = np.concatenate(voices, axis=1)
    use = np.full((parts.shape[1], heard.shape[1]), heard.mean() + TINY, dtype=np.float32)
    norm = parts.sum(axis=0)[:, None] + TINY
    for _ in range(effort.rounds):
        use *= (parts.T @ (heard / (parts @ use + TINY))) / norm
    powers = []
    first = 0
    for voice in voices:
        share = voice @ use[first : first + voice.shape[1]]
        powers.append(share ** (2 / COMPRESSION))
        first += voice.shape[1]
    total = np.sum(powers, axis=0) + TINY**2
    sources = [_samples(spectrum * (power / total), len(mixture), effort.hop) for power in powers]
    return np.stack(sources)


def take_apart(
    mixture: Float32Array, voices: Sequence[Float32Array], refiner: VoiceRefiner | None
) -> Float32Array:
    """The shares of the voices, and of two voices what a refiner makes of them.

    Args:
        mixture: float32 (n,).
        voices: From `learn`, one per person.

    Returns:
        float32 (voices, n), in their order.
    """
    sources = separate(mixture, voices)
    if refiner is None or len(voices) != 2:
        return sources
    return refiner.refine(mixture, sources)


def _compressed(spectrum: np.ndarray) -> Float32Array:
    compressed: Float32Array = (np.abs(spectrum) ** COMPRESSION).astype(np.float32)
    return compressed


def _spectrum(samples: Float32Array, hop: int) -> np.ndarray:
    spectrum: np.ndarray
    padded = samples if len(samples) >= WINDOW else np.pad(samples, (0, WINDOW - len(samples)))
    _, _, spectrum = stft(padded, nperseg=WINDOW, noverlap=WINDOW - hop)
    return spectrum


def _samples(spectrum: np.ndarray, length: int, hop: int) -> Float32Array:
    _, samples = istft(spectrum, nperseg=WINDOW, noverlap=WINDOW - hop)
    fitted = np.zeros(length, dtype=np.float32)
    common = min(length, len(samples))
    fitted[:common] = samples[:common]
    return fitted
