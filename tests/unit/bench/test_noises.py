from __future__ import annotations

import numpy as np
import pytest
import soundfile

from app.bench.noises import (
    LEVEL,
    Noise,
    at_level,
    generated_noises,
    mix_at_snr,
    noise_bed,
    read_mono,
    read_noises,
)
from app.domain.errors import KnownError
from tests.fakes.audio import tone

pytestmark = pytest.mark.unit


def rms(samples) -> float:
    return float(np.sqrt(np.mean(np.asarray(samples, dtype=np.float64) ** 2)))


def test_generated_noises_are_loud_finite_and_the_same_each_time():
    first, second = generated_noises(seconds=2.0), generated_noises(seconds=2.0)

    assert len({noise.name for noise in first}) == len(first) == 9
    for noise, again in zip(first, second, strict=True):
        assert np.array_equal(noise.samples, again.samples)
        assert noise.samples.dtype == np.float32
        assert np.isfinite(noise.samples).all()
        assert len(noise.samples) == 32_000
    assert all(rms(n.samples) > 0.5 * LEVEL for n in first if n.name != "near-silence")


def test_noises_are_read_by_name(tmp_path):
    soundfile.write(tmp_path / "b-rain.flac", tone(0.1), 16_000)
    soundfile.write(tmp_path / "a-wind.wav", tone(0.1), 16_000)

    assert [noise.name for noise in read_noises([tmp_path])] == ["a-wind", "b-rain"]


def test_a_folder_without_sound_is_refused(tmp_path):
    with pytest.raises(KnownError, match=r"no \.flac or \.wav file"):
        read_noises([tmp_path])


@pytest.mark.parametrize(("rate_hz", "shape"), [(8000, (100,)), (16_000, (100, 2))])
def test_another_shape_is_refused(tmp_path, rate_hz, shape):
    soundfile.write(tmp_path / "x.wav", np.zeros(shape), rate_hz)

    with pytest.raises(KnownError, match="not mono at 16000 Hz"):
        read_mono(tmp_path / "x.wav")


def test_what_is_no_audio_is_refused(tmp_path):
    (tmp_path / "x.wav").write_text("hello")

    with pytest.raises(KnownError, match="cannot be read"):
        read_mono(tmp_path / "x.wav")


def test_the_level_is_set_and_silence_stays_silence():
    assert rms(at_level(tone(0.5), 0.2)) == pytest.approx(0.2, rel=1e-3)
    assert not at_level(np.zeros(10), 0.2).any()


def test_the_bed_makes_every_noise_equally_loud():
    noises = [
        Noise(name="loud", samples=tone(0.1, 0.9)),
        Noise(name="quiet", samples=tone(0.1, 0.01)),
        Noise(name="silent", samples=np.zeros(1600, dtype=np.float32)),
    ]

    bed = noise_bed(noises, 8000)

    assert len(bed) == 8000
    assert [rms(bed[i : i + 1600]) for i in range(0, 8000, 1600)] == pytest.approx([1] * 5)


def test_only_silence_makes_no_bed():
    with pytest.raises(KnownError, match="silent"):
        noise_bed([Noise(name="x", samples=np.zeros(10, dtype=np.float32))], 20)


@pytest.mark.parametrize("snr_db", [20.0, 0.0, -5.0])
def test_the_mixture_has_the_ratio_asked_for_where_somebody_talks(snr_db):
    speech = np.concatenate([tone(0.5, 0.1), np.zeros(8000, dtype=np.float32)])
    is_speech = np.arange(16_000) < 8000
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)

    mixture = mix_at_snr(speech, noise, is_speech, snr_db)

    added = mixture[8000:]
    wanted = 10 * np.log10(rms(speech[:8000]) ** 2 / rms(added) ** 2)
    assert wanted == pytest.approx(snr_db, abs=0.5)
    assert np.abs(mixture).max() <= 1.0
