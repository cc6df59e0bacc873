"""A device that hands over packets, driven by hand."""

import threading

import numpy as np
import pytest

from app.audio.packets import PacketInput
from app.domain.ids import StreamId
from tests.fakes.audio_device import ManualClock, make_device

pytestmark = pytest.mark.unit

WAIT_S = 10.0


class HandInput(PacketInput):
    """Packets are arrays of frames."""

    def __init__(self, clock):
        super().__init__(clock)
        self.is_broken = False
        self.ends = 0
        self.written = threading.Semaphore(0)
        self.begin(make_device(StreamId.SYSTEM), clock.monotonic())

    def write(self, packet, taken_at_s):
        self._filler.packet(packet, taken_at_s)
        self.written.release()

    def is_running(self):
        return not self.is_broken

    def end(self):
        self.ends += 1


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def device(clock):
    made = HandInput(clock)
    yield made
    made.close()


def frames(device, seconds, value=1):
    shape = (round(seconds * device.ring.rate_hz), device.ring.channels)
    return np.full(shape, value, dtype=np.int16)


def test_packets_reach_the_ring_in_their_order(device, clock):
    for value in (1, 2, 3):
        clock.time_s += 0.02
        device.take(frames(device, 0.02, value))
        assert device.written.acquire(timeout=WAIT_S)

    assert device.wait_started(WAIT_S)
    assert device.ring.last_position == 3 * round(0.02 * device.ring.rate_hz)
    assert not device.is_lost


def test_time_without_packets_is_silence(device, clock):
    device.take(frames(device, 0.02))
    assert device.written.acquire(timeout=WAIT_S)

    clock.time_s += 2.0
    device.take(frames(device, 0.02))
    assert device.written.acquire(timeout=WAIT_S)

    assert device.ring.last_position == pytest.approx(2.0 * device.ring.rate_hz, abs=2_000)


def test_device_that_ends_by_itself_is_lost_once_it_is_empty(device):
    device.is_broken = True

    assert not device.wait_started(WAIT_S)
    device._worker.join(WAIT_S)
    assert device.is_lost


def test_closing_ends_the_library_once_and_is_no_loss(device):
    device.close()
    device.close()

    assert device.ends == 1
    assert not device.is_lost
