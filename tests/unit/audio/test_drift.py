import numpy as np
import pytest

from app.audio.drift import DEAD_ZONE_S, Stretcher, TimeKeeper, stretch_for
from app.audio.ring import Ring
from app.audio.timeline import StreamWriter
from app.domain.ids import StreamId
from tests.fakes.audio_device import make_device

pytestmark = pytest.mark.unit

RATE_HZ = 16_000
STARTED_AT_S = 5_000.0
CLICK_EVERY_S = 30.0


def tone(count: int, hz: float = 440.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(count) / RATE_HZ).astype(np.float32)


def in_blocks(stretcher: Stretcher, samples: np.ndarray, size: int) -> np.ndarray:
    parts = [stretcher.push(samples[i : i + size]) for i in range(0, len(samples), size)]
    return np.concatenate((*parts, stretcher.finish()))


def test_samples_pass_untouched_before_anything_is_stretched():
    samples = np.random.default_rng(1).normal(size=5_000).astype(np.float32)

    np.testing.assert_array_equal(in_blocks(Stretcher(), samples, 160), samples)


@pytest.mark.parametrize("stretch", [300e-6, -300e-6])
def test_stretched_tone_is_the_tone_read_at_other_places(stretch):
    stretcher = Stretcher()
    stretcher.stretch = stretch

    stretched = in_blocks(stretcher, tone(160_000), 800)

    # The slow twin: the tone itself, at the place that each sample stands for.
    places = np.arange(len(stretched)) / (1 + stretch)
    expected = np.sin(2 * np.pi * 440.0 * places / RATE_HZ)
    assert len(stretched) == pytest.approx(160_000 * (1 + stretch), abs=1)
    np.testing.assert_allclose(stretched[100:-100], expected[100:-100], atol=2e-4)
    assert stretcher.surplus == pytest.approx(160_000 * stretch, abs=0.5)


def test_result_does_not_depend_on_the_blocks():
    samples = np.random.default_rng(2).normal(size=40_000).astype(np.float32)
    results = []
    for size in (1, 37, 800, 40_000):
        stretcher = Stretcher()
        stretcher.stretch = 100e-6
        results.append(in_blocks(stretcher, samples[: 40_000 if size > 1 else 2_000], size))

    for other in results[1:]:
        np.testing.assert_allclose(other[:1_900], results[0][:1_900], atol=1e-5)
        assert len(other) == len(results[1])


def test_stretch_may_change_and_end_on_the_way():
    stretcher = Stretcher()
    samples = tone(48_000)
    parts = [stretcher.push(samples[:16_000])]
    stretcher.stretch = 400e-6
    parts.append(stretcher.push(samples[16_000:32_000]))
    stretcher.stretch = 0.0
    parts.append(stretcher.push(samples[32_000:]))
    whole = np.concatenate((*parts, stretcher.finish()))

    steps = np.abs(np.diff(whole[:-20]))
    assert steps.max() < 1.001 * np.abs(np.diff(samples)).max()
    assert len(whole) == pytest.approx(48_006, abs=1)


def test_small_differences_are_left_alone_and_large_ones_made_up_slowly():
    assert stretch_for(DEAD_ZONE_S) == 0
    assert stretch_for(-DEAD_ZONE_S / 2) == 0
    assert stretch_for(0.005) == pytest.approx(100e-6)
    assert stretch_for(-0.2) == -500e-6


def recorded(folder, ppm: float, *, minutes: float, seed: int, skip=(0.0, 0.0)) -> StreamWriter:
    """A stream of a device whose clock is `ppm` fast, with a click every 30 s of real time.

    Blocks arrive up to 40 ms late. In the time from skip[0] to skip[1] the device delivers
    nothing and does not say so.
    """
    random = np.random.default_rng(seed)
    rate_hz = RATE_HZ * (1 + ppm * 1e-6)
    ring = Ring(capacity_frames=10 * RATE_HZ, channels=1, rate_hz=RATE_HZ)
    writer = StreamWriter(
        folder, StreamId.MIC, make_device(rate_hz=RATE_HZ), segment_s=minutes * 60
    )
    keeper = TimeKeeper(ring, STARTED_AT_S)
    block = RATE_HZ // 5
    real_s, click_s = 0.0, CLICK_EVERY_S
    while real_s < minutes * 60:
        frames = np.zeros((block, 1), dtype=np.int16)
        until_s = real_s + block / rate_hz
        while click_s < until_s:
            if click_s >= real_s:
                frames[int((click_s - real_s) * rate_hz)] = 20_000
            click_s += CLICK_EVERY_S
        real_s = until_s
        if skip[0] <= real_s < skip[1]:
            continue
        ring.write(frames, STARTED_AT_S + real_s + random.exponential(0.008) % 0.04)
        taken, lost = ring.read(RATE_HZ)
        assert not lost
        writer.append(taken)
        keeper.keep(writer)
    writer.close()
    return writer


def clicks_s(writer: StreamWriter) -> np.ndarray:
    samples = np.fromfile(writer.spool.path, dtype="<i2")
    places = np.flatnonzero(np.abs(samples.astype(int)) > 9_000)
    return places[np.diff(places, prepend=-RATE_HZ) > RATE_HZ // 2] / RATE_HZ


def test_two_devices_stay_together_when_their_clocks_differ(tmp_path):
    for name in ("fast", "slow"):
        (tmp_path / name).mkdir()

    fast = recorded(tmp_path / "fast", 50.0, minutes=6, seed=1)
    slow = recorded(tmp_path / "slow", -50.0, minutes=6, seed=2)

    # Left alone, the last clicks would be 33 ms apart.
    expected = CLICK_EVERY_S * np.arange(1, 12)
    np.testing.assert_allclose(clicks_s(fast)[:11], expected, atol=0.010)
    np.testing.assert_allclose(clicks_s(slow)[:11], expected, atol=0.010)
    assert fast.info().dropped_samples == slow.info().dropped_samples == 0


def test_device_that_keeps_time_is_stored_as_it_came(tmp_path):
    writer = recorded(tmp_path, 0.0, minutes=2, seed=3)

    samples = np.fromfile(writer.spool.path, dtype="<i2")
    # Single samples, so nothing was interpolated; the test's own clock is rounded.
    assert np.flatnonzero(samples)[:3] / RATE_HZ == pytest.approx([30, 60, 90], abs=1e-4)
    assert np.count_nonzero(samples) <= 4


def test_time_that_a_device_left_out_becomes_a_gap(tmp_path):
    writer = recorded(tmp_path, 0.0, minutes=4, seed=4, skip=(65.0, 68.0))

    np.testing.assert_allclose(clicks_s(writer)[-4:-1], [150, 180, 210], atol=0.02)
    assert writer.info().dropped_samples == pytest.approx(3.0 * RATE_HZ, abs=0.05 * RATE_HZ)
