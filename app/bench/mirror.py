"""`crosstalk mirror`: the same recordings through two configurations, and what differs."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from app.bench.configuration import setup_record
from app.bench.figures import Distribution, distribution
from app.bench.latency import measure_delays
from app.bench.play import Setup, Take
from app.bench.sets import stream_files
from app.bench.targets import rounded
from app.domain.errors import KnownError
from app.domain.ids import StreamId, TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.messages import Word

MAX_EXAMPLES = 10

Player = Callable[[Mapping[StreamId, Path], Setup], Take]
"""Runs one recording through the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordDifferences:
    """How two transcripts of one recording differ; counts of several recordings add up.

    Attributes:
        same: Words that stand in both, as written.
        replaced, inserted, deleted: Words that do not, from the first to the second.
        retimed, rescored: Of the same words, those with other times, or another probability.
        respoken: Of the same words, those of another voice, under the best mapping of voices.
    """

    same: int = 0
    replaced: int = 0
    inserted: int = 0
    deleted: int = 0
    retimed: int = 0
    rescored: int = 0
    respoken: int = 0

    def __add__(self, other: WordDifferences) -> WordDifferences:
        """Those of both."""
        return WordDifferences(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    @property
    def is_identical(self) -> bool:
        """Whether nothing differs."""
        return self == WordDifferences(same=self.same)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One place where two transcripts differ; the time is that of the first one's words."""

    at_s: float
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflection:
    """One recording in both configurations."""

    differences: WordDifferences
    examples: tuple[Example, ...]
    voices: tuple[int, int]
    delays: tuple[Distribution | None, Distribution | None]
    engine_peak_mb: tuple[float, float]
    wall_s: tuple[float, float]

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        result: dict[str, Any] = rounded(
            {
                **asdict(self.differences),
                "identical": self.differences.is_identical,
                "voices": self.voices,
                "release_delay_s": [None if d is None else asdict(d) for d in self.delays],
                "engine_peak_mb": self.engine_peak_mb,
                "wall_s": self.wall_s,
                "examples": [asdict(example) for example in self.examples],
            }
        )
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorResult:
    """All recordings in both configurations."""

    setups: tuple[Setup, Setup]
    reflections: Mapping[str, Reflection]

    @property
    def total(self) -> WordDifferences:
        """Those of all recordings."""
        return sum((r.differences for r in self.reflections.values()), WordDifferences())

    @property
    def is_explained(self) -> bool:
        """Whether every difference has a reason: other configurations, or the clock."""
        first, second = self.setups
        return first != second or first.is_realtime or self.total.is_identical

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "bench": "mirror",
            "a": setup_record(self.setups[0]),
            "b": setup_record(self.setups[1]),
            "ok": self.is_explained,
            "identical": self.total.is_identical,
            "total": asdict(self.total),
            "inputs": {name: r.record() for name, r in self.reflections.items()},
        }


def find_inputs(paths: Sequence[Path]) -> dict[str, Mapping[StreamId, Path]]:
    """Recordings by name: a file is one stream, a folder holds mix, or mic and system.

    Raises:
        KnownError: A folder holds neither.
    """
    inputs: dict[str, Mapping[StreamId, Path]] = {}
    for path in paths:
        streams = stream_files(path) if path.is_dir() else {StreamId.MIX: path}
        if not streams:
            raise KnownError(
                f"{path} holds neither mix.flac nor mic.flac and system.flac. Name a recording."
            )
        name = path.name if path.name not in inputs else str(path)
        inputs[name] = streams
    return inputs


def run_mirror(
    inputs: Mapping[str, Mapping[StreamId, Path]], setups: tuple[Setup, Setup], player: Player
) -> MirrorResult:
    """Play every recording in both configurations, one after the other.

    Raises:
        KnownError, Cancelled: As `app.bench.play.play`.
    """
    reflections = {
        name: reflect(player(streams, setups[0]), player(streams, setups[1]), setups)
        for name, streams in inputs.items()
    }
    return MirrorResult(setups=setups, reflections=reflections)


def reflect(first: Take, second: Take, setups: tuple[Setup, Setup]) -> Reflection:
    """Compare two runs of one recording."""
    differences, examples = compare_words(first.transcript, second.transcript)
    takes = (first, second)
    return Reflection(
        differences=differences,
        examples=examples,
        voices=(_voice_count(first.transcript), _voice_count(second.transcript)),
        delays=(_delays(first, setups[0]), _delays(second, setups[1])),
        engine_peak_mb=(takes[0].load.engine_peak_mb, takes[1].load.engine_peak_mb),
        wall_s=(takes[0].tape.wall_s, takes[1].tape.wall_s),
    )


def compare_words(
    first: MeetingTranscript, second: MeetingTranscript
) -> tuple[WordDifferences, tuple[Example, ...]]:
    """Compare the words of two transcripts, stream by stream."""
    total = WordDifferences()
    examples: list[Example] = []
    pairs: list[tuple[_Said, _Said]] = []
    for stream in StreamId:
        old, new = _said(first, stream), _said(second, stream)
        matcher = difflib.SequenceMatcher(
            None, [said.word.text for said in old], [said.word.text for said in new], autojunk=False
        )
        for kind, i, i_end, j, j_end in matcher.get_opcodes():
            if kind == "equal":
                pairs += zip(old[i:i_end], new[j:j_end], strict=True)
                continue
            total += _count(i_end - i, j_end - j)
            before, after = old[i:i_end], new[j:j_end]
            examples.append(
                Example(
                    at_s=(before or after)[0].word.span.start_s,
                    before=" ".join(said.word.text for said in before),
                    after=" ".join(said.word.text for said in after),
                )
            )
    total += WordDifferences(
        same=len(pairs),
        retimed=sum(1 for old, new in pairs if old.word.span != new.word.span),
        rescored=sum(1 for old, new in pairs if old.word.probability != new.word.probability),
        respoken=len(pairs) - count_same_voice([(old.track, new.track) for old, new in pairs]),
    )
    examples.sort(key=lambda example: example.at_s)
    return total, tuple(examples[:MAX_EXAMPLES])


def count_same_voice(pairs: Sequence[tuple[TrackId | None, TrackId | None]]) -> int:
    """How many pairs agree when the voices of one side are renamed in the best way.

    "Nobody" is nobody on both sides.
    """
    from scipy.optimize import linear_sum_assignment

    unknown = sum(1 for old, new in pairs if old is None and new is None)
    known = [(old, new) for old, new in pairs if old is not None and new is not None]
    if not known:
        return unknown
    rows = sorted({old for old, _ in known})
    columns = sorted({new for _, new in known})
    counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
    for old, new in known:
        counts[rows.index(old), columns.index(new)] += 1
    chosen = linear_sum_assignment(counts, maximize=True)
    return unknown + int(counts[chosen].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    word: Word
    track: TrackId | None


def _said(transcript: MeetingTranscript, stream: StreamId) -> list[_Said]:
    return [
        _Said(word=word, track=segment.track)
        for segment in transcript.segments
        if segment.stream is stream
        for word in segment.words
    ]


def _count(old: int, new: int) -> WordDifferences:
    replaced = min(old, new)
    return WordDifferences(replaced=replaced, deleted=old - replaced, inserted=new - replaced)


def _voice_count(transcript: MeetingTranscript) -> int:
    return len({s.track for s in transcript.segments if s.track is not None})


def _delays(take: Take, setup: Setup) -> Distribution | None:
    return distribution(measure_delays(take.shown, ()).released) if setup.is_realtime else None
