from __future__ import annotations

import math

import numpy as np
import pytest

from app.domain.recognition import (
    CERTAIN,
    PROBABLE,
    UNKNOWN_PRIOR,
    Calibration,
    Certainty,
    LogisticWeights,
    VoiceSample,
    match_voices,
    posteriors,
    uncalibrated,
)

pytestmark = pytest.mark.unit

WEIGHTS = LogisticWeights(bias=-5.0, slope=1.0, slope_speech=0.1, speech=0.2, enrolled=0.3)


def unit(*values):
    vector = np.asarray(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def cohort(count=40, dimension=8):
    vectors = np.random.default_rng(0).standard_normal((count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_score_is_the_cosine_in_spreads_above_the_nearest_strangers():
    calibration = Calibration(model_id="m", weights=WEIGHTS, cohort=cohort(), nearest_count=10)
    voice, person = unit(1, 2, 0, 0, 1, 0, 0, 0), unit(1, 1, 0, 0, 2, 0, 1, 0)

    score = calibration.score(voice, person)

    def normalised(vector):
        nearest = sorted(float(row @ vector) for row in calibration.cohort)[-10:]
        return (float(voice @ person) - np.mean(nearest)) / np.std(nearest)

    assert score == pytest.approx((normalised(voice) + normalised(person)) / 2, rel=1e-5)
    assert score == pytest.approx(calibration.score(person, voice), rel=1e-5)


def test_without_a_cohort_the_score_is_the_cosine():
    calibration = Calibration(model_id="m", weights=WEIGHTS)

    assert calibration.score(unit(1, 0), unit(1, 1)) == pytest.approx(math.sqrt(0.5), abs=1e-6)


def test_speech_outside_the_fitted_range_counts_as_its_end():
    assert WEIGHTS.log_odds(4.0, 100.0, 5.0) == WEIGHTS.log_odds(4.0, 30.0, 5.0)
    assert WEIGHTS.log_odds(4.0, 0.01, 5.0) == WEIGHTS.log_odds(4.0, 0.5, 5.0)
    expected = -5 + 4 * (1 + 0.1 * math.log(3)) + 0.2 * math.log(3) + 0.3 * math.log(5)
    assert WEIGHTS.log_odds(4.0, 3.0, 5.0) == pytest.approx(expected)


def test_an_unmeasured_model_is_never_certain():
    sample = VoiceSample(vector=unit(1, 0), speech_s=30.0)

    odds = uncalibrated("new").log_odds(sample, sample)

    assert PROBABLE < posteriors([odds])[0] < CERTAIN


def test_one_person_without_evidence_keeps_the_prior():
    assert posteriors([0.0]) == pytest.approx([1 - UNKNOWN_PRIOR])
    assert posteriors([]) == []


def test_more_enrolled_people_make_each_less_likely():
    assert posteriors([2.0, -20.0, -20.0])[0] < posteriors([2.0])[0]


def test_two_people_alike_share_the_probability():
    assert posteriors([20.0, 20.0]) == pytest.approx([0.5, 0.5], abs=1e-6)


def test_huge_odds_do_not_overflow():
    assert posteriors([4000.0, -4000.0]) == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize(
    ("probability", "certainty"),
    [
        (0.9, Certainty.CERTAIN),
        (0.899, Certainty.PROBABLE),
        (0.6, Certainty.PROBABLE),
        (0.599, Certainty.UNKNOWN),
    ],
)
def test_thresholds_are_inclusive(probability, certainty):
    assert Certainty.of(probability) is certainty


def test_each_voice_gets_its_own_person():
    matched = match_voices({"S1": {"ada": 9.0, "bob": -9.0}, "S2": {"ada": -9.0, "bob": 9.0}})

    assert {voice: person for voice, (person, _) in matched.items()} == {"S1": "ada", "S2": "bob"}
    assert all(chance > CERTAIN for _, chance in matched.values())


def test_a_person_is_only_one_voice_of_a_meeting():
    matched = match_voices({"S1": {"ada": 9.0}, "S2": {"ada": 14.0}, "S3": {"ada": 8.0}})

    assert list(matched) == ["S2"]
    assert matched["S2"][1] > CERTAIN


def test_two_voices_that_fit_one_person_almost_equally_are_in_doubt():
    matched = match_voices({"S1": {"ada": 9.0}, "S2": {"ada": 9.5}})

    (voice, (person, chance)) = next(iter(matched.items()))
    assert (voice, person, len(matched)) == ("S2", "ada", 1)
    assert PROBABLE <= chance < CERTAIN


def test_equal_voices_do_not_both_become_the_person():
    assert len(match_voices({"S1": {"ada": 9.0}, "S2": {"ada": 9.0}})) == 1


def test_a_voice_that_surely_is_somebody_else_leaves_no_doubt():
    matched = match_voices({"S1": {"ada": 9.0, "bob": 2.0}, "S2": {"ada": 8.5, "bob": 15.0}})

    assert matched["S1"][0] == "ada"
    assert matched["S1"][1] > CERTAIN


def test_a_voice_that_fits_nobody_stays_unknown():
    assert match_voices({"S1": {"ada": -1.0, "bob": 0.3}, "S2": {}}) == {}
