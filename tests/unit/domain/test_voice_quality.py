from __future__ import annotations

import numpy as np
import pytest

from app.domain.voice_quality import (
    VoiceQuality,
    clipped_share,
    estimate_snr_db,
    estimate_speech_s,
    refusal,
    warnings,
)

pytestmark = pytest.mark.unit

RATE = 16_000


def bursts(noise_level, *, seconds=6.0, loud=0.3):
    """Half a second of tone, half a second of nothing, over noise."""
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(1).standard_normal(len(time)) * noise_level
    tone = loud * np.sin(2 * np.pi * 200 * time) * ((time % 1.0) < 0.5)
    return (tone + noise).astype(np.float32)


def test_more_noise_means_a_lower_estimate_near_the_truth():
    quiet, noisy = estimate_snr_db(bursts(0.002)), estimate_snr_db(bursts(0.05))

    assert quiet == pytest.approx(20 * np.log10(0.3 / np.sqrt(2) / 0.002), abs=2.5)
    assert noisy == pytest.approx(20 * np.log10(0.3 / np.sqrt(2) / 0.05), abs=2.5)


def test_pure_silence_and_too_little_sound_have_no_speech_level():
    assert estimate_snr_db(np.zeros(RATE, dtype=np.float32)) == 0.0
    assert estimate_snr_db(np.zeros(1000, dtype=np.float32)) is None


def test_digital_silence_between_words_is_limited():
    assert estimate_snr_db(bursts(0.0)) == pytest.approx(60.0)


def test_clipped_samples_are_counted():
    samples = np.array([1.0, -1.0, 0.5, 0.0], dtype=np.float32)

    assert clipped_share(samples) == 0.5
    assert clipped_share(samples[:0]) == 0.0


def test_speech_is_counted_without_pauses():
    said_s = estimate_speech_s(bursts(0.002, seconds=6.0))

    assert said_s == pytest.approx(6 * (0.5 + 2 * 0.128), abs=0.5)
    assert estimate_speech_s(np.zeros(RATE, dtype=np.float32)) == 0.0
    assert estimate_speech_s(np.zeros(10, dtype=np.float32)) == 0.0


@pytest.mark.parametrize(
    ("quality", "part"),
    [
        (VoiceQuality(speech_s=4.9), "4.9 s of speech"),
        (VoiceQuality(speech_s=20.0, likeness=0.1), "more than one voice"),
        (VoiceQuality(speech_s=5.0), None),
        (VoiceQuality(speech_s=20.0, likeness=0.9), None),
    ],
)
def test_only_unusable_recordings_are_refused(quality, part):
    reason = refusal(quality)

    assert (reason is None) == (part is None)
    assert part is None or part in reason


@pytest.mark.parametrize(
    ("quality", "parts"),
    [
        (VoiceQuality(speech_s=20.0, snr_db=30.0), []),
        (VoiceQuality(speech_s=20.0), []),
        (VoiceQuality(speech_s=9.0, snr_db=30.0), ["9 s of speech"]),
        (VoiceQuality(speech_s=20.0, snr_db=8.0), ["noisy"]),
        (VoiceQuality(speech_s=20.0, clipped_share=0.02), ["2.0 % of it is clipped"]),
        (VoiceQuality(speech_s=6.0, snr_db=1.0, clipped_share=0.5), ["6 s", "noisy", "clipped"]),
    ],
)
def test_each_weakness_is_told_in_a_sentence(quality, parts):
    said = warnings(quality, person_speech_s=quality.speech_s)

    assert len(said) == len(parts)
    for sentence, part in zip(said, parts, strict=True):
        assert part in sentence


def test_several_short_recordings_together_are_enough():
    assert warnings(VoiceQuality(speech_s=8.0), person_speech_s=16.0) == ()
