"""How likely a voice is a certain person: normalised scores, calibrated odds, mutual best match.

Cosines of one embedding model mean nothing for another, and shorter or noisier speech scores
lower. Scores are therefore compared with those of strangers (adaptive symmetric score
normalisation, AS-norm; Matejka et al., Interspeech 2017) and turned into log likelihood ratios by
a logistic regression on the score and on the amount of speech. What holds for one model is a
`Calibration`; it is fitted and measured by `tests/quality`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from app.domain.messages import Float32Array

CERTAIN = 0.9
"""A name is shown as it is from this probability on ..."""
PROBABLE = 0.6
"""... and with a question mark from this one on; below, the voice stays unknown."""
UNKNOWN_PRIOR = 0.7
"""How often a voice belongs to nobody enrolled; the enrolled share the rest evenly. Chosen so that
no stranger of the fitting set is named (docs/measurements.md)."""
RIVAL_LOG_ODDS = 2.0
"""Two voices of a meeting that fit one person almost equally well leave a doubt about both."""
SHORTEST_S = 0.5
LONGEST_S = 30.0
"""Amounts of speech outside this range count as its ends: nothing was fitted there."""

_Voice = TypeVar("_Voice", bound=Hashable)
_Person = TypeVar("_Person", bound=Hashable)


class Certainty(StrEnum):
    """How a name is shown."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, probability: float) -> Certainty:
        """What a probability in [0, 1] is worth."""
        if probability >= CERTAIN:
            return cls.CERTAIN
        return cls.PROBABLE if probability >= PROBABLE else cls.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSample:
    """One side of a comparison.

    Attributes:
        vector: float32 (dimension,), L2-normalised.
        speech_s: Net speech behind it.
    """

    vector: Float32Array
    speech_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticWeights:
    """From a score to a log likelihood ratio.

    With s and e the seconds of speech heard and enrolled, it is
    `bias + score * (slope + slope_speech * log(s)) + speech * log(s) + enrolled * log(e)`.
    """

    bias: float
    slope: float
    slope_speech: float = 0.0
    speech: float = 0.0
    enrolled: float = 0.0

    def log_odds(self, score: float, speech_s: float, enrolled_s: float) -> float:
        """The natural logarithm of the likelihood ratio of "the same person"."""
        heard = math.log(min(max(speech_s, SHORTEST_S), LONGEST_S))
        stored = math.log(min(max(enrolled_s, SHORTEST_S), LONGEST_S))
        slope = self.slope + self.slope_speech * heard
        return self.bias + score * slope + self.speech * heard + self.enrolled * stored


def _no_voices() -> Float32Array:
    # Imported here, as below: listing meetings needs this file's names for certainty only.
    import numpy as np

    return np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What turns two embeddings of one model into odds.

    Attributes:
        cohort: float32 (voices, dimension), rows L2-normalised; empty for scores as they are.
        nearest_count: How many of the cohort, those most alike, a score is compared with.
        highest_log_odds: A limit to what this calibration may claim.
    """

    model_id: str
    weights: LogisticWeights
    cohort: Float32Array = field(default_factory=_no_voices)
    nearest_count: int = 50
    highest_log_odds: float = math.inf

    def score(self, voice: Float32Array, person: Float32Array) -> float:
        """How alike two vectors are: the cosine, normalised where there is a cohort."""
        cosine = float(voice @ person)
        if not len(self.cohort):
            return cosine
        voice_mean, voice_spread = self._strangers(voice)
        person_mean, person_spread = self._strangers(person)
        return 0.5 * ((cosine - voice_mean) / voice_spread + (cosine - person_mean) / person_spread)

    def log_odds(self, voice: VoiceSample, person: VoiceSample) -> float:
        """The log likelihood ratio of "the same person" against "two people"."""
        score = self.score(voice.vector, person.vector)
        odds = self.weights.log_odds(score, voice.speech_s, person.speech_s)
        return min(odds, self.highest_log_odds)

    def _strangers(self, vector: Float32Array) -> tuple[float, float]:
        """Mean and spread of the cosines with the most similar strangers."""
        cosines = self.cohort @ vector
        count = min(self.nearest_count, len(cosines))
        import numpy as np

        nearest = np.partition(cosines, len(cosines) - count)[-count:]
        return float(np.mean(nearest)), max(float(np.std(nearest)), 1e-3)


def uncalibrated(model_id: str) -> Calibration:
    """For a model that nobody measured: careful, and never certain."""
    return Calibration(
        model_id=model_id,
        weights=LogisticWeights(bias=-12.0, slope=20.0),
        highest_log_odds=math.log(0.85 / 0.15),
    )


def posteriors(log_odds: Sequence[float], *, unknown_prior: float = UNKNOWN_PRIOR) -> list[float]:
    """The probability that a voice is each person, given that it is one of them or nobody.

    Args:
        log_odds: Per enrolled person.

    Returns:
        Per person, in [0, 1]; what is missing to 1 is "nobody of them". A second person who fits
        takes from the first, so the margin between people is part of the probability.
    """
    if not log_odds:
        return []
    prior = math.log((1 - unknown_prior) / len(log_odds))
    terms = [prior + odds for odds in log_odds]
    highest = max([*terms, math.log(unknown_prior)])
    shares = [math.exp(term - highest) for term in terms]
    total = sum(shares) + math.exp(math.log(unknown_prior) - highest)
    return [share / total for share in shares]


def match_voices(
    log_odds: Mapping[_Voice, Mapping[_Person, float]],
) -> dict[_Voice, tuple[_Person, float]]:
    """Give people to the voices of one meeting: each other's best, nobody twice.

    Args:
        log_odds: Per voice and enrolled person.

    Returns:
        Per voice that is somebody, the person and the probability, `PROBABLE` at least. Where
        another voice fits the person almost as well, the name is probable at most.
    """
    fits: dict[_Voice, tuple[_Person, float]] = {}
    for voice, row in log_odds.items():
        people = list(row)
        chances = posteriors([row[person] for person in people])
        if not chances:
            continue
        best = max(range(len(people)), key=chances.__getitem__)
        if chances[best] >= PROBABLE:
            fits[voice] = (people[best], chances[best])
    matched: dict[_Voice, tuple[_Person, float]] = {}
    for voice, (person, chance) in fits.items():
        own = log_odds[voice][person]
        others = [other for other in log_odds if other != voice]
        if any(log_odds[other][person] > own for other in others):
            continue
        open_rivals = [o for o in others if o not in fits or fits[o][0] == person]
        if any(own - log_odds[other][person] < RIVAL_LOG_ODDS for other in open_rivals):
            chance = min(chance, CERTAIN - 0.05)
        if all(person != other for other, _ in matched.values()):
            matched[voice] = (person, chance)
    return matched
