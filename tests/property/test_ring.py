"""The ring against a list that remembers everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.ring import Ring

pytestmark = pytest.mark.property

operations = st.lists(
    st.tuples(st.sampled_from(["write", "read"]), st.integers(min_value=0, max_value=40)),
    max_size=60,
)


class SlowRing:
    """Every offered frame in order; None where it was dropped."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.timeline: list[int | None] = []
        self.waiting: list[int] = []

    def write(self, values: list[int]) -> None:
        for value in values:
            is_kept = len(self.waiting) < self.capacity
            self.timeline.append(value if is_kept else None)
            if is_kept:
                self.waiting.append(value)

    def read(self, count: int) -> None:
        del self.waiting[:count]


@given(st.integers(min_value=1, max_value=30), operations)
def test_reading_rebuilds_the_time_line(capacity, steps):
    ring = Ring(capacity_frames=capacity, channels=1, rate_hz=16_000)
    twin = SlowRing(capacity)
    rebuilt: list[int | None] = []
    offered = 0

    def take(count: int) -> int:
        frames, lost = ring.read(count)
        rebuilt.extend([None] * lost)
        rebuilt.extend(frames[:, 0].tolist())
        twin.read(len(frames))
        return len(frames) + lost

    for kind, count in steps:
        if kind == "write":
            values = list(range(offered, offered + count))
            ring.write(np.array(values, dtype=np.int16).reshape(-1, 1), 0.0)
            twin.write(values)
            offered += count
        else:
            take(count)
        assert ring.waiting_frames == len(twin.waiting)
    while take(1000):
        pass

    assert rebuilt == twin.timeline
    assert ring.dropped_frames == twin.timeline.count(None)
