import numpy as np
import pytest

from app.audio.levels import Finding, LevelMeter, Signal, SignalWatch, rms_dbfs

pytestmark = pytest.mark.unit

RATE_HZ = 1000


def loud(seconds: float, value: float) -> np.ndarray:
    return np.full(round(seconds * RATE_HZ), value, dtype=np.float32)


def test_level_of_known_signals():
    sine = np.sin(np.linspace(0, 200 * np.pi, 100_000, endpoint=False)).astype(np.float32)

    assert rms_dbfs(loud(1, 1.0)) == pytest.approx(0.0)
    assert rms_dbfs(sine) == pytest.approx(-3.01, abs=0.01)
    assert rms_dbfs(loud(1, 0.1)) == pytest.approx(-20.0, abs=1e-4)
    assert rms_dbfs(loud(1, 0.0)) == -120.0
    assert rms_dbfs(loud(0, 0.0)) == -120.0


def test_meter_forgets_what_is_older_than_100_ms():
    meter = LevelMeter(RATE_HZ)
    meter.push(loud(1.0, 1.0))

    meter.push(loud(0.05, 0.0))
    half = meter.level_dbfs
    meter.push(loud(0.05, 0.0))

    assert half == pytest.approx(-3.01, abs=0.01)
    assert meter.level_dbfs == -120.0


def found(watch: SignalWatch, finding: Finding, seconds: int, value: float) -> dict[int, float]:
    """Which of the next seconds show something, and its measure."""
    return {
        second: signal.value
        for second in range(1, seconds + 1)
        for signal in watch.push(loud(1, value))
        if signal.finding is finding
    }


def test_silence_is_found_soon_after_the_start_and_then_by_minutes():
    assert found(SignalWatch(RATE_HZ), Finding.SILENT, 130, 0.0) == {10: 10, 60: 60, 120: 120}


def test_silence_after_sound_is_found_after_a_minute():
    watch = SignalWatch(RATE_HZ)
    watch.push(loud(1, 0.01))

    assert found(watch, Finding.SILENT, 70, 0.0) == {60: 60}


def test_clipping_is_measured_over_ten_seconds_and_told_once_a_minute():
    watch = SignalWatch(RATE_HZ)
    second = loud(1, 0.1)
    second[:8] = -1.0

    told = [(i, signal) for i in range(90) for signal in watch.push(second)]

    clipping = [(i, s.value) for i, s in told if s.finding is Finding.CLIPPING]
    assert clipping == [(9, pytest.approx(0.008)), (69, pytest.approx(0.008))]


def test_single_full_scale_sample_is_no_clipping():
    watch = SignalWatch(RATE_HZ)
    samples = loud(20, 0.001)
    samples[7] = 1.0

    assert watch.push(samples) == ()


def test_talk_is_found_in_loud_seconds_and_not_in_a_quiet_room():
    talking, room = SignalWatch(RATE_HZ), SignalWatch(RATE_HZ)

    assert list(found(talking, Finding.TALKING, 25, 0.05)) == [3, 13, 23]
    assert found(room, Finding.TALKING, 25, 0.001) == {}


def test_findings_do_not_depend_on_the_size_of_the_pieces():
    whole, pieces = SignalWatch(RATE_HZ), SignalWatch(RATE_HZ)
    samples = np.concatenate((loud(12, 0.0), loud(20, 0.5)))

    by_pieces = [s for i in range(0, len(samples), 70) for s in pieces.push(samples[i : i + 70])]

    assert list(whole.push(samples)) == by_pieces
    assert Signal(Finding.SILENT, 10) in by_pieces


def test_one_channel_that_is_cut_off_is_found_beside_one_that_is_not():
    watch = SignalWatch(RATE_HZ)
    mean, peaks = loud(10, 0.5), loud(10, 0.9)
    peaks[::200] = 1.0

    signals = watch.push(mean, peaks)

    (clipping,) = [s for s in signals if s.finding is Finding.CLIPPING]
    assert clipping.value == pytest.approx(0.005)
    assert not any(s.finding is Finding.CLIPPING for s in SignalWatch(RATE_HZ).push(mean))
