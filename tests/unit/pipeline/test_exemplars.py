"""Voices apart by what they sound like alone."""

import numpy as np
import pytest

from app.domain.units import SESSION_RATE_HZ
from app.pipeline.exemplars import QUICK, learn, separate, take_apart
from tests.fakes.models import FakeRefiner

pytestmark = pytest.mark.unit


def chord(seconds, *frequencies_hz):
    """Notes that come and go, each at its own pace."""
    time = np.arange(int(seconds * SESSION_RATE_HZ)) / SESSION_RATE_HZ
    notes = [
        np.sin(2 * np.pi * hertz * time) * (1 + np.sin(2 * np.pi * (1 + 0.3 * i) * time))
        for i, hertz in enumerate(frequencies_hz)
    ]
    return (0.05 * np.sum(notes, axis=0)).astype(np.float32)


LOW, HIGH = (220, 440, 900), (330, 1_250, 3_000)


def test_each_voice_gets_its_own_part_in_the_order_given():
    voices = [learn(chord(8, *LOW)), learn(chord(8, *HIGH))]
    low, high = chord(3, *LOW), 0.5 * chord(3, *HIGH)

    sources = separate(low + high, voices)

    assert (sources.shape, sources.dtype) == ((2, len(low)), np.float32)
    for source, wanted in zip(sources, (low, high), strict=True):
        assert np.corrcoef(source, wanted)[0, 1] > 0.98
    np.testing.assert_allclose(sources.sum(axis=0), low + high, atol=1e-3)


def test_one_voice_alone_stays_whole():
    voices = [learn(chord(8, *LOW)), learn(chord(8, *HIGH))]

    own, other = separate(chord(3, *LOW), voices)

    assert (other**2).sum() < 0.01 * (own**2).sum()


def test_quick_separation_tells_the_voices_apart_too():
    voices = [learn(chord(8, *LOW), QUICK), learn(chord(8, *HIGH), QUICK)]
    low, high = chord(3, *LOW), 0.5 * chord(3, *HIGH)

    sources = separate(low + high, voices, QUICK)

    assert voices[0].shape[1] <= QUICK.exemplars
    for source, wanted in zip(sources, (low, high), strict=True):
        assert np.corrcoef(source, wanted)[0, 1] > 0.97
    np.testing.assert_allclose(sources.sum(axis=0), low + high, atol=1e-3)


def test_refiner_works_on_two_voices_only():
    voices = [learn(chord(8, *LOW)), learn(chord(8, *HIGH))]
    mixture = chord(2, *LOW, *HIGH)
    refiner = FakeRefiner(gain=2.0)

    refined = take_apart(mixture, voices, refiner)
    three = take_apart(mixture, [*voices, voices[0]], refiner)

    np.testing.assert_allclose(refined, 2 * separate(mixture, voices))
    np.testing.assert_array_equal(take_apart(mixture, voices, None), separate(mixture, voices))
    assert three.shape[0] == 3
    assert len(refiner.heard) == 1


def test_outcome_is_the_same_every_time():
    voices = [learn(chord(8, *LOW)), learn(chord(8, *HIGH))]
    mixture = chord(2, *LOW, *HIGH)

    np.testing.assert_array_equal(separate(mixture, voices), separate(mixture, voices))


@pytest.mark.parametrize("alone", [chord(3, *LOW), np.zeros(10 * SESSION_RATE_HZ, np.float32)])
def test_too_little_or_silent_speech_teaches_nothing(alone):
    assert learn(alone) is None


def test_very_short_and_silent_mixtures_are_fine():
    voices = [learn(chord(8, *LOW)), learn(chord(8, *HIGH))]

    assert separate(chord(0.01, *LOW), voices).shape == (2, 160)
    assert np.abs(separate(np.zeros(16_000, np.float32), voices)).max() < 1e-6
