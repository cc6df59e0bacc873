"""Dynamic mixing: every training mixture is made once, from a seed and its number.

Two talkers (or one, or none) with changed speed and level, clean or in a simulated room, with a
little synthetic noise. Targets are what each talker alone would have sounded like at the
microphone, room included and noise excluded. Recorded noise is never used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import fftconvolve, lfilter, resample_poly

RATE = 16_000
SOLO_S = 30.0
"""What is learned of one talker alone, at most."""


KINDS: dict[str, dict[str, float]] = {
    "clean": {"partial": 0.0, "rooms": 0.0},
    "rooms": {"partial": 0.0, "rooms": 1.0},
    "partial": {"partial": 1.0, "rooms": 0.0},
    "single": {"single": 1.0, "rooms": 0.0, "partial": 0.0},
}
"""What is scored; without noise, at the speed of the recording, two talkers but in the last."""
TEST_SEED = 99


@dataclass(frozen=True)
class Recipe:
    """How mixtures are made; see configs/*.toml.

    Attributes:
        segment_s: Length of a mixture.
        single: Share of mixtures with one talker only.
        silent: Share with none.
        partial: Share of two-talker mixtures that overlap in part.
        rooms: Share of mixtures in a room.
        noisy: Share of mixtures with noise.
        speeds: Range of speed factors, in steps of 1/20.
        ratio_db: Largest level difference of the two.
        noise_db: Range of signal-to-noise ratios.
    """

    segment_s: float = 3.0
    single: float = 0.12
    silent: float = 0.02
    partial: float = 0.4
    rooms: float = 0.5
    noisy: float = 0.5
    speeds: tuple[float, float] = (0.85, 1.15)
    ratio_db: float = 7.0
    noise_db: tuple[float, float] = (12.0, 40.0)


def load_speech(
    folders: Sequence[Path], held_out: Sequence[str], *, only_held_out: bool = False
) -> dict[str, list[np.ndarray]]:
    """Read utterances int16 by speaker; the speaker is the file name up to its first dash."""
    speech: dict[str, list[np.ndarray]] = {}
    for folder in folders:
        files = sorted([*folder.rglob("*.flac"), *folder.rglob("*.wav")])
        if not files:
            raise SystemExit(f"{folder} holds no .flac or .wav files")
        for file in files:
            speaker = file.stem.split("-")[0]
            if (speaker in held_out) != only_held_out:
                continue
            audio, rate = soundfile.read(file, dtype="int16")
            if rate != RATE:
                raise SystemExit(f"{file} is not sampled at 16 kHz")
            speech.setdefault(speaker, []).append(audio)
    return speech


def read_rooms(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Rooms to train in and rooms to score in, of what rooms.py wrote: the last eighth."""
    rooms: np.ndarray = np.load(path)["pairs"]
    last = max(1, len(rooms) // 8)
    return rooms[:-last], rooms[-last:]


@dataclass(frozen=True)
class _Take:
    """A stretch of one talker, and what that talker says elsewhere.

    Attributes:
        audio: int16 (n,).
        step: Speed in steps of 1/20; 20 leaves it alone.
        response: Of the room from the talker's place; None for none.
    """

    audio: np.ndarray
    start: int
    length: int
    step: int
    response: np.ndarray | None = None
    is_noisy: bool = False

    def piece(self, samples: int) -> np.ndarray:
        """The stretch, float32 (samples,)."""
        piece = self._at_speed(self.audio[self.start : self.start + self.length])[:samples]
        return np.pad(piece, (0, samples - len(piece)))

    def rest(self, samples: int) -> np.ndarray:
        """Everything but the stretch, float32 (n,), n at most `samples`."""
        parts = (self.audio[: self.start], self.audio[self.start + self.length :])
        return self._at_speed(np.concatenate(parts))[:samples]

    def _at_speed(self, audio: np.ndarray) -> np.ndarray:
        heard = audio.astype(np.float32) / 32768
        return heard if self.step == 20 else resample_poly(heard, 20, self.step)


class Mixer:
    """Makes mixtures; the same seed and number give the same mixture."""

    def __init__(
        self,
        speech: dict[str, list[np.ndarray]],
        rooms: np.ndarray | None,
        recipe: Recipe,
        seed: int,
    ) -> None:
        """Keep the material.

        Args:
            speech: Utterances by speaker.
            rooms: float32 (rooms, 2, samples) from `rooms.py`, or None for clean mixtures only.
        """
        self._speech = speech
        self._speakers = sorted(speech)
        self._rooms = rooms
        self._recipe = recipe
        self._seed = seed
        self._samples = int(recipe.segment_s * RATE)

    def batch(self, number: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Mixtures float32 (size, samples) and their sources (size, 2, samples)."""
        made = [self.mixture(number * size + each) for each in range(size)]
        return np.stack([m for m, _ in made]), np.stack([s for _, s in made])

    def mixture(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """One mixture float32 (samples,) and its sources (2, samples)."""
        mixture, sources, _ = self._make(number)
        return mixture, sources

    def with_solos(self, number: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """The mixture of this number, its sources, and other speech of both talkers.

        Returns:
            As `mixture`; and float32 (n,) per talker, everything else there is of them, up to
            `SOLO_S`: as fast, from the same place, with noise of its own where the mixture has
            some. A talker of the pair who is silent in the mixture has one too.
        """
        mixture, sources, takes = self._make(number)
        rng = np.random.default_rng([self._seed, number, 1])
        solos = []
        for take in takes:
            solo = take.rest(int(SOLO_S * RATE))
            if take.response is not None:
                solo = fftconvolve(solo, take.response)[: len(solo)]
            if take.is_noisy:
                solo = solo + self._noise(solo, rng)
            solos.append(solo.astype(np.float32))
        return mixture, sources, solos

    def _make(self, number: int) -> tuple[np.ndarray, np.ndarray, list[_Take]]:
        recipe = self._recipe
        rng = np.random.default_rng([self._seed, number])
        kind = rng.random()
        talkers = 0 if kind < recipe.silent else 1 if kind < recipe.silent + recipe.single else 2
        sources = np.zeros((2, self._samples), np.float32)
        chosen = rng.choice(len(self._speakers), 2, replace=False)
        takes = [self._take(self._speakers[speaker], rng) for speaker in chosen[:talkers]]
        for row, take in zip(sources, takes, strict=False):
            row[:] = take.piece(self._samples)
        if talkers == 2 and rng.random() < recipe.partial:
            self._make_partial(sources, rng)
        responses: list[np.ndarray] = []
        if self._rooms is not None and rng.random() < recipe.rooms:
            pair = self._rooms[rng.integers(len(self._rooms))]
            for row, response in zip(sources, pair[rng.permutation(2)], strict=True):
                responses.append(response)
                if row.any():
                    row[:] = fftconvolve(row, response)[: len(row)]
        levels = [np.sqrt((row**2).sum() / max(1, (np.abs(row) > 1e-3).sum())) for row in sources]
        ratio = rng.uniform(-recipe.ratio_db, recipe.ratio_db)
        for row, level, half in zip(sources, levels, (ratio / 2, -ratio / 2), strict=True):
            if level > 0:
                row *= 0.05 / level * 10 ** (half / 20)
        mixture = sources.sum(axis=0)
        is_noisy = talkers == 0 or rng.random() < recipe.noisy
        if is_noisy:
            mixture = mixture + self._noise(mixture, rng)
        gain = 10 ** (rng.uniform(-15, 12) / 20)
        takes += [self._take(self._speakers[speaker], rng) for speaker in chosen[talkers:]]
        takes = [
            replace(take, is_noisy=is_noisy, response=responses[i] if responses else None)
            for i, take in enumerate(takes)
        ]
        return (mixture * gain).astype(np.float32), sources * np.float32(gain), takes

    def _take(self, speaker: str, rng: np.random.Generator) -> _Take:
        """A random stretch of a talker at a random speed."""
        low, high = self._recipe.speeds
        step = rng.integers(round(low * 20), round(high * 20) + 1)
        wanted = int(self._samples * step / 20) + 20
        utterances = self._speech[speaker]
        audio = utterances[rng.integers(len(utterances))]
        while len(audio) < wanted:
            audio = np.concatenate([audio, utterances[rng.integers(len(utterances))]])
        start = int(rng.integers(len(audio) - wanted + 1))
        return _Take(audio=audio, start=start, length=wanted, step=int(step))

    def _make_partial(self, sources: np.ndarray, rng: np.random.Generator) -> None:
        """Let one talker begin late or stop early, or both talkers do one of them each."""
        n = self._samples
        fade = np.linspace(0, 1, 160, dtype=np.float32)
        first, second = rng.permutation(2)
        begin = int(rng.uniform(0.1, 0.8) * n)
        sources[first, :begin] = 0
        sources[first, begin : begin + 160] *= fade[: n - begin]
        if rng.random() < 0.6:
            end = int(rng.uniform(0.4, 0.95) * n)
            which = second if rng.random() < 0.7 else first
            if which == second or end > begin + 0.15 * n:
                sources[which, end:] = 0
                sources[which, end - 160 : end] *= fade[::-1]

    def _noise(self, mixture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Coloured noise, sometimes with a hum, float32 (samples,)."""
        noise = rng.standard_normal(len(mixture))
        noise = lfilter([1.0], [1.0, -rng.uniform(0.0, 0.98)], noise)
        if rng.random() < 0.2:
            times = np.arange(len(mixture)) / RATE
            for harmonic in range(1, 6):
                strength = rng.uniform(0, 2) * noise.std()
                noise = noise + strength * np.sin(
                    2 * np.pi * rng.choice([50, 60]) * harmonic * times
                )
        level = np.sqrt((mixture**2).mean()) or 0.01
        wanted = level * 10 ** (-rng.uniform(*self._recipe.noise_db) / 20)
        return (noise / noise.std() * wanted).astype(np.float32)


def watching(
    speech: dict[str, list[np.ndarray]], rooms: np.ndarray, segment_s: float
) -> dict[str, Mixer]:
    """Mixers of each of `KINDS`, whose mixtures watch a training.

    Args:
        speech: Of talkers never trained on.
        rooms: Never trained in.
    """
    base = Recipe(
        segment_s=segment_s, single=0.0, silent=0.0, speeds=(1.0, 1.0), noisy=0.0, ratio_db=5.0
    )
    return {
        kind: Mixer(speech, rooms, replace(base, **extra), TEST_SEED)
        for kind, extra in KINDS.items()
    }
