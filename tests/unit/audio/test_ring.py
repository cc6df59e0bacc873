import threading

import numpy as np
import pytest

from app.audio.ring import Ring

pytestmark = pytest.mark.unit


def ramp(start: int, count: int, channels: int = 1) -> np.ndarray:
    return np.repeat(np.arange(start, start + count, dtype=np.int16)[:, None], channels, axis=1)


def test_read_returns_what_was_written_when_the_ring_wraps():
    ring = Ring(capacity_frames=5, channels=2, rate_hz=100)
    ring.write(ramp(0, 4, 2), 0.04)
    ring.read(3)

    ring.write(ramp(4, 4, 2), 0.08)
    frames, lost = ring.read(10)

    np.testing.assert_array_equal(frames, ramp(3, 5, 2))
    assert lost == 0


def test_overrun_is_counted_and_reported_where_it_happened():
    ring = Ring(capacity_frames=4, channels=1, rate_hz=100)

    ring.write(ramp(0, 6), 0.06)
    ring.write(ramp(6, 1), 0.07)
    before = ring.read(10)
    ring.write(ramp(7, 2), 0.09)
    behind = ring.read(10)

    assert before[0][:, 0].tolist() == [0, 1, 2, 3]
    assert before[1] == 0
    assert behind[0][:, 0].tolist() == [7, 8]
    assert behind[1] == 3
    assert ring.dropped_frames == 3
    assert ring.last_position == 9


def test_loss_at_the_end_is_told_when_nothing_follows():
    ring = Ring(capacity_frames=2, channels=1, rate_hz=100)
    ring.write(ramp(0, 5), 0.05)
    ring.read(2)

    frames, lost = ring.read(2)

    assert len(frames) == 0
    assert lost == 3
    assert ring.read(2)[1] == 0


def test_origin_is_the_earliest_start_that_a_block_implies():
    ring = Ring(capacity_frames=1000, channels=1, rate_hz=100)
    assert ring.origin_s is None

    ring.write(ramp(0, 10), 5.30)
    ring.write(ramp(10, 10), 5.25)
    ring.write(ramp(20, 10), 5.90)

    assert ring.origin_s == pytest.approx(5.05)


def test_more_losses_than_the_table_holds_keep_their_total():
    ring = Ring(capacity_frames=600, channels=1, rate_hz=100)
    ring.write(ramp(0, 600), 0)
    for _ in range(300):
        ring.write(ramp(0, 2), 0)
        ring.read(1)
        ring.write(ramp(0, 1), 0)

    lost = 0
    for _ in range(2000):
        lost += ring.read(7)[1]

    assert ring.waiting_frames == 0
    assert lost == ring.dropped_frames == 600


def test_two_threads_lose_nothing_but_what_is_counted():
    ring = Ring(capacity_frames=64, channels=1, rate_hz=100)
    total = 30_000
    done = threading.Event()

    def produce() -> None:
        for start in range(0, total, 10):
            ring.write(ramp(start, 10), 0)
        done.set()

    producer = threading.Thread(target=produce, name="producer")
    producer.start()
    timeline = 0
    while True:
        is_last = done.is_set()
        frames, lost = ring.read(50)
        timeline += lost
        expected = ramp(timeline, len(frames))
        np.testing.assert_array_equal(frames, expected)
        timeline += len(frames)
        if is_last and not len(frames) and not lost:
            break
    producer.join()

    assert timeline == total


@pytest.mark.parametrize("wrong", ["capacity_frames", "channels", "rate_hz"])
def test_ring_refuses_sizes_below_one(wrong):
    sizes = {"capacity_frames": 1, "channels": 1, "rate_hz": 1, wrong: 0}

    with pytest.raises(ValueError, match="at least 1"):
        Ring(**sizes)
