"""Models that hear a script: the samples say which word is spoken, so that nothing is guessed.

Every sample of a spoken word holds the word's number (and, in an overlap, that of a second one
below it); silence is 0. Values survive 16-bit spools exactly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from app.domain.messages import Float32Array, ModelUse, Word
from app.domain.ports import (
    AsrModel,
    AsrRequest,
    AsrResult,
    ClusteringModel,
    EmbeddingModel,
    SegmentationModel,
    SeparationModel,
    VoiceActivityModel,
    VoiceRefiner,
)
from app.domain.session import ModelChoice
from app.domain.units import SESSION_RATE_HZ, Span
from tests.fakes.tone_voices import AverageLinkage

SCALE = 16_384
SECOND = 128
"""Factor of the word that is spoken below another; so a script has at most 127 words."""
FRAME_STEP = 270
WHOLE_WORD = 0.7
"""A recogniser gets a word right if it hears this share of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One word of a script, in seconds."""

    text: str
    start_s: float
    end_s: float
    speaker: int

    @property
    def span(self) -> Span:
        return Span.from_seconds(self.start_s, self.end_s)


class Script:
    """Who says what, and the audio of it."""

    def __init__(self, *said: Said) -> None:
        assert len(said) < SECOND
        self.said = said
        ends = [word.span.end for word in said]
        self.samples = np.zeros(max(ends, default=0) + SESSION_RATE_HZ, dtype=np.float32)
        for number, word in enumerate(said, start=1):
            part = self.samples[word.span.start : word.span.end]
            part += np.where(part == 0.0, number, number * SECOND) / np.float32(SCALE)

    @classmethod
    def of_turns(cls, *turns: tuple[int, float, str], word_s: float = 0.35) -> Script:
        """From (speaker, start in seconds, text); words follow each other without a pause."""
        said = []
        for speaker, start_s, text in turns:
            for i, word in enumerate(text.split()):
                start = start_s + i * word_s
                said.append(Said(word, start, start + word_s, speaker))
        return cls(*said)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.said)

    def numbers(self, samples: Float32Array) -> np.ndarray:
        """The number of the upper word at every sample; 0 in silence."""
        return np.rint(samples * SCALE).astype(int) % SECOND

    def speakers(self, sample: float) -> set[int]:
        """Who talks at one sample."""
        code = round(float(sample) * SCALE)
        return {self.said[n - 1].speaker for n in (code % SECOND, code // SECOND) if n}


@dataclass
class FakeVad:
    """Sure of itself, unless told otherwise; a hop that is mostly silence is silence."""

    HOP_SAMPLES: ClassVar[int] = 512
    speech_probability: float = 0.95

    def probability(self, hop: Float32Array) -> float:
        assert len(hop) == self.HOP_SAMPLES
        return self.speech_probability if np.count_nonzero(hop) * 2 > len(hop) else 0.05

    def reset(self) -> None:
        """Carries no state."""


@dataclass
class FakeSegmentation:
    """Numbers the speakers of a window by who comes last, so that numbers change all the time."""

    MAX_LOCAL_SPEAKERS: ClassVar[int] = 3
    script: Script

    def activity(self, samples: Float32Array) -> tuple[Float32Array, int]:
        frames = len(samples) // FRAME_STEP
        middles = samples[FRAME_STEP // 2 :: FRAME_STEP][:frames]
        present = [self.script.speakers(sample) for sample in middles]
        order: list[int] = []
        for speakers in reversed(present):
            order += sorted(speakers - set(order))
        activity = np.zeros((frames, self.MAX_LOCAL_SPEAKERS), dtype=np.float32)
        for frame, speakers in enumerate(present):
            for speaker in speakers:
                activity[frame, order.index(speaker)] = 1.0
        return activity, FRAME_STEP

    def activity_batch(self, windows: Float32Array) -> tuple[Float32Array, int]:
        return np.stack([self.activity(window)[0] for window in windows]), FRAME_STEP


@dataclass
class FakeEmbedding:
    """One axis per speaker."""

    DIMENSION: ClassVar[int] = 8
    MIN_SAMPLES: ClassVar[int] = 1_600
    script: Script

    def embed(self, samples: Float32Array) -> Float32Array:
        assert len(samples) >= self.MIN_SAMPLES
        vector = np.zeros(self.DIMENSION, dtype=np.float32)
        for number, count in zip(
            *np.unique(self.script.numbers(samples), return_counts=True), strict=True
        ):
            if number:
                vector[self.script.said[number - 1].speaker] += count
        return vector / np.float32(np.linalg.norm(vector))

    def embed_pieces(self, pieces: Sequence[Float32Array]) -> Float32Array:
        return self.embed(np.concatenate(list(pieces)))


@dataclass
class FakeAsr:
    """Hears whole words right and cut ones as "~"; never changes a prefix.

    A short decode with a beam has another reading: its first word may be "otherwise".

    Attributes:
        fails: Called before each decode with its number from 1 on; True makes it fail.
        word_probability: Of every word.
    """

    script: Script
    fails: Callable[[int], bool] = lambda number: False
    requests: list[AsrRequest] = field(default_factory=list)
    lengths_s: list[float] = field(default_factory=list)
    word_probability: float = 0.9

    def transcribe(self, samples: Float32Array, request: AsrRequest) -> AsrResult:
        self.requests.append(request)
        self.lengths_s.append(len(samples) / SESSION_RATE_HZ)
        if len(samples) > 30 * SESSION_RATE_HZ:
            raise ValueError("more than 30 s")
        if self.fails(len(self.requests)):
            raise RuntimeError("out of luck")
        numbers = self.script.numbers(samples)
        words = []
        for number in dict.fromkeys(numbers.tolist()):
            if number == 0:
                continue
            places = np.flatnonzero(numbers == number)
            span = Span(int(places[0]), int(places[-1]) + 1)
            if span.middle < request.prefix_samples:
                continue
            said = self.script.said[number - 1]
            is_whole = len(places) >= WHOLE_WORD * said.span.length
            text = said.text if is_whole else "~"
            words.append(Word(text=text, span=span, probability=self.word_probability))
        result = AsrResult(words=tuple(words), language=request.language or "en")
        if request.beam_size == 1 or request.wants_full_context or not words:
            return result
        texts = [request.prefix, "otherwise", *(word.text for word in words[1:])]
        other = " ".join(filter(None, texts))
        return replace(result, mean_log_probability=-0.5, alternatives=((other, -1.0),))


@dataclass
class FakeSeparation:
    """Gives each speaker's words as one source; the speaker who is heard first comes last."""

    script: Script
    lengths: list[int] = field(default_factory=list)

    def separate(self, samples: Float32Array) -> Float32Array:
        self.lengths.append(len(samples))
        codes = np.rint(samples * SCALE).astype(int)
        sources: dict[int, Float32Array] = {}
        for numbers in (codes % SECOND, codes // SECOND):
            for number in np.unique(numbers[numbers > 0]).tolist():
                speaker = self.script.said[number - 1].speaker
                source = sources.setdefault(speaker, np.zeros(len(samples), dtype=np.float32))
                source[numbers == number] = number / np.float32(SCALE)
        silence = np.zeros(len(samples), dtype=np.float32)
        return np.stack([*reversed(sources.values()), silence, silence][:2])


@dataclass
class FakeRefiner:
    """Makes the estimates louder, and keeps what it was given."""

    gain: float = 1.0
    heard: list[tuple[Float32Array, Float32Array]] = field(default_factory=list)

    def refine(self, mixture: Float32Array, estimates: Float32Array) -> Float32Array:
        self.heard.append((mixture, estimates))
        return np.float32(self.gain) * estimates


class FakeModels:
    """Stands in for `LoadedModels`.

    Attributes:
        has_loaded: Set once `load_choice` is through; `may_load` holds it back.
        speech_probability: What voice activity models give speech.
    """

    def __init__(
        self, script: Script, *, fails: Callable[[int], bool] = lambda number: False
    ) -> None:
        self.models_dir = Path("weights")
        self.speech_probability = 0.95
        self.script = script
        self.final = FakeAsr(script, fails)
        self.quick = FakeAsr(script)
        self.background = FakeAsr(script)
        self.apart = FakeSeparation(script)
        self.may_load = threading.Event()
        self.may_load.set()
        self.is_loading = threading.Event()

    def vad(self, backend_id: str) -> VoiceActivityModel:
        return FakeVad(self.speech_probability)

    def segmentation(self, backend_id: str, *, threads: int = 1) -> SegmentationModel:
        return FakeSegmentation(self.script)

    def embedding(self, backend_id: str, *, threads: int = 1) -> EmbeddingModel:
        return FakeEmbedding(self.script)

    def clustering(self) -> ClusteringModel:
        return AverageLinkage()

    def asr(self, backend_id: str, *, threads: int = 1) -> AsrModel:
        return self.quick if backend_id == ModelChoice().asr_partial else self.final

    def background_asr(self, backend_id: str) -> AsrModel:
        return self.background

    def separation(self, name: str, *, threads: int = 2) -> SeparationModel:
        return self.apart

    def refiner(self, name: str, *, threads: int = 2) -> VoiceRefiner:
        return FakeRefiner()

    def load_choice(self, choice: ModelChoice) -> tuple[ModelUse, ...]:
        self.is_loading.set()
        assert self.may_load.wait(10.0)
        return self.used()

    def used(self) -> tuple[ModelUse, ...]:
        return (ModelUse(model_id="fake", role="asr", version="1", sha256=""),)


def blocks_of(
    samples: Mapping[str, Float32Array], block_s: float
) -> list[tuple[str, int, Float32Array]]:
    """(stream, start, samples) in the order in which several streams arrive."""
    size = round(block_s * SESSION_RATE_HZ)
    longest = max(len(stream) for stream in samples.values())
    return [
        (stream, start, audio[start : start + size])
        for start in range(0, longest, size)
        for stream, audio in samples.items()
        if start < len(audio)
    ]
