"""Words of people who talk alone, as they are and taken apart."""

import numpy as np
import pytest

from app.bench.mixtures import find_talkers
from app.bench.passing import run_passing
from app.bench.scoring import WordScore
from tests.fakes.talkers import hum, write_recording

pytestmark = pytest.mark.unit


@pytest.fixture
def talkers(tmp_path):
    for who, frequency in (("ada", 300), ("bob", 500)):
        (tmp_path / who).mkdir()
        for number in range(2):
            write_recording(tmp_path / who / f"{who}-{number}.wav", hum(1.0, frequency + number))
        texts = "".join(f"{who}-{number} HELLO\n" for number in range(2))
        (tmp_path / who / "trans.txt").write_text(texts)
    return find_talkers([tmp_path])


def frequency(samples):
    return int(np.argmax(np.abs(np.fft.rfft(samples, 16_000))))


def test_every_recording_is_taken_apart_from_somebody_silent(talkers):
    seen, heard = [], {}

    def take_apart(mixture):
        seen.append([frequency(part) for part in (mixture.samples, *mixture.alone)])
        assert not mixture.sources[1].any()
        return np.stack([0.1 * mixture.samples, -mixture.samples])

    def transcribe(name, samples, turns):
        heard[name] = samples
        return WordScore(words=10, errors=len(heard), cp_errors=0)

    passed = run_passing(talkers, 2, take_apart, transcribe)

    assert seen == [[300, 301, 500], [500, 501, 300]]
    before, after = heard.values()
    np.testing.assert_allclose(after, -before)
    assert np.abs(before).max() > 0.01
    assert passed.worse_points == pytest.approx(10.0)


def test_recording_that_gives_nothing_stays_as_it_is(talkers):
    heard = []

    def transcribe(name, samples, turns):
        assert [turn.words for turn in turns] == ["HELLO"] * 3
        heard.append(samples)
        return WordScore(words=3, errors=0, cp_errors=0)

    run_passing(talkers, 3, lambda mixture: None, transcribe)

    np.testing.assert_array_equal(*heard)
