"""The delay of an echo, and the filter that predicts it."""

import numpy as np
import pytest

from app.pipeline.echo_filter import BLOCK, DelayFinder, EchoFilter
from tests.fakes.room import echo_of, make_noise, make_voice, power_db

pytestmark = pytest.mark.unit

FAR = make_voice(8.0, seed=1)
NOISE = make_noise(8.0, seed=2)


def look(finder, far, near):
    peak = None
    for end in range(DelayFinder.FRAME, len(far) + 1, DelayFinder.HOP):
        frame = slice(end - DelayFinder.FRAME, end)
        peak = finder.push(far[frame], near[frame])
    return peak


def make_finder():
    return DelayFinder(earliest=-1024, latest=8000)


@pytest.mark.parametrize("delay_s", [-0.05, 0.0, 0.003, 0.1, 0.4])
def test_delay_of_an_echo_is_found(delay_s):
    near = echo_of(FAR, delay_s=delay_s, level_db=-10) + NOISE

    peak = look(make_finder(), FAR, near)

    assert peak.delay == pytest.approx(delay_s * 16_000, abs=2)
    assert peak.sharpness > 8


def test_delay_is_found_below_a_louder_voice():
    near = echo_of(FAR, delay_s=0.09, level_db=-10) + make_voice(8.0, seed=3)

    peak = look(make_finder(), FAR, near)

    assert peak.delay == pytest.approx(0.09 * 16_000, abs=2)
    assert peak.sharpness > 8


@pytest.mark.parametrize("seed", range(3, 8))
def test_voice_of_its_own_has_no_sharp_peak(seed):
    peak = look(make_finder(), FAR, make_voice(8.0, seed=seed) + NOISE)

    assert peak.sharpness < 7


def test_silent_far_stream_says_nothing():
    assert look(make_finder(), np.zeros_like(FAR), FAR) is None


def run(far, near):
    echo_filter = EchoFilter()
    predictions = [
        echo_filter.predict(far[i : i + BLOCK], near[i : i + BLOCK])
        for i in range(0, len(near) - BLOCK + 1, BLOCK)
    ]
    return np.concatenate([p.clean for p in predictions]), predictions


def test_filter_takes_the_echo_away():
    echo = echo_of(FAR, delay_s=0.01, level_db=-6)

    clean, predictions = run(FAR, echo + NOISE)

    late = slice(len(clean) // 2, len(clean))
    assert power_db(echo[late]) - power_db(clean[late]) > 25
    assert predictions[-1].near_power > 0


def test_filter_leaves_a_voice_of_its_own_alone():
    voice = make_voice(8.0, seed=3)

    clean, _ = run(FAR, voice)

    assert power_db(clean - voice[: len(clean)]) < power_db(voice) - 15


def test_filter_keeps_the_voice_in_double_talk():
    voice = make_voice(8.0, seed=3)
    near = voice + echo_of(FAR, delay_s=0.01, level_db=-3)

    clean, _ = run(FAR, near)

    late = slice(len(clean) // 2, len(clean))
    before_db = power_db(near[late] - voice[late])
    after_db = power_db(clean[late] - voice[late])
    assert before_db - after_db > 10


def test_prediction_adds_up():
    echo = echo_of(FAR, delay_s=0.01, level_db=-6)

    _, predictions = run(FAR, echo)

    last = predictions[-1]
    start = (len(predictions) - 1) * BLOCK
    np.testing.assert_allclose(last.clean + last.echo, echo[start : start + BLOCK], atol=1e-6)
