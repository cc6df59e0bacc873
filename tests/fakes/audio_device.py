"""A recording device that delivers what a test hands it, when it hands it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from app.audio.capture import ring_for
from app.domain.ids import StreamId
from app.domain.ports import InputDevice


class ManualClock:
    """Time that moves when the test says so."""

    def __init__(self, start_s: float = 1000.0) -> None:
        self.time_s = start_s
        self.slept_s = 0.0
        """What only the wall clock saw."""

    def monotonic(self) -> float:
        return self.time_s

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time_s + self.slept_s, UTC)


def make_device(
    stream: StreamId = StreamId.MIC, *, rate_hz: int = 48_000, channels: int = 1, **more
) -> InputDevice:
    """A device with sensible values."""
    values = {"key": f"fake.{stream}", "name": f"Fake {stream}", "is_default": True, **more}
    return InputDevice(stream=stream, rate_hz=rate_hz, channels=channels, **values)


class FakeInput:
    """An open device (`app.audio.capture.Input`)."""

    def __init__(self, device: InputDevice) -> None:
        self.device = device
        self.ring = ring_for(device)
        self.process_id = 4711
        self.is_lost = False
        self.close_count = 0

    def wait_started(self, timeout_s: float) -> bool:
        return self.ring.last_position > 0

    def close(self) -> None:
        self.close_count += 1

    def deliver(self, frames: np.ndarray, until_s: float) -> None:
        """Write frames int16 (n, channels), the last of them captured at `until_s`."""
        assert self.close_count == 0, "a closed device delivers nothing"
        self.ring.write(frames, until_s)
