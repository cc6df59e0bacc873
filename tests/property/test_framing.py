"""Hops and the rolling past against twins that remember the whole stream."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.units import Span
from app.pipeline.framing import Hops, RollingAudio

pytestmark = pytest.mark.property

sizes = st.lists(st.integers(0, 40), max_size=30)


def numbered(start: int, count: int) -> np.ndarray:
    """Every sample is its own index on the time line, from 1 so that none is silence."""
    return np.arange(start + 1, start + count + 1, dtype=np.float32)


@given(sizes, st.integers(1, 17), st.integers(0, 1000))
def test_hops_are_the_stream_in_equal_slices_whatever_the_blocks(blocks, hop_samples, start):
    hops = Hops(hop_samples, start=start)
    found: list[tuple[int, list[float]]] = []
    position = start

    for size in blocks:
        found += [(at, hop.tolist()) for at, hop in hops.push(numbered(position, size))]
        position += size
    found += [(at, hop.tolist()) for at, hop in hops.flush()]

    stream = numbered(start, sum(blocks)).tolist()
    expected = [
        (start + i, (stream[i : i + hop_samples] + [0.0] * hop_samples)[:hop_samples])
        for i in range(0, len(stream), hop_samples)
    ]
    assert found == expected


@given(sizes, st.integers(1, 9))
def test_flushing_twice_adds_nothing(blocks, hop_samples):
    hops = Hops(hop_samples)
    for size in blocks:
        list(hops.push(numbered(0, size)))

    list(hops.flush())

    assert list(hops.flush()) == []


operations = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 60), st.just(0)),
        st.tuples(st.just("drop"), st.integers(-10, 700), st.just(0)),
        st.tuples(st.just("get"), st.integers(0, 700), st.integers(0, 200)),
    ),
    max_size=60,
)


@given(operations, st.integers(0, 100), st.integers(1, 64))
def test_rolling_audio_is_the_stream_with_silence_around_what_is_held(steps, start, capacity):
    audio = RollingAudio(start=start, capacity=capacity)
    twin: dict[int, float] = {}
    needed = start

    for kind, a, b in steps:
        if kind == "append":
            samples = numbered(audio.span.end, a)
            twin |= {audio.span.end + i: float(v) for i, v in enumerate(samples)}
            audio.append(samples)
        elif kind == "drop":
            needed = max(needed, min(a, audio.span.end))
            audio.drop_before(a)
            assert audio.span.start <= needed
        else:
            held = audio.span
            expected = [twin[i] if held.contains(i) else 0.0 for i in range(a, a + b)]
            assert audio.get(Span(a, a + b)).tolist() == expected
        assert audio.span.end == start + len(twin)


def test_memory_stays_bounded_when_the_past_is_dropped():
    audio = RollingAudio(capacity=1_000)

    for i in range(1_000):
        audio.append(np.zeros(50, dtype=np.float32))
        audio.drop_before(50 * i - 400)

    assert audio.span.length < 2_000
    assert audio.span.end == 50_000
