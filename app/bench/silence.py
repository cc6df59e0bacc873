"""`bench silence`: sound without speech must give no words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from app.bench.noises import Noise
from app.bench.play import Setup, Take
from app.bench.targets import Target, all_kept, rounded
from app.domain.ids import SegmentId
from app.domain.units import SESSION_RATE_HZ, Span

MAX_GAIN_DB = 20.0
"""A tenth to ten times as loud: sounds come from near and far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a noise is in the recording."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceResult:
    """What was written about sound without words.

    Attributes:
        words: In the transcript at the end.
        shown_words: Most words that each segment ever showed, added up.
        by_noise: Words of the transcript per noise, those without left out.
    """

    setup: Setup
    audio_s: float
    words: int
    shown_words: int
    by_noise: dict[str, int]
    wall_s: float

    @property
    def targets(self) -> tuple[Target, ...]:
        """Not a word."""
        return (
            Target(name="words", unit="words", limit=0.0, value=float(self.words)),
            Target(name="words shown", unit="words", limit=0.0, value=float(self.shown_words)),
        )

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        result: dict[str, Any] = rounded(
            {
                "bench": "silence",
                "point": self.setup.point.value,
                "realtime": self.setup.is_realtime,
                "without": sorted(self.setup.without),
                "ok": all_kept(self.targets),
                "audio_s": self.audio_s,
                "wall_s": self.wall_s,
                "words": self.words,
                "shown_words": self.shown_words,
                "by_noise": self.by_noise,
                "targets": [target.record() for target in self.targets],
            }
        )
        return result


def write_noises(
    noises: Sequence[Noise], path: Path, *, seconds: float, seed: int = 0
) -> tuple[Placed, ...]:
    """Write noises one after the other, in a drawn order, again and again, with pauses between.

    The first time as they are, then each at a drawn level, `MAX_GAIN_DB` up or down.

    Returns:
        Where each of them is, in time.
    """
    random = np.random.default_rng(seed)
    pause = np.zeros(SESSION_RATE_HZ // 2, dtype=np.float32)
    placed: list[Placed] = []
    gains_db = np.zeros(len(noises))
    left = round(seconds * SESSION_RATE_HZ)
    at = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(path, "w", SESSION_RATE_HZ, 1, "PCM_16") as file:
        while at < left:
            for index in random.permutation(len(noises)):
                noise = noises[index]
                loud = np.clip(noise.samples * 10 ** (gains_db[index] / 20), -1.0, 1.0)
                samples = np.concatenate([loud, pause])[: left - at]
                if len(samples):
                    file.write(samples)
                    placed.append(Placed(name=noise.name, span=Span(at, at + len(samples))))
                    at += len(samples)
            gains_db = random.uniform(-MAX_GAIN_DB, MAX_GAIN_DB, len(noises))
    return tuple(placed)


def measure_silence(take: Take, setup: Setup, placed: Sequence[Placed]) -> SilenceResult:
    """Count the words of a run over noises."""
    by_noise: dict[str, int] = {}
    for segment in take.transcript.segments:
        for word in segment.words:
            name = _noise_at(placed, word.span.middle)
            by_noise[name] = by_noise.get(name, 0) + 1
    most: dict[SegmentId, int] = {}
    for change in take.shown:
        for update in change.updates:
            most[update.segment_id] = max(most.get(update.segment_id, 0), len(update.words))
    return SilenceResult(
        setup=setup,
        audio_s=take.transcript.meeting.duration_s,
        words=sum(by_noise.values()),
        shown_words=sum(most.values()),
        by_noise=by_noise,
        wall_s=take.tape.wall_s,
    )


def _noise_at(placed: Sequence[Placed], sample: int) -> str:
    return next((noise.name for noise in placed if noise.span.contains(sample)), "behind the end")
