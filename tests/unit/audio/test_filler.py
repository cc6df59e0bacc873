import numpy as np
import pytest

from app.audio.filler import SilenceFiller
from app.audio.ring import Ring

pytestmark = pytest.mark.unit

RATE_HZ = 1_000


def make() -> tuple[Ring, SilenceFiller]:
    ring = Ring(capacity_frames=100_000, channels=2, rate_hz=RATE_HZ)
    return ring, SilenceFiller(ring, 50.0)


def sound(seconds: float) -> np.ndarray:
    return np.full((round(seconds * RATE_HZ), 2), 7, dtype=np.int16)


def written(ring: Ring) -> np.ndarray:
    return ring.read(1_000_000)[0][:, 0]


def test_idle_output_gives_silence_up_to_a_little_before_now():
    ring, filler = make()

    for tenth in range(1, 101):
        filler.idle(50.0 + tenth / 10)

    frames = written(ring)
    assert 9.5 * RATE_HZ <= len(frames) <= 9.8 * RATE_HZ
    assert not frames.any()


def test_sound_behind_silence_stands_where_it_was_heard():
    ring, filler = make()
    filler.idle(53.0)

    filler.packet(sound(0.02), 55.02)
    filler.packet(sound(0.02), 55.04)

    frames = written(ring)
    assert np.flatnonzero(frames)[0] == pytest.approx(5.0 * RATE_HZ, abs=1)
    assert len(frames) == pytest.approx(5.04 * RATE_HZ, abs=1)


def test_jitter_of_packets_adds_nothing():
    ring, filler = make()
    random = np.random.default_rng(1)
    filler.packet(sound(0.02), 50.02)

    for index in range(2, 3_000):
        filler.packet(sound(0.02), 50.0 + 0.02 * index + 0.05 * random.random())
        filler.idle(50.0 + 0.02 * index + 0.06)

    assert (written(ring) == 7).all()


def test_sound_that_comes_late_is_never_dropped():
    ring, filler = make()
    filler.idle(60.0)

    filler.packet(sound(1.0), 60.1)

    assert np.count_nonzero(written(ring)) == RATE_HZ
