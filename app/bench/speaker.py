"""`bench speaker`: how surely enrolled voices are told from each other and from strangers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from app.bench.detection import calibration_error, equal_error_rate, minimum_cost
from app.bench.targets import Target, all_kept, rounded
from app.domain.errors import KnownError
from app.domain.recognition import (
    CERTAIN,
    PROBABLE,
    Calibration,
    VoiceSample,
    posteriors,
)
from app.domain.session import ClipEmbedding
from app.lib.clock import Clock

SUFFIXES = frozenset({".flac", ".wav", ".mp3", ".m4a", ".ogg", ".opus"})
ENROLL_FILES = 3
STRANGER_EVERY = 4
"""Every fourth speaker is not enrolled."""
LONG_S = 3.0
MAX_EER = 2.0
MAX_ECE = 0.05
MAX_STRANGERS_NAMED = 1.0
MAX_IDENTIFY_S = 0.1
MAX_ENROLL_S = 0.5

Listen = Callable[[Path, Sequence[float | None]], tuple[ClipEmbedding, ...]]
"""Embeds the first so many seconds of speech of a file, per length; None is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The recordings of one speaker."""

    name: str
    files: tuple[Path, ...]


@dataclass(slots=True)
class Trials:
    """What was decided about clips of one length.

    Attributes:
        odds, is_target: Per clip and enrolled person.
        cosines: The same comparisons without calibration and score normalisation.
        chances, is_right: Per clip, of the best person.
        strangers: Per clip of a stranger, the chance of the best person.
    """

    odds: list[float] = field(default_factory=list)
    is_target: list[bool] = field(default_factory=list)
    cosines: list[float] = field(default_factory=list)
    chances: list[float] = field(default_factory=list)
    is_right: list[bool] = field(default_factory=list)
    strangers: list[float] = field(default_factory=list)

    def add(
        self, voice: str, odds: dict[str, float], cosines: dict[str, float] | None = None
    ) -> None:
        """Count one clip."""
        people = list(odds)
        self.cosines += [(cosines or odds)[person] for person in people]
        shares = posteriors([odds[person] for person in people])
        best = int(np.argmax(shares))
        self.odds += odds.values()
        self.is_target += [person == voice for person in people]
        self.chances.append(shares[best])
        self.is_right.append(people[best] == voice)
        if voice not in odds:
            self.strangers.append(shares[best])

    def __add__(self, other: Trials) -> Trials:
        """Those of both."""
        return Trials(
            self.odds + other.odds,
            self.is_target + other.is_target,
            self.cosines + other.cosines,
            self.chances + other.chances,
            self.is_right + other.is_right,
            self.strangers + other.strangers,
        )

    def record(self) -> dict[str, Any]:
        """JSON-ready; error rates in %."""
        known = len(self.chances) - len(self.strangers)
        named = [
            right and c >= PROBABLE for right, c in zip(self.is_right, self.chances, strict=True)
        ]
        verified = [1 / (1 + math.exp(-max(-40.0, min(40.0, odds)))) for odds in self.odds]
        record: dict[str, Any] = rounded(
            {
                "trials": len(self.odds),
                "eer": _percent(equal_error_rate(self.odds, self.is_target)),
                "min_dcf": minimum_cost(self.odds, self.is_target),
                "eer_without_normalisation": _percent(
                    equal_error_rate(self.cosines, self.is_target)
                ),
                "min_dcf_without_normalisation": minimum_cost(self.cosines, self.is_target),
                "ece": calibration_error(verified, self.is_target, is_balanced=True),
                "known_named": _percent(sum(named) / known) if known else None,
                "strangers": len(self.strangers),
                "strangers_named": self.strangers_named(PROBABLE),
                "strangers_certain": self.strangers_named(CERTAIN),
            }
        )
        return record

    def strangers_named(self, threshold: float) -> float | None:
        """Clips of strangers that got a name, in %."""
        if not self.strangers:
            return None
        return 100 * sum(chance >= threshold for chance in self.strangers) / len(self.strangers)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerResult:
    """The bench's outcome.

    Attributes:
        by_length: Per length in seconds, what was decided with AS-norm.
        identify_s, enroll_s: From the recording at hand to the answer, once models are loaded.
    """

    people: int
    strangers: int
    by_length: dict[float, Trials]
    identify_s: tuple[float, ...]
    enroll_s: tuple[float, ...]

    @property
    def targets(self) -> tuple[Target, ...]:
        """The promises; times are medians."""
        long = sum((t for s, t in self.by_length.items() if s >= LONG_S), Trials()).record()
        every = sum(self.by_length.values(), Trials()).record()
        rows = (
            ("EER from 3 s on", "%", MAX_EER, long["eer"]),
            ("calibration error", "", MAX_ECE, every["ece"]),
            ("strangers named", "%", MAX_STRANGERS_NAMED, every["strangers_named"]),
            ("identify", "s", MAX_IDENTIFY_S, _median(self.identify_s)),
            ("enroll", "s", MAX_ENROLL_S, _median(self.enroll_s)),
        )
        return tuple(Target(name=n, unit=u, limit=m, value=v) for n, u, m, v in rows)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "bench": "speaker",
            "ok": all_kept(self.targets),
            "people": self.people,
            "strangers": self.strangers,
            "durations": {f"{s:g}": trials.record() for s, trials in self.by_length.items()},
            "targets": [target.record() for target in self.targets],
        }


def find_voices(folders: Sequence[Path]) -> tuple[Voice, ...]:
    """One voice per folder that holds two recordings at least, by name.

    Recordings that lie beside each other belong to the voice that their names begin with, up to
    the first hyphen (LibriSpeech's "speaker-chapter-number").

    Raises:
        KnownError: Fewer than four, so that nobody would be a stranger.
    """
    found = []
    for root in folders:
        loose: dict[str, list[Path]] = {}
        for file in _recordings(root):
            loose.setdefault(file.name.partition("-")[0], []).append(file)
        groups = {name: tuple(files) for name, files in loose.items()}
        for folder in sorted(path for path in root.iterdir() if path.is_dir()):
            groups[folder.name] = _recordings(folder)
        found += [
            Voice(name=name, files=files)
            for name, files in sorted(groups.items())
            if len(files) >= 2
        ]
    if len(found) < STRANGER_EVERY:
        raise KnownError(
            f"{len(found)} folders hold two recordings of a voice, and {STRANGER_EVERY} are "
            "needed. Give a folder with one folder per speaker."
        )
    return tuple(found)


def run_speaker(
    voices: Sequence[Voice],
    durations_s: Sequence[float],
    listen: Listen,
    calibration_of: Callable[[str], Calibration],
    clock: Clock,
    on_progress: Callable[[float], None],
) -> SpeakerResult:
    """Enroll three of four voices with their first recordings, and recognise all others.

    Raises:
        KnownError: Weights are missing, or a recording is unreadable.
    """
    people: dict[str, VoiceSample] = {}
    identify_s: list[float] = []
    enroll_s: list[float] = []
    by_length = {length_s: Trials() for length_s in sorted(durations_s)}
    heard: list[tuple[Voice, tuple[Path, ...]]] = []
    for number, voice in enumerate(voices):
        if number % STRANGER_EVERY == STRANGER_EVERY - 1:
            heard.append((voice, voice.files))
            continue
        count = min(ENROLL_FILES, len(voice.files) - 1)
        heard.append((voice, voice.files[count:]))
        started_s = clock.monotonic()
        prints = [e for file in voice.files[:count] for e in listen(file, [None])]
        enroll_s.append((clock.monotonic() - started_s) / count)
        if prints:
            people[voice.name] = _sample(prints)
    total = max(1, sum(len(files) for _, files in heard))
    done = 0
    for voice, files in heard:
        for file in files:
            started_s = clock.monotonic()
            embeddings = listen(file, list(by_length))
            for embedding, trials in zip(embeddings, by_length.values(), strict=False):
                calibration = calibration_of(embedding.model_id)
                sample = _sample([embedding])
                odds = {name: calibration.log_odds(sample, p) for name, p in people.items()}
                cosines = {
                    name: float(np.dot(sample.vector, p.vector)) for name, p in people.items()
                }
                trials.add(voice.name, odds, cosines)
            identify_s.append((clock.monotonic() - started_s) / max(1, len(embeddings)))
            done += 1
            on_progress(done / total)
    return SpeakerResult(
        people=len(people),
        strangers=len(voices) - len(people),
        by_length=by_length,
        identify_s=tuple(identify_s),
        enroll_s=tuple(enroll_s),
    )


def _recordings(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES))


def _sample(embeddings: Sequence[ClipEmbedding]) -> VoiceSample:
    vectors = np.array([e.vector for e in embeddings], dtype=np.float32)
    mean = np.average(vectors, axis=0, weights=[e.speech_s for e in embeddings])
    vector = (mean / np.linalg.norm(mean)).astype(np.float32)
    return VoiceSample(vector=vector, speech_s=sum(e.speech_s for e in embeddings))


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None
