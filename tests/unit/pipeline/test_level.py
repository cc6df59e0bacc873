import numpy as np
import pytest

from app.bench import prep
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
    evened,
)

pytestmark = pytest.mark.unit

RATE_HZ = 16_000


def speechlike(seconds: float, dbfs: float, *, floor_db: float = 30.0, seed: int = 1) -> np.ndarray:
    """Noise that is loud and quiet by turns of half a second, the loud half at `dbfs`."""
    samples = np.random.default_rng(seed).normal(size=round(seconds * RATE_HZ))
    is_quiet = (np.arange(len(samples)) // (RATE_HZ // 2)) % 2 == 1
    level = np.where(is_quiet, dbfs - floor_db, dbfs)
    return (samples * 10 ** (level / 20)).astype(np.float32)


def gain_db(samples: np.ndarray) -> float:
    statistics = LevelStatistics()
    for start in range(0, len(samples), BLOCK):
        statistics.push(samples[start : start + BLOCK])
    return statistics.gain_db


def test_stream_of_usual_level_passes_bit_by_bit():
    samples = speechlike(20, -30.0)

    np.testing.assert_array_equal(evened(samples, 800), samples)
    assert gain_db(samples) == 0


@pytest.mark.parametrize("dbfs", [-50.0, -60.0])
def test_quiet_speech_is_brought_up(dbfs):
    samples = speechlike(30, dbfs, floor_db=20.0)

    last = evened(samples, 800)[-5 * RATE_HZ :]

    loud = last.reshape(-1, BLOCK)
    levels = 10 * np.log10(np.mean(loud**2, axis=1))
    assert np.quantile(levels, 0.9) == pytest.approx(SPEECH_DBFS, abs=2)
    assert gain_db(samples) == pytest.approx(SPEECH_DBFS - dbfs, abs=1.5)


def test_steady_noise_and_digital_silence_are_left_alone():
    noise = (np.random.default_rng(2).normal(size=30 * RATE_HZ) * 1e-3).astype(np.float32)
    muted = noise.copy()
    muted[: len(muted) // 2] = 0

    for samples in (noise, muted, np.zeros(30 * RATE_HZ, np.float32)):
        np.testing.assert_array_equal(evened(samples, 800), samples)


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


def test_long_pause_neither_moves_the_gain_nor_forgets_the_voice():
    # Its syllables are of many levels, of which the quiet ones are the last to be forgotten.
    speech = prep.speechlike(20, -60.0)
    room = np.random.default_rng(5).normal(size=300 * RATE_HZ) * 10 ** (-85 / 20)
    whole = np.concatenate((speech, room.astype(np.float32), speech))

    out = evened(whole, 1600)

    pause = slice(len(speech), len(speech) + len(room))
    gains = np.sqrt(np.mean((out[pause] / whole[pause]).reshape(-1, BLOCK) ** 2, axis=1))
    assert 20 * np.log10(gains.min()) == pytest.approx(SPEECH_DBFS + 60.0, abs=1.5)
    assert gains.max() == pytest.approx(gains.min(), rel=0.01)
    again = out[pause.stop : pause.stop + RATE_HZ // 2]
    assert again[100] / speech[100] == pytest.approx(gains[-1], rel=0.01)


def test_steady_sound_that_begins_leaves_the_gain_of_the_voice():
    speech = prep.speechlike(20, -60.0)
    fan = np.random.default_rng(6).normal(size=400 * RATE_HZ) * 10 ** (-72 / 20)

    out = evened(np.concatenate((speech, fan.astype(np.float32))), 1600)

    gain = out[-BLOCK:] / fan[-BLOCK:]
    assert SPEECH_DBFS + 60 - 1.5 <= 20 * np.log10(np.median(gain)) <= MAX_GAIN_DB + 0.1


def test_digital_silence_is_not_remembered():
    statistics = LevelStatistics()
    speech = speechlike(20, -60.0)
    for start in range(0, len(speech), BLOCK):
        statistics.push(speech[start : start + BLOCK], memory_s=60.0)
    known = statistics.known_gain_db

    for _ in range(6000):
        statistics.push(np.zeros(BLOCK, dtype=np.float32), memory_s=60.0)

    assert statistics.known_gain_db == known
    assert LevelStatistics().known_gain_db is None


def test_voice_that_comes_nearer_is_turned_down_again():
    far, near = speechlike(30, -60.0), speechlike(30, -35.0, seed=3)

    out = evened(np.concatenate((far, near)), 1600)

    np.testing.assert_array_equal(out[-5 * RATE_HZ :], near[-5 * RATE_HZ :])
