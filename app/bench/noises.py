"""Sound that is not speech: generated, or read from a folder; and mixtures of it with speech."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from app.domain.errors import KnownError
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ

SUFFIXES = frozenset({".flac", ".wav"})
LEVEL = 0.05
"""RMS of generated sound: -26 dBFS, as loud as speech in a meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """One sound without words; float32 (n,) at 16 kHz."""

    name: str
    samples: Float32Array


def read_mono(path: Path) -> Float32Array:
    """A mono file at 16 kHz as float32 (n,).

    Raises:
        KnownError: It is unreadable, or has another shape.
    """
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32")
    except soundfile.LibsndfileError as error:
        raise KnownError(f"{path} cannot be read: {error}.") from error
    if rate_hz != SESSION_RATE_HZ or samples.ndim != 1:
        raise KnownError(f"{path} is not mono at {SESSION_RATE_HZ} Hz, which benches read.")
    mono: Float32Array = samples
    return mono


def read_noises(folders: Sequence[Path]) -> tuple[Noise, ...]:
    """Every recording below `folders`, by name.

    Raises:
        KnownError: There is none, or one cannot be read.
    """
    paths = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES
    )
    if not paths:
        places = ", ".join(str(folder) for folder in folders)
        raise KnownError(f"There is no .flac or .wav file in {places}.")
    return tuple(Noise(name=path.stem, samples=read_mono(path)) for path in paths)


def generated_noises(*, seconds: float = 10.0, seed: int = 0) -> tuple[Noise, ...]:
    """White, pink and brown noise, hum, key clicks, beeps, chords, gusts and near silence."""
    random = np.random.default_rng(seed)
    t = np.arange(round(seconds * SESSION_RATE_HZ)) / SESSION_RATE_HZ
    makers: Mapping[str, Callable[[], np.ndarray]] = {
        "white": lambda: random.standard_normal(len(t)),
        "pink": lambda: _coloured(random, len(t), 0.5),
        "brown": lambda: _coloured(random, len(t), 1.0),
        "hum": lambda: sum((np.sin(2 * np.pi * 50 * k * t) / k for k in (1, 2, 3, 5)), 0 * t),
        "key-clicks": lambda: _clicks(random, len(t)),
        "beeps": lambda: np.sin(2 * np.pi * 880 * t) * (t % 1.0 < 0.2),
        "chords": lambda: _chords(t),
        "gusts": lambda: _coloured(random, len(t), 1.0) * (1 + np.sin(2 * np.pi * 0.7 * t)),
    }
    loud = tuple(Noise(name=name, samples=at_level(make(), LEVEL)) for name, make in makers.items())
    hiss = at_level(random.standard_normal(len(t)), LEVEL / 300)
    return (*loud, Noise(name="near-silence", samples=hiss))


def at_level(samples: np.ndarray, rms: float) -> Float32Array:
    """The same sound with another root mean square; peaks above full scale are cut."""
    old = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    scaled = samples * (rms / old) if old > 0 else samples
    return np.clip(scaled, -1.0, 1.0).astype(np.float32)


def noise_bed(noises: Sequence[Noise], length: int, *, seed: int = 0) -> Float32Array:
    """Noises one after the other in a drawn order, all equally loud: RMS 1 on the whole."""
    random = np.random.default_rng(seed)
    usable = [noise.samples for noise in noises if np.any(noise.samples)]
    if not usable:
        raise KnownError("All of these noises are silent.")
    pieces: list[np.ndarray] = []
    total = 0
    while total < length:
        for index in random.permutation(len(usable)):
            samples = usable[index].astype(np.float64)
            pieces.append(samples / np.sqrt(np.mean(samples**2)))
            total += len(samples)
    return np.concatenate(pieces)[:length].astype(np.float32)


def mix_at_snr(
    speech: Float32Array, noise: Float32Array, is_speech: np.ndarray, snr_db: float
) -> Float32Array:
    """Add noise to speech, `snr_db` below the mean power of the speech itself.

    Args:
        speech, noise: float32 (n,).
        is_speech: bool (n,), where somebody talks.

    Returns:
        float32 (n,), made quieter as a whole where it would exceed full scale.
    """
    talking = speech[is_speech] if is_speech.any() else speech
    power = float(np.mean(np.square(talking, dtype=np.float64)))
    noise_power = float(np.mean(np.square(noise, dtype=np.float64)))
    gain = np.sqrt(power / noise_power / 10 ** (snr_db / 10)) if noise_power > 0 else 0.0
    mixture = speech + gain * noise
    peak = float(np.max(np.abs(mixture), initial=0.0))
    return (mixture / max(1.0, peak)).astype(np.float32)


def _coloured(random: np.random.Generator, count: int, exponent: float) -> np.ndarray:
    """Noise whose amplitude falls with frequency to the power of `exponent`, from 20 Hz on."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    frequency = np.maximum(np.fft.rfftfreq(count, 1 / SESSION_RATE_HZ), 20.0)
    return np.fft.irfft(spectrum / frequency**exponent, count)


def _clicks(random: np.random.Generator, count: int) -> np.ndarray:
    """Six key strokes a second: 20 ms of decaying noise each."""
    length = SESSION_RATE_HZ // 50
    decay = np.exp(-np.arange(length) / (length / 5))
    result = np.zeros(count + length)
    for start in random.integers(0, count, max(1, round(6 * count / SESSION_RATE_HZ))):
        result[start : start + length] += random.standard_normal(length) * decay
    return result[:count]


def _chords(t: np.ndarray) -> np.ndarray:
    """Four chords of two seconds each, over and over, struck like a piano's."""
    roots_hz = np.array([220.0, 174.6, 261.6, 196.0])[(t / 2).astype(int) % 4]
    decay = np.exp(-(t % 2.0) * 1.5)
    tones = (
        np.sin(2 * np.pi * roots_hz * ratio * k * t) / k for ratio in (1, 1.25, 1.5) for k in (1, 2)
    )
    return sum(tones, 0 * t) * decay
