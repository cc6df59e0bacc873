from __future__ import annotations

import gc

import pytest

from app.ui.collector import THRESHOLDS, calm_collector

pytestmark = pytest.mark.unit


def test_what_exists_is_left_out_and_comes_back():
    before = gc.get_threshold()
    old = gc.get_freeze_count()

    with calm_collector():
        tracked = len(gc.get_objects())
        assert gc.get_freeze_count() > 1000
        assert gc.get_threshold() == THRESHOLDS

    assert len(gc.get_objects()) > tracked + 1000
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() <= old


def test_new_garbage_is_still_found():
    class Ring:
        """Refers to itself."""

    with calm_collector():
        ring = Ring()
        ring.itself = ring
        del ring

        assert gc.collect() >= 1


def test_what_is_made_later_and_stays_can_be_left_out_too():
    with calm_collector() as settle:
        before = gc.get_freeze_count()
        made = [[number] for number in range(5000)]

        settle()

        assert gc.get_freeze_count() >= before + len(made)
