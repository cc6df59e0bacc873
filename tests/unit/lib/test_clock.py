from datetime import timedelta

import pytest

from app.lib.clock import SystemClock

pytestmark = pytest.mark.unit


def test_monotonic_never_goes_back() -> None:
    clock = SystemClock()

    times = [clock.monotonic() for _ in range(100)]

    assert times == sorted(times)


def test_now_is_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
