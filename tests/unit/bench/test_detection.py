from __future__ import annotations

import numpy as np
import pytest

from app.bench.detection import calibration_error, equal_error_rate, minimum_cost

pytestmark = pytest.mark.unit


def slow_equal_error_rate(scores, is_target):
    """Every threshold tried: the same definition, the long way."""
    best = (2.0, 1.0)
    for threshold in [*sorted(scores), np.inf]:
        said = [score >= threshold for score in scores]
        misses = np.mean([not s for s, t in zip(said, is_target, strict=True) if t])
        alarms = np.mean([s for s, t in zip(said, is_target, strict=True) if not t])
        best = min(best, (abs(misses - alarms), (misses + alarms) / 2))
    return best[1]


def test_the_equal_error_rate_is_that_of_every_threshold_tried():
    random = np.random.default_rng(3)
    is_target = random.random(300) < 0.2
    scores = random.normal(size=300) + 1.5 * is_target

    assert equal_error_rate(scores, is_target) == pytest.approx(
        slow_equal_error_rate(scores, is_target), abs=0.01
    )


def test_scores_that_tell_all_apart_cost_nothing():
    scores, is_target = [0.1, 0.2, 0.8, 0.9], [False, False, True, True]

    assert equal_error_rate(scores, is_target) == 0.0
    assert minimum_cost(scores, is_target) == 0.0


def test_useless_scores_cost_as_much_as_saying_no():
    scores, is_target = [0.9, 0.8, 0.2, 0.1], [False, False, True, True]

    assert equal_error_rate(scores, is_target) == pytest.approx(1.0, abs=0.5)
    assert minimum_cost(scores, is_target) == pytest.approx(1.0)


def test_one_kind_of_trial_has_no_error_rate():
    assert equal_error_rate([0.5], [True]) is None
    assert minimum_cost([0.5, 0.6], [False, False]) is None


def test_probabilities_that_come_true_have_no_calibration_error():
    chances, happened = [0.75] * 4, [True, True, True, False]

    assert calibration_error(chances, happened) == pytest.approx(0.0)
    assert calibration_error([0.95] * 4, [False] * 4) == pytest.approx(0.95)
    assert calibration_error([1.0], [True]) == 0.0
    assert calibration_error([], []) is None


def test_balanced_trials_weigh_both_outcomes_the_same():
    chances, happened = [0.5] * 10, [True] * 1 + [False] * 9

    assert calibration_error(chances, happened) == pytest.approx(0.4)
    assert calibration_error(chances, happened, is_balanced=True) == pytest.approx(0.0)
    assert calibration_error([0.5], [True], is_balanced=True) is None
