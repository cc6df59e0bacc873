import numpy as np
import pytest

from app.audio.preparation import resampled, stored_offsets, told_clipping

pytestmark = pytest.mark.unit


def test_samples_are_resampled_like_a_recording_of_any_block():
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100)).astype(np.float32)

    whole = resampled(tone, 44_100, len(tone))
    pieces = resampled(tone, 44_100, 441)

    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    np.testing.assert_allclose(whole[1_000:-1_000], expected[1_000:-1_000], atol=1e-3)
    np.testing.assert_allclose(pieces, whole, atol=1 / 32_768)


def test_share_of_clipped_samples_is_told_for_the_worse_channel():
    frames = np.zeros((160_000, 2), dtype=np.float32)
    frames[::400, 1] = -1.0

    assert told_clipping(frames) == pytest.approx((0.0025,))
    assert told_clipping(frames[:, :1]) == ()


@pytest.mark.parametrize("ppm", [50.0, -50.0])
def test_device_with_a_clock_of_its_own_is_stored_in_time(ppm):
    at_s, offset_s = stored_offsets(ppm, 600.0)

    # Left alone, the last click would be 30 ms off.
    assert len(at_s) in (19, 20)
    assert np.abs(offset_s).max() < 0.010
