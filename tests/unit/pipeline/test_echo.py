"""The microphone without its echo."""

import numpy as np
import pytest

from app.pipeline.echo import EchoCleaner
from tests.fakes.room import echo_of, make_noise, make_voice, power_db

pytestmark = pytest.mark.unit

SECONDS = 12.0
RATE = 16_000
FAR = make_voice(SECONDS, seed=1)
VOICE = make_voice(SECONDS, seed=2)
NOISE = make_noise(SECONDS, seed=3)


def clean(near, far=FAR, cleaner=None, block=1_600):
    """Feed both evenly; returns the cleaned microphone and the cleaner."""
    cleaner = cleaner or EchoCleaner()
    parts = []
    for start in range(0, len(near), block):
        parts.append(cleaner.push_far(far[start : start + block]))
        parts.append(cleaner.push_near(near[start : start + block]))
    parts.append(cleaner.flush())
    return np.concatenate(parts), cleaner


def late(samples, from_s=4.0):
    return samples[round(from_s * RATE) :]


@pytest.mark.parametrize("near", [NOISE, VOICE + NOISE, np.zeros_like(NOISE)])
def test_headphones_change_no_bit(near):
    result, cleaner = clean(near)

    assert np.array_equal(result, near)
    assert cleaner.leak is None


def test_silent_system_audio_changes_no_bit():
    result, _ = clean(VOICE + NOISE, np.zeros_like(FAR))

    assert np.array_equal(result, VOICE + NOISE)


@pytest.mark.parametrize(("delay_s", "level_db"), [(0.08, -10), (0.1, -4), (-0.03, -6)])
def test_lone_echo_goes_and_its_delay_and_level_are_known(delay_s, level_db):
    echo = echo_of(FAR, delay_s=delay_s, level_db=level_db, distortion=0.1)

    result, cleaner = clean(echo + NOISE)

    assert power_db(late(echo)) - power_db(late(result)) > 25
    assert cleaner.leak.delay_s == pytest.approx(delay_s, abs=0.002)
    assert cleaner.leak.level_db == pytest.approx(level_db, abs=1.5)


def test_echo_is_gone_within_three_seconds():
    echo = echo_of(FAR, delay_s=0.08, level_db=-6)

    result, _ = clean(echo + NOISE)

    second = slice(3 * RATE, 4 * RATE)
    assert power_db(echo[second]) - power_db(result[second]) > 20


def test_voice_stays_in_double_talk():
    echo = echo_of(FAR, delay_s=0.08, level_db=-4, distortion=0.1)
    near = VOICE + echo + NOISE

    result, _ = clean(near)

    wrong = late(result) - late(VOICE)
    assert power_db(late(echo)) - power_db(wrong) > 8
    assert power_db(late(result)) == pytest.approx(power_db(late(VOICE)), abs=1.0)


def test_voice_before_and_after_the_echo_is_not_turned_down():
    far = FAR.copy()
    far[: 6 * RATE] = 0.0
    voice = VOICE.copy()
    voice[6 * RATE : 10 * RATE] = 0.0

    result, _ = clean(voice + echo_of(far, delay_s=0.08, level_db=-6) + NOISE, far)

    first = slice(0, 5 * RATE)
    assert np.array_equal(result[first], (voice + NOISE)[first])
    assert power_db(late(result, 10.5)) == pytest.approx(power_db(late(voice, 10.5)), abs=1.0)


def test_new_delay_is_followed():
    early = echo_of(FAR, delay_s=0.05, level_db=-6)
    echo = np.concatenate([early[: 6 * RATE], echo_of(FAR, delay_s=0.2, level_db=-6)[6 * RATE :]])

    result, cleaner = clean(echo + NOISE)

    assert power_db(late(echo, 9.0)) - power_db(late(result, 9.0)) > 20
    assert cleaner.leak.delay_s == pytest.approx(0.2, abs=0.002)


def test_headphones_put_on_end_the_leak():
    far, voice = make_voice(30.0, seed=4), make_voice(30.0, seed=5)
    echo = echo_of(far, delay_s=0.05, level_db=-6)
    echo[6 * RATE :] = 0.0
    near = echo + voice + make_noise(30.0, seed=6)

    result, cleaner = clean(near, far)

    assert cleaner.leak is None
    assert np.array_equal(result[-RATE:], near[-RATE:])


def test_learned_room_cleans_from_the_first_sample():
    echo = echo_of(FAR, delay_s=0.08, level_db=-6)
    _, cleaner = clean(echo + NOISE)

    result, _ = clean(echo + NOISE, cleaner=EchoCleaner(room=cleaner.room))

    assert power_db(echo[:RATE]) - power_db(result[:RATE]) > 20


def test_room_of_another_meeting_is_dropped():
    _, cleaner = clean(echo_of(FAR, delay_s=0.08, level_db=0) + NOISE)

    result, again = clean(NOISE, cleaner=EchoCleaner(room=cleaner.room))

    assert again.leak is None
    assert np.array_equal(late(result), late(NOISE))


def test_microphone_waits_for_system_audio_of_the_same_time():
    cleaner = EchoCleaner(patience_s=0.6)

    first = cleaner.push_near(NOISE[:8_000])
    then = cleaner.push_far(FAR[:8_000])

    assert len(first) == 0
    assert 8_000 - 2 * 1_024 <= len(then) < 8_000
    assert cleaner.is_waiting


def test_microphone_does_not_wait_forever():
    cleaner = EchoCleaner(patience_s=0.6)

    result = cleaner.push_near(NOISE[: 10 * RATE])

    assert len(result) >= 9 * RATE
    assert np.array_equal(result, NOISE[: len(result)])


def test_end_of_system_audio_ends_the_wait():
    cleaner = EchoCleaner()
    cleaner.push_near(NOISE[:8_000])

    result = cleaner.end_far()

    assert len(result) > 8_000 - 512
    assert not cleaner.is_waiting
    assert len(result) + len(cleaner.flush()) == 8_000


def test_streams_may_begin_at_different_samples():
    echo = echo_of(FAR, delay_s=0.08, level_db=-6)
    cleaner = EchoCleaner(near_start=32_000, far_start=8_000)
    parts = []
    for start in range(8_000, len(FAR), 1_600):
        parts.append(cleaner.push_far(FAR[start : start + 1_600]))
        if start >= 32_000:
            parts.append(cleaner.push_near((echo + NOISE)[start : start + 1_600]))
    parts.append(cleaner.flush())

    result = np.concatenate(parts)

    assert len(result) == len(FAR) - 32_000
    assert cleaner.leak.delay_s == pytest.approx(0.08, abs=0.002)
    assert power_db(echo[-3 * RATE :]) - power_db(result[-3 * RATE :]) > 20


def test_nothing_in_gives_nothing_out():
    assert len(EchoCleaner().flush()) == 0
