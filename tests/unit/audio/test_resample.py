import numpy as np
import pytest
import soxr

from app.audio.resample import SessionResampler, mix_down
from app.audio.spool import to_int16

pytestmark = pytest.mark.unit


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.1, count).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("count", [1, 999, 30_011])
def test_whole_length_is_exact_for_any_rate(rate_hz, count):
    resampler = SessionResampler(rate_hz)
    samples = noise(count)

    pieces = [resampler.push(samples[i : i + 700]) for i in range(0, count, 700)]
    pieces.append(resampler.finish())

    assert len(np.concatenate(pieces)) == round(count * 16_000 / rate_hz)


def test_blocks_give_the_same_as_the_whole_at_once():
    samples = noise(48_000)
    resampler = SessionResampler(48_000)

    pieces = [resampler.push(samples[i : i + 480]) for i in range(0, len(samples), 480)]
    streamed = np.concatenate([*pieces, resampler.finish()])
    whole = to_int16(soxr.resample(samples, 48_000, 16_000, quality="HQ"))

    assert np.abs(streamed.astype(int) - whole).max() <= 1


def test_session_rate_passes_untouched():
    samples = (np.arange(-100, 100) / 32_768).astype(np.float32)
    resampler = SessionResampler(16_000)

    assert resampler.push(samples).tolist() == list(range(-100, 100))
    assert len(resampler.finish()) == 0


def test_mix_down_is_the_mean_of_the_channels():
    frames = np.array([[1.0, 0.0], [0.5, -0.5]], dtype=np.float32)

    assert mix_down(frames).tolist() == [0.5, 0.0]
    assert mix_down(frames[:, :1]).tolist() == [1.0, 0.5]
