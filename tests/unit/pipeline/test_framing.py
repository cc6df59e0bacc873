"""Hops at the edges; the whole is in tests/property/test_framing.py."""

import numpy as np
import pytest

from app.domain.units import Span
from app.pipeline.framing import Hops, RollingAudio

pytestmark = pytest.mark.unit


def ramp(count: int, start: int = 0) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.float32)


def test_hop_waits_for_its_last_sample():
    hops = Hops(4, start=100)

    assert list(hops.push(ramp(3))) == []
    assert [(at, hop.tolist()) for at, hop in hops.push(ramp(2, 3))] == [(100, [0, 1, 2, 3])]


def test_flush_fills_the_last_hop_with_silence():
    hops = Hops(4)
    list(hops.push(ramp(5, 1)))

    assert [(at, hop.tolist()) for at, hop in hops.flush()] == [(4, [5, 0, 0, 0])]


def test_rest_does_not_change_when_the_caller_reuses_the_block():
    hops = Hops(4)
    block = ramp(2, 1)
    list(hops.push(block))

    block[:] = 99

    assert [hop.tolist() for _, hop in hops.push(ramp(2, 3))] == [[1, 2, 3, 4]]


def test_rolling_audio_reads_silence_outside_what_is_held():
    audio = RollingAudio(start=10)
    audio.append(ramp(3, 1))

    assert audio.span == Span(10, 13)
    assert audio.get(Span(8, 15)).tolist() == [0, 0, 1, 2, 3, 0, 0]
    assert audio.get(Span(0, 2)).tolist() == [0, 0]


def test_rolling_audio_gives_copies():
    audio = RollingAudio()
    audio.append(ramp(3, 1))

    audio.get(Span(0, 3))[:] = 0

    assert audio.get(Span(0, 3)).tolist() == [1, 2, 3]


def test_dropping_keeps_what_is_needed():
    audio = RollingAudio(capacity=8)
    audio.append(ramp(8))

    audio.drop_before(6)

    assert audio.span == Span(6, 8)
    assert audio.get(Span(6, 8)).tolist() == [6, 7]


def test_rolling_audio_is_written_over_where_it_is_held():
    audio = RollingAudio(start=10)
    audio.append(ramp(3, 1))

    audio.put(8, ramp(4, 20))
    audio.put(50, ramp(4))

    assert audio.span == Span(10, 13)
    assert audio.get(Span(10, 13)).tolist() == [22, 23, 3]
