"""Quality steps down when work lies behind, in order, and up again when it does not."""

import pytest

from app.engine.governor import Governor, GovernorParameters, Relief

pytestmark = pytest.mark.unit

LATE, WELL, SO_SO = 1.0, 0.1, 0.5


def watch(governor, *lags_s, promise_s=2.0):
    """The relief after each second."""
    for lag_s in lags_s:
        governor.observe(lag_s, promise_s)
    return governor.relief


def test_nothing_is_left_out_while_the_machine_keeps_up():
    assert watch(Governor(), *[WELL, SO_SO] * 30) is Relief.NONE


def test_steps_down_one_by_one_and_no_further_than_the_last():
    governor = Governor()

    steps = [watch(governor, LATE, LATE, LATE) for _ in range(6)]

    assert steps == [
        Relief.NO_SEPARATION,
        Relief.FEWER_PARTIALS,
        Relief.NO_PARTIALS,
        Relief.FEWER_FINALS,
        Relief.FEWER_FINALS,
        Relief.FEWER_FINALS,
    ]


def test_session_that_takes_nothing_apart_has_no_such_step():
    governor = Governor(steps=[step for step in Relief if step is not Relief.NO_SEPARATION])

    assert watch(governor, *[LATE] * 3) is Relief.FEWER_PARTIALS
    assert watch(governor, *[WELL] * 20) is Relief.NONE


def test_one_slow_second_changes_nothing():
    assert watch(Governor(), *[LATE, LATE, SO_SO] * 20) is Relief.NONE


def test_steps_up_later_than_down():
    governor = Governor()
    watch(governor, *[LATE] * 6)

    assert watch(governor, *[WELL] * 19) is Relief.FEWER_PARTIALS
    assert watch(governor, WELL) is Relief.NO_SEPARATION
    assert watch(governor, *[WELL] * 20) is Relief.NONE


def test_middling_lag_holds_the_step():
    governor = Governor()
    watch(governor, *[LATE] * 3)

    assert watch(governor, *[SO_SO] * 100) is Relief.NO_SEPARATION


def test_lag_counts_by_the_promise():
    assert watch(Governor(), *[1.0] * 3, promise_s=1.0) is Relief.NO_SEPARATION
    assert watch(Governor(), *[1.0] * 3, promise_s=4.0) is Relief.NONE


def test_change_is_told_once():
    governor = Governor(GovernorParameters(down_after=1))

    assert governor.observe(LATE, 2.0)
    assert not governor.observe(SO_SO, 2.0)
