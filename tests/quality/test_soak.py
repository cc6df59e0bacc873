"""The load that a soak test holds, and what it reports."""

import numpy as np
import pytest

from tests.quality.soak import BUDGET_SHARE, callback_record, memory_slope, steered

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("others", [0.0, 0.25, 0.6])
def test_machine_is_brought_to_the_target_whatever_else_runs(others):
    share = 0.8
    for _ in range(30):
        busy = min(1.0, share + others)
        share = steered(share, busy, 0.8)

    assert share + others == pytest.approx(0.8, abs=0.01)


def test_busier_machine_than_asked_for_gets_no_more_load():
    assert steered(0.05, 1.0, 0.8) == 0.0


def test_growth_of_memory_comes_with_its_error():
    seconds = list(np.arange(0, 3_600, 5.0))
    noise = np.random.default_rng(1).normal(0, 0.5, len(seconds))

    steady = memory_slope(seconds, list(100 + noise))
    growing = memory_slope(seconds, list(100 + 20 * np.array(seconds) / 3600 + noise))

    assert abs(steady["mb_per_h"]) < 3 * steady["standard_error"]
    assert growing["mb_per_h"] == pytest.approx(20, abs=3 * growing["standard_error"])
    assert growing["hours"] == pytest.approx(0.8, abs=0.01)


def test_blocks_over_the_budget_are_counted():
    shares = np.array([0.01] * 98 + [BUDGET_SHARE + 0.1, 0.5])

    record = callback_record(0.02 * shares, np.full(100, 0.02))

    assert (record["over_budget"], record["blocks"], record["max"]) == (2, 100, 0.5)
    assert record["p50"] == pytest.approx(0.01)
    assert record["whole"] == pytest.approx(shares.mean())
    assert record["longest_cost_ms"] == pytest.approx(10)


def test_short_blocks_do_not_make_the_whole_dear():
    record = callback_record(np.full(2, 1e-4), np.array([1e-4, 0.1]))

    assert record["max"] == pytest.approx(1.0)
    assert record["whole"] == pytest.approx(0.002, abs=1e-4)
    assert record["shortest_block_ms"] == pytest.approx(0.1)
