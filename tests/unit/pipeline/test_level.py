import numpy as np
import pytest

from app.domain.ids import StreamId
from app.domain.messages import AudioBlock
from app.domain.units import Span
from app.pipeline.level import (
    BLOCK,
    MAX_GAIN_DB,
    SPEECH_DBFS,
    LevelEvener,
    LevelStatistics,
    amplified,
)

pytestmark = pytest.mark.unit

RATE_HZ = 16_000


def speechlike(seconds: float, dbfs: float, *, floor_db: float = 30.0, seed: int = 1) -> np.ndarray:
    """Noise that is loud and quiet by turns of half a second, the loud half at `dbfs`."""
    samples = np.random.default_rng(seed).normal(size=round(seconds * RATE_HZ))
    is_quiet = (np.arange(len(samples)) // (RATE_HZ // 2)) % 2 == 1
    level = np.where(is_quiet, dbfs - floor_db, dbfs)
    return (samples * 10 ** (level / 20)).astype(np.float32)


def evened(samples: np.ndarray, size: int = 800) -> np.ndarray:
    evener = LevelEvener()
    return np.concatenate(
        [evener.push(samples[i : i + size]) for i in range(0, len(samples), size)]
    )


def gain_db(samples: np.ndarray) -> float:
    statistics = LevelStatistics()
    for start in range(0, len(samples), BLOCK):
        statistics.push(samples[start : start + BLOCK])
    return statistics.gain_db


def test_stream_of_usual_level_passes_bit_by_bit():
    samples = speechlike(20, -30.0)

    np.testing.assert_array_equal(evened(samples), samples)
    assert gain_db(samples) == 0


@pytest.mark.parametrize("dbfs", [-50.0, -60.0])
def test_quiet_speech_is_brought_up(dbfs):
    samples = speechlike(30, dbfs, floor_db=20.0)

    last = evened(samples)[-5 * RATE_HZ :]

    loud = last.reshape(-1, BLOCK)
    levels = 10 * np.log10(np.mean(loud**2, axis=1))
    assert np.quantile(levels, 0.9) == pytest.approx(SPEECH_DBFS, abs=2)
    assert gain_db(samples) == pytest.approx(SPEECH_DBFS - dbfs, abs=1.5)


def test_steady_noise_and_digital_silence_are_left_alone():
    noise = (np.random.default_rng(2).normal(size=30 * RATE_HZ) * 1e-3).astype(np.float32)
    muted = noise.copy()
    muted[: len(muted) // 2] = 0

    for samples in (noise, muted, np.zeros(30 * RATE_HZ, np.float32)):
        np.testing.assert_array_equal(evened(samples), samples)


def test_gain_has_a_limit():
    assert gain_db(speechlike(30, -80.0, floor_db=13.0)) == MAX_GAIN_DB


def test_gain_rises_slowly_and_loud_sound_is_never_cut_off():
    evener = LevelEvener()
    quiet = speechlike(20, -60.0, floor_db=20.0)

    first_s = evener.push(quiet[:RATE_HZ])
    for start in range(RATE_HZ, len(quiet), 800):
        evener.push(quiet[start : start + 800])
    shout = evener.push((0.5 * np.ones(800)).astype(np.float32))

    np.testing.assert_array_equal(first_s, quiet[:RATE_HZ])
    assert 0.5 <= shout.max() <= 0.98


def test_amplified_keeps_what_needs_nothing():
    samples = np.array([0.1, -0.2], dtype=np.float32)

    assert amplified(samples, 0.0) is samples
    assert amplified(samples, 6.0206).tolist() == pytest.approx([0.2, -0.4], abs=1e-5)
    assert amplified(np.zeros(3, np.float32), 20.0).tolist() == [0, 0, 0]


def test_block_that_is_heard_again_gets_the_gain_of_now():
    evener = LevelEvener()
    samples = speechlike(20, -60.0, floor_db=20.0)
    blocks = [
        AudioBlock(stream=StreamId.MIC, span=Span(i, i + 800), samples=samples[i : i + 800])
        for i in range(0, len(samples), 800)
    ]
    for block in blocks:
        last = evener.block(block)

    again = evener.block(blocks[-2])
    following = evener.block(blocks[-1])

    ratio = last.samples[0] / blocks[-1].samples[0]
    assert ratio > 5
    assert again.samples[0] / blocks[-2].samples[0] == pytest.approx(ratio, rel=0.01)
    assert following.span == blocks[-1].span
