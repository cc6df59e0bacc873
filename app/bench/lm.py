"""`bench lm`: how many terms of a list are written right with the list and without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.bench.play import Setup, Take
from app.bench.scoring import WordScore, score_words
from app.bench.sets import ReferenceSet, read_turns
from app.bench.targets import Target, all_kept, rounded
from app.bench.text import normalise
from app.domain.transcript import join_words
from app.domain.vocabulary import VocabularyTerm

WANTED_GAIN = 20.0
MAX_WORSE = 0.1

Player = Callable[[ReferenceSet], Take]
"""Runs one set through the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermFigures:
    """What was measured on one recording, or on several: all parts add up.

    Attributes:
        said: Terms in the reference, each as often as it is said.
        right: Those of them that the transcript has, at most as often.
        untrue: Terms that the transcript has more often than the reference.
        general: Word errors of recordings in which nobody says a term.
    """

    said: int = 0
    right: int = 0
    untrue: int = 0
    score: WordScore = field(default_factory=WordScore)
    general: WordScore = field(default_factory=WordScore)

    def __add__(self, other: TermFigures) -> TermFigures:
        """That of both."""
        return TermFigures(
            said=self.said + other.said,
            right=self.right + other.right,
            untrue=self.untrue + other.untrue,
            score=self.score + other.score,
            general=self.general + other.general,
        )

    @property
    def recall(self) -> float | None:
        """Percent; None when no term is said."""
        return 100 * self.right / self.said if self.said else None

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "said": self.said,
            "right": self.right,
            "untrue": self.untrue,
            "recall": self.recall,
            "words": self.score.words,
            "wer": self.score.wer,
            "general_words": self.general.words,
            "general_wer": self.general.wer if self.general.words else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LmResult:
    """Both runs, by set."""

    setup: Setup
    term_count: int
    off: Mapping[str, TermFigures]
    on: Mapping[str, TermFigures]

    @property
    def targets(self) -> tuple[Target, ...]:
        """Recall up by 20 points, general word errors up by at most 0.1."""
        off, on = _total(self.off), _total(self.on)
        missing = None
        if off.recall is not None and on.recall is not None:
            missing = max(0.0, WANTED_GAIN - (on.recall - off.recall))
        worse = on.general.wer - off.general.wer if off.general.words else None
        return (
            Target(
                name=f"term recall short of {WANTED_GAIN:g} points more",
                unit="points",
                limit=0.0,
                value=missing,
            ),
            Target(name="general WER worse by", unit="points", limit=MAX_WORSE, value=worse),
        )

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        result: dict[str, Any] = rounded(
            {
                "bench": "lm",
                "point": self.setup.point.value,
                "realtime": self.setup.is_realtime,
                "ok": all_kept(self.targets),
                "terms": self.term_count,
                "off": _total(self.off).record(),
                "on": _total(self.on).record(),
                "sets": {
                    name: {"off": self.off[name].record(), "on": self.on[name].record()}
                    for name in self.off
                },
                "targets": [target.record() for target in self.targets],
            }
        )
        return result


def run_lm(
    sets: Sequence[ReferenceSet],
    terms: Sequence[VocabularyTerm],
    setups: tuple[Setup, Setup],
    player: Callable[[Setup], Player],
) -> LmResult:
    """Run every set without the terms and with them.

    Args:
        setups: Without, and with.
    """
    off, on = (
        {one.name: measure_terms(one, run(one), terms) for one in sets}
        for run in map(player, setups)
    )
    return LmResult(setup=setups[1], term_count=len(terms), off=off, on=on)


def measure_terms(
    reference: ReferenceSet, take: Take, terms: Sequence[VocabularyTerm]
) -> TermFigures:
    """Count terms and word errors of one run."""
    turns = read_turns(reference)
    segments = take.transcript.segments
    said = _counts(" ".join(turn.words for turn in turns), terms)
    written = _counts(" ".join(join_words(segment.words) for segment in segments), terms)
    score = score_words(turns, segments)
    return TermFigures(
        said=sum(said.values()),
        right=sum(min(count, written[term]) for term, count in said.items()),
        untrue=sum(max(0, count - said[term]) for term, count in written.items()),
        score=score,
        general=WordScore() if any(said.values()) else score,
    )


def _counts(text: str, terms: Sequence[VocabularyTerm]) -> dict[str, int]:
    """How often each term stands in a text, as written but for case and marks."""
    plain = normalise(text)
    return {
        term.text: len(re.findall(rf"(?<!\S){re.escape(normalise(term.text))}(?!\S)", plain))
        for term in terms
    }


def _total(figures: Mapping[str, TermFigures]) -> TermFigures:
    return sum(figures.values(), TermFigures())
