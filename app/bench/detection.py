"""Errors of yes-or-no decisions with a score: trade-off, cost, calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
BIN_COUNT = 10


def equal_error_rate(scores: Sequence[float], is_target: Sequence[bool]) -> float | None:
    """Where misses and false acceptances are equally frequent, in [0, 1].

    Returns:
        None without targets or without others.
    """
    curves = _error_curves(scores, is_target)
    if curves is None:
        return None
    misses, false_alarms = curves
    at = int(np.argmin(np.abs(misses - false_alarms)))
    return float((misses[at] + false_alarms[at]) / 2)


def minimum_cost(
    scores: Sequence[float], is_target: Sequence[bool], *, target_prior: float = 0.01
) -> float | None:
    """NIST's minDCF with unit costs, as a share of the cost of the better constant answer."""
    curves = _error_curves(scores, is_target)
    if curves is None:
        return None
    misses, false_alarms = curves
    costs = target_prior * misses + (1 - target_prior) * false_alarms
    return float(costs.min() / min(target_prior, 1 - target_prior))


def calibration_error(
    chances: Sequence[float], happened: Sequence[bool], *, is_balanced: bool = False
) -> float | None:
    """The expected calibration error in ten bins, in [0, 1]; None without decisions.

    Args:
        chances: Stated probabilities.
        is_balanced: Let what happened and what did not weigh the same in all.
    """
    if not len(chances):
        return None
    stated, facts = np.asarray(chances, dtype=np.float64), np.asarray(happened, dtype=np.bool_)
    weights = np.full(len(stated), 1 / len(stated))
    if is_balanced:
        if facts.all() or not facts.any():
            return None
        weights = np.where(facts, 0.5 / facts.sum(), 0.5 / (~facts).sum())
    bins = np.minimum((stated * BIN_COUNT).astype(int), BIN_COUNT - 1)
    gaps = np.bincount(bins, weights=weights * (stated - facts), minlength=BIN_COUNT)
    return float(np.abs(gaps).sum())


def _error_curves(
    scores: Sequence[float], is_target: Sequence[bool]
) -> tuple[Floats, Floats] | None:
    """Misses and false acceptances with the threshold above each score, ascending."""
    values, target = np.asarray(scores, dtype=np.float64), np.asarray(is_target, dtype=np.bool_)
    if not target.any() or target.all():
        return None
    target = target[np.argsort(values, kind="stable")]
    misses = np.concatenate([[0.0], np.cumsum(target) / target.sum()])
    false_alarms = np.concatenate([[1.0], 1 - np.cumsum(~target) / (~target).sum()])
    return misses, false_alarms
