"""What a long meeting plays, and what is made of the memory that was sampled."""

import mmap

import numpy as np
import psutil
import pytest

from tests.quality.long_meeting import fitted, memory_of, piece
from tests.sound_server import RATE_HZ

pytestmark = pytest.mark.unit


def test_every_period_brings_the_next_part_of_the_speech_and_then_quiet():
    speech = np.linspace(0.1, 1.0, 3 * RATE_HZ)

    pieces = [piece(speech, number, 2.0, 5.0) for number in range(2)]

    again = np.concatenate([part[: 2 * RATE_HZ] for part in pieces])[: 3 * RATE_HZ]
    assert [len(part) for part in pieces] == [5 * RATE_HZ] * 2
    np.testing.assert_allclose(again, speech, atol=0.01)
    assert np.abs(pieces[1][RATE_HZ : 2 * RATE_HZ] - speech[:RATE_HZ]).max() < 0.01
    assert 0 < np.abs(pieces[0][2 * RATE_HZ :]).max() < 0.01


def line(t: float, app_mb: float, engine_mb: float, pid: int = 7) -> dict:
    """One sample."""
    kinds = ("rss", "uss", "pss", "anonymous")
    return {
        "t": t,
        "app": dict.fromkeys(kinds, app_mb),
        "engines": [{"pid": pid, **dict.fromkeys(kinds, engine_mb)}] if t else [],
        "threads": 17,
        "files": 30,
        "busy": 0.5,
    }


def test_slopes_are_those_of_each_process():
    lines = [line(t, 200 + t / 900, 500 + t / 360) for t in range(0, 3_600, 10)]

    result = fitted(lines)

    assert result["app_anonymous"]["mb_per_h"] == pytest.approx(4.0, abs=0.01)
    assert result["engine_uss"]["mb_per_h"] == pytest.approx(10.0, abs=0.01)
    assert result["app_rss"]["first_mb"] == 200


def test_engine_that_was_replaced_has_no_slope():
    lines = [line(t, 200, 500, pid=7 + t // 1_800) for t in range(0, 3_600, 10)]

    result = fitted(lines)

    assert result["engine_processes"] == 2
    assert "engine_uss" not in result


def test_memory_of_a_process_is_its_own_and_what_it_shares():
    before = memory_of(psutil.Process())
    # Mapped anew: an array might come out of what the heap still holds from an earlier test.
    with mmap.mmap(-1, 50_000_000, flags=mmap.MAP_PRIVATE) as more:
        more.write(b"1" * len(more))
        after = memory_of(psutil.Process())

    assert after["anonymous"] - before["anonymous"] == pytest.approx(50, abs=5)
    assert after["anonymous"] < after["rss"]
