from __future__ import annotations

import numpy as np
import pytest

from app.lib.paths import SOURCE_ROOT
from app.services.calibrations import load_calibration

pytestmark = pytest.mark.unit

SHIPPED = SOURCE_ROOT / "resources" / "cohort"


def test_the_default_model_is_calibrated_with_voices_of_strangers():
    calibration = load_calibration(SHIPPED, "campplus-zh-en")

    assert calibration.model_id == "campplus-zh-en"
    assert 150 <= len(calibration.cohort) <= 200
    assert np.linalg.norm(calibration.cohort, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert calibration.weights.slope > 0


def test_the_shipped_cohort_is_small():
    assert (SHIPPED / "campplus-zh-en.npz").stat().st_size <= 100_000


def test_a_model_without_a_calibration_gets_a_careful_one(tmp_path):
    calibration = load_calibration(tmp_path, "new-model")

    assert calibration.model_id == "new-model"
    assert not len(calibration.cohort)
