"""How sure the recogniser may be: its own probabilities, made honest."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from app.domain.messages import Word
from app.lib.paths import SOURCE_ROOT

FOLDER = SOURCE_ROOT / "resources" / "confidence"
LIVE, FINAL = "live", "final"
"""What decoded: the session while people talk, or the pass over the whole recording."""
EDGE = 1e-4
"""Probabilities are kept this far from 0 and 1: their log odds have to be finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceCurve:
    """Maps a recogniser's probability of a word to the share of such words that are right.

    Logistic in the log odds (Platt 1999); made by `tests/quality/fit_confidence.py`.
    """

    slope: float = 1.0
    bias: float = 0.0

    def __call__(self, probability: float) -> float:
        """The calibrated probability, in [0, 1]."""
        if (self.slope, self.bias) == (1.0, 0.0):
            return probability
        return 1 / (1 + math.exp(-self.slope * self.log_odds(probability) - self.bias))

    @staticmethod
    def log_odds(probability: float) -> float:
        """Of a probability, kept finite."""
        inside = min(max(probability, EDGE), 1 - EDGE)
        return math.log(inside / (1 - inside))

    def of_words(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """The words with calibrated probabilities; None stays None."""
        return tuple(
            word if word.probability is None else replace(word, probability=self(word.probability))
            for word in words
        )


@lru_cache(maxsize=8)
def curve_of(model_id: str, decoder: str, folder: Path = FOLDER) -> ConfidenceCurve:
    """The curve that ships for a recogniser; one that changes nothing where none does.

    Args:
        decoder: `LIVE` or `FINAL`.
    """
    file = folder / f"{model_id}.json"
    if not file.exists():
        return ConfidenceCurve()
    return ConfidenceCurve(**json.loads(file.read_text(encoding="utf-8"))[decoder])
