"""Probabilities of words, made honest."""

import json
from dataclasses import replace

import pytest

from app.domain.session import ModelChoice
from app.engine.confidence import FINAL, LIVE, ConfidenceCurve, curve_of
from tests.fakes.speech import make_words

pytestmark = pytest.mark.unit


def test_a_curve_without_fit_changes_nothing():
    assert [ConfidenceCurve()(p) for p in (0.0, 0.3, 1.0)] == [0.0, 0.3, 1.0]


def test_a_curve_is_logistic_in_the_log_odds():
    curve = ConfidenceCurve(slope=0.5, bias=1.0)

    assert curve(0.5) == pytest.approx(0.7311, abs=1e-4)
    assert 0.0 < curve(0.0) < curve(0.2) < curve(0.9) < curve(1.0) < 1.0


def test_words_without_a_probability_get_none():
    one, two = make_words("one two")
    curve = ConfidenceCurve(bias=1.0)

    done = curve.of_words((replace(one, probability=0.5), two))

    assert done[0].probability == pytest.approx(0.7311, abs=1e-4)
    assert done[1].probability is None


def test_each_decoder_has_its_own_curve_and_unknown_models_none(tmp_path):
    curves = {LIVE: {"slope": 0.5, "bias": 0.1}, FINAL: {"slope": 0.6, "bias": 0.2}}
    (tmp_path / "some-model.json").write_text(json.dumps({"model_id": "some-model", **curves}))

    assert curve_of("some-model", LIVE, tmp_path) == ConfidenceCurve(slope=0.5, bias=0.1)
    assert curve_of("some-model", FINAL, tmp_path) == ConfidenceCurve(slope=0.6, bias=0.2)
    assert curve_of("other", FINAL, tmp_path) == ConfidenceCurve()


@pytest.mark.parametrize("decoder", [LIVE, FINAL])
def test_the_default_recogniser_has_a_rising_curve(decoder):
    curve = curve_of(ModelChoice().asr_final, decoder)

    assert curve != ConfidenceCurve()
    assert curve(0.1) < curve(0.5) < curve(0.9)
