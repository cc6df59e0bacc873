"""Diarization errors: who talks when, against a reference, without a collar, overlaps scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.bench.extras import require_extra
from app.bench.sets import ReferenceSet, read_turns

REFERENCE_FILE = "ref.rttm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A stretch in which one voice talks, in seconds; None is an honest "unknown"."""

    start_s: float
    end_s: float
    voice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnScore:
    """Seconds of error of one or several recordings; adding two adds recordings.

    Attributes:
        speech_s: Of the reference; two people at once count twice.
        miss_s, false_s, confusion_s: Not found, found without anybody talking, given to another.
        files, right_counts, near_counts: Recordings, those with as many voices as people, and
            those that are off by one at most.
    """

    speech_s: float = 0.0
    miss_s: float = 0.0
    false_s: float = 0.0
    confusion_s: float = 0.0
    files: int = 0
    right_counts: int = 0
    near_counts: int = 0

    def __add__(self, other: TurnScore) -> TurnScore:
        """That of both."""
        return TurnScore(
            speech_s=self.speech_s + other.speech_s,
            miss_s=self.miss_s + other.miss_s,
            false_s=self.false_s + other.false_s,
            confusion_s=self.confusion_s + other.confusion_s,
            files=self.files + other.files,
            right_counts=self.right_counts + other.right_counts,
            near_counts=self.near_counts + other.near_counts,
        )

    @property
    def der(self) -> float | None:
        """Percent; None without speech in the reference."""
        return self.percent(self.miss_s + self.false_s + self.confusion_s)

    def percent(self, seconds: float) -> float | None:
        """A share of the reference's speech."""
        return 100 * seconds / self.speech_s if self.speech_s else None


def score_turns(reference: Iterable[Talk], found: Iterable[Talk]) -> TurnScore:
    """Compare under the mapping of voices to people that has the most time in common.

    What is found of nobody known is confused where somebody talks: it is no voice of its own.
    """
    spoken, heard = list(reference), list(found)
    people = sorted({talk.voice for talk in spoken if talk.voice is not None})
    voices = sorted({talk.voice for talk in heard if talk.voice is not None})
    edges = np.unique([edge for t in (*spoken, *heard) for edge in (t.start_s, t.end_s)])
    lengths = np.diff(edges)
    truth = _activity(spoken, people, edges)
    guess = _activity(heard, voices, edges)
    mapping = _best_mapping((truth * lengths) @ guess.T)
    unknown = _activity([t for t in heard if t.voice is None], [None], edges)
    talking, written = truth.sum(axis=0), guess.sum(axis=0) + unknown.sum(axis=0)
    right = np.zeros(len(lengths))
    for person, voice in mapping:
        right += truth[person] * guess[voice]
    off = abs(len(people) - len(voices))
    return TurnScore(
        speech_s=float(talking @ lengths),
        miss_s=float(np.maximum(0, talking - written) @ lengths),
        false_s=float(np.maximum(0, written - talking) @ lengths),
        confusion_s=float((np.minimum(talking, written) - right) @ lengths),
        files=1,
        right_counts=int(off == 0),
        near_counts=int(off <= 1),
    )


def read_talks(reference: ReferenceSet) -> tuple[Talk, ...]:
    """Who talks when: `ref.rttm` (NIST's RTTM) or, without one, the reference with words."""
    path = reference.folder / REFERENCE_FILE
    if not path.exists():
        return tuple(
            Talk(start_s=turn.start_s, end_s=turn.end_s, voice=turn.speaker)
            for turn in read_turns(reference)
        )
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(
        Talk(start_s=float(row[3]), end_s=float(row[3]) + float(row[4]), voice=row[7])
        for row in rows
        if row and row[0] == "SPEAKER"
    )


def _activity(talks: Sequence[Talk], voices: Sequence[str | None], edges: np.ndarray) -> np.ndarray:
    """(voices, edges - 1), 1 where a voice talks between two edges."""
    active = np.zeros((len(voices), max(0, len(edges) - 1)))
    for talk in talks:
        if talk.voice not in voices:
            continue
        first, last = np.searchsorted(edges, [talk.start_s, talk.end_s])
        active[voices.index(talk.voice), first:last] = 1.0
    return active


def _best_mapping(common_s: np.ndarray) -> list[tuple[int, int]]:
    assign = require_extra("scipy.optimize").linear_sum_assignment
    people, voices = assign(common_s, maximize=True)
    return list(zip(people.tolist(), voices.tolist(), strict=True))
