"""Filter-bank features; equality with Kaldi's is a contract test."""

from __future__ import annotations

import numpy as np
import pytest

from app.backends.fbank import log_mel

pytestmark = pytest.mark.unit


def test_tone_has_its_energy_in_the_bin_of_its_pitch():
    time_s = np.arange(16_000) / 16_000

    low = log_mel(np.sin(2 * np.pi * 300 * time_s).astype(np.float32))
    high = log_mel(np.sin(2 * np.pi * 3_000 * time_s).astype(np.float32))

    assert low.shape == (98, 80)
    assert low.mean(axis=0).argmax() == pytest.approx(10, abs=2)
    assert high.mean(axis=0).argmax() == pytest.approx(53, abs=2)


def test_silence_is_floored_not_infinite():
    features = log_mel(np.zeros(800, dtype=np.float32))

    assert np.isfinite(features).all()


def test_less_than_a_frame_is_refused():
    with pytest.raises(ValueError, match="one frame"):
        log_mel(np.zeros(399, dtype=np.float32))
