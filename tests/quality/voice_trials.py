"""Embeddings of clips of known voices, clean and damaged, for fitting and for measuring.

The folder given holds `speech/SPEAKER/*.flac`, `voices_many/SPEAKER-*.flac`,
`voices/SPEAKER-*.flac` (one utterance per speaker), `rir/` and `noise/`. No speaker is in two
parts:

* cohort: 3 of 4 speakers of `voices`, shipped;
* fit: every other speaker of `speech`, and half of what is left of `voices` as strangers;
* test: all other speakers; only here are recorded noises used.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from app.backends.embedding import campplus
from app.backends.vad import silero
from app.domain.ids import StreamId
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ
from app.domain.voice_quality import estimate_snr_db
from app.pipeline.framing import Hops
from app.pipeline.vad_gate import VadGate

DURATIONS_S = (1, 2, 3, 5, 10)
ENROLL_S = (5, 10, 20, 30)
ENROLL_FILES = 3
SEED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One embedded clip.

    Attributes:
        part: cohort, fit or test.
        is_enrollment: Taken from other files of the speaker than the clips that are recognised.
        condition: clean, noise, room, phone or recorded-noise.
    """

    speaker: str
    part: str
    is_enrollment: bool
    seconds: float
    condition: str
    snr_db: float
    vector: Float32Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The files of one speaker and what they are for."""

    speaker: str
    part: str
    files: tuple[Path, ...]
    is_stranger: bool


def voices(root: Path) -> tuple[Voice, ...]:
    """All speakers of a data folder with the part each belongs to."""
    found = []
    for index, folder in enumerate(sorted((root / "speech").iterdir())):
        files = tuple(sorted(folder.glob("*.flac")))
        part = "fit" if index % 2 == 0 else "test"
        found.append(Voice(speaker=folder.name, part=part, files=files, is_stranger=False))
    for speaker, files_of in _by_speaker(root / "voices_many"):
        found.append(Voice(speaker=speaker, part="test", files=files_of, is_stranger=False))
    for index, (speaker, files_of) in enumerate(_by_speaker(root / "voices")):
        part = "cohort" if index % 4 != 3 else ("fit" if index % 8 == 3 else "test")
        found.append(Voice(speaker=speaker, part=part, files=files_of, is_stranger=True))
    return tuple(found)


class Embedder:
    """Speech of files, cut, damaged and embedded by the models that ship."""

    def __init__(self, models_dir: Path, root: Path) -> None:
        self._vad = silero.load(models_dir)
        self._model = campplus.load(models_dir)
        self._random = np.random.default_rng(SEED)
        self._rooms = [_read(path) for path in sorted((root / "rir").glob("*.flac"))]
        self._noises = [_read(path) for path in sorted((root / "noise").glob("*.flac"))]

    def cohort(self, voice: Voice) -> Clip:
        """All speech of a cohort voice."""
        return self._clip(voice, self._speech(voice.files[0]), "clean", is_enrollment=False)

    def clips(self, voice: Voice) -> Iterator[Clip]:
        """Clips to enroll with, and clips to recognise of each duration, clean and damaged."""
        files = list(voice.files)
        if not voice.is_stranger:
            count = ENROLL_FILES if len(files) > 8 else 2
            enroll = np.concatenate([self._speech(path) for path in files[:count]])
            for seconds in ENROLL_S:
                if len(enroll) >= seconds * SESSION_RATE_HZ:
                    piece = enroll[: seconds * SESSION_RATE_HZ]
                    yield self._clip(voice, piece, "clean", is_enrollment=True)
            files = files[count:]
        conditions = ["noise", "room", "phone"]
        if voice.part == "test":
            conditions.append("recorded-noise")
        cycle = itertools.cycle(conditions)
        for path in files:
            speech = self._speech(path)
            for seconds in DURATIONS_S:
                length = seconds * SESSION_RATE_HZ
                starts = range(0, len(speech) - length + 1, max(length, 4 * SESSION_RATE_HZ))
                for start in list(starts)[:2]:
                    piece = speech[start : start + length]
                    yield self._clip(voice, piece, "clean", is_enrollment=False)
                    condition = next(cycle)
                    damaged = self._damage(piece, condition)
                    yield self._clip(voice, damaged, condition, is_enrollment=False)

    def _clip(
        self, voice: Voice, samples: Float32Array, condition: str, *, is_enrollment: bool
    ) -> Clip:
        return Clip(
            speaker=voice.speaker,
            part=voice.part,
            is_enrollment=is_enrollment,
            seconds=len(samples) / SESSION_RATE_HZ,
            condition=condition,
            snr_db=estimate_snr_db(samples) or 0.0,
            vector=self._model.embed(samples),
        )

    def _speech(self, path: Path) -> Float32Array:
        samples = _read(path)
        self._vad.reset()
        gate = VadGate(StreamId.MIX, self._vad.HOP_SAMPLES)
        spans = []
        for _, hop in Hops(self._vad.HOP_SAMPLES).push(samples):
            if (closed := gate.push(self._vad.probability(hop))) is not None:
                spans.append(closed.span)
        if (last := gate.flush()) is not None:
            spans.append(last.span)
        return np.concatenate([samples[s.start : s.end] for s in spans] or [samples])

    def _damage(self, speech: Float32Array, condition: str) -> Float32Array:
        if condition == "noise":
            return _mix(speech, self._pink(len(speech)), self._random.uniform(3, 20))
        if condition == "recorded-noise":
            noise = self._noises[self._random.integers(len(self._noises))]
            return _mix(speech, np.resize(noise, len(speech)), self._random.uniform(5, 20))
        if condition == "room":
            room = self._rooms[self._random.integers(len(self._rooms))]
            wet = _convolve(speech, room)[: len(speech)]
            return (wet / max(1e-9, np.abs(wet).max()) * 0.5).astype(np.float32)
        spectrum = np.fft.rfft(speech)
        hertz = np.fft.rfftfreq(len(speech), 1 / SESSION_RATE_HZ)
        spectrum[(hertz < 300) | (hertz > 3400)] = 0
        return np.fft.irfft(spectrum, len(speech)).astype(np.float32)

    def _pink(self, length: int) -> Float32Array:
        spectrum = np.fft.rfft(self._random.standard_normal(length))
        spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
        return np.fft.irfft(spectrum, length).astype(np.float32)


def embed_all(root: Path, models_dir: Path, cache: Path) -> tuple[Clip, ...]:
    """Embed every clip; what a former run left in the file `cache` is taken from there."""
    if not cache.exists():
        embedder = Embedder(models_dir, root)
        clips: list[Clip] = []
        for voice in voices(root):
            if voice.part == "cohort":
                clips.append(embedder.cohort(voice))
            else:
                clips.extend(embedder.clips(voice))
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            cache,
            speaker=[c.speaker for c in clips],
            part=[c.part for c in clips],
            is_enrollment=[c.is_enrollment for c in clips],
            seconds=[c.seconds for c in clips],
            condition=[c.condition for c in clips],
            snr_db=[c.snr_db for c in clips],
            vector=np.stack([c.vector for c in clips]),
        )
    with np.load(cache) as stored:
        columns = {name: stored[name] for name in stored.files}
    return tuple(
        Clip(
            speaker=str(columns["speaker"][i]),
            part=str(columns["part"][i]),
            is_enrollment=bool(columns["is_enrollment"][i]),
            seconds=float(columns["seconds"][i]),
            condition=str(columns["condition"][i]),
            snr_db=float(columns["snr_db"][i]),
            vector=columns["vector"][i],
        )
        for i in range(len(columns["speaker"]))
    )


def _by_speaker(folder: Path) -> list[tuple[str, tuple[Path, ...]]]:
    files = sorted(folder.glob("*.flac"))
    grouped = itertools.groupby(files, key=lambda path: path.name.split("-")[0])
    return [(speaker, tuple(paths)) for speaker, paths in grouped]


def _read(path: Path) -> Float32Array:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate != SESSION_RATE_HZ:
        import soxr

        mono = soxr.resample(mono, rate, SESSION_RATE_HZ)
    return np.asarray(mono, dtype=np.float32)


def _mix(speech: Float32Array, noise: Float32Array, snr_db: float) -> Float32Array:
    power, noise_power = float(np.mean(speech**2)), float(np.mean(noise**2))
    gain = np.sqrt(power / max(noise_power, 1e-12) / 10 ** (snr_db / 10))
    mixed = speech + gain * noise
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def _convolve(samples: Float32Array, response: Float32Array) -> Float32Array:
    length = len(samples) + len(response)
    product = np.fft.rfft(samples, length) * np.fft.rfft(response, length)
    return np.fft.irfft(product, length).astype(np.float32)
