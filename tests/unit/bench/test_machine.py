from __future__ import annotations

import pytest

from app.bench.machine import machine_record
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.unit


def test_the_record_says_when_and_on_what():
    clock = FakeClock()

    record = machine_record(clock)

    assert record["date"] == clock.now().strftime("%Y-%m-%d %H:%M UTC")
    assert record["cores"] >= 1
    assert record["memory_gb"] > 0
