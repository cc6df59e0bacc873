from __future__ import annotations

import psutil
import pytest

from app.bench.load import MAX_OTHERS, Load, LoadMeter, is_disturbed
from app.lib.clock import SystemClock
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.unit


def test_the_meter_counts_the_processor_time_of_this_process():
    meter = LoadMeter(SystemClock())
    meter()
    start_s = sum(psutil.Process().cpu_times()[:2])
    while sum(psutil.Process().cpu_times()[:2]) < start_s + 0.15:
        pass
    meter()

    load = meter.load()

    assert load.cpu_s >= 0.1
    assert 0 < load.cpu_share <= 1
    assert load.cpu_share <= load.machine_cpu + 0.2
    assert load.program_peak_mb > 10
    assert len(load.series) == 2


def test_a_meter_that_never_looked_knows_nothing():
    assert LoadMeter(FakeClock()).load().cpu_share == 0.0


def test_loads_add_time_and_keep_the_larger_memory():
    one = Load(cpu_s=1, wall_s=2, cores=2, engine_peak_mb=300, machine_cpu=0.5)
    two = Load(cpu_s=5, wall_s=6, cores=2, engine_peak_mb=200, machine_cpu=0.9)

    total = one + two

    assert total.cpu_share == pytest.approx(6 / 16)
    assert total.machine_cpu == pytest.approx((0.5 * 2 + 0.9 * 6) / 8)
    assert total.engine_peak_mb == 300


@pytest.mark.parametrize(("others", "disturbed"), [(MAX_OTHERS - 0.01, False), (0.6, True)])
def test_other_programs_disturb_above_a_share(others, disturbed):
    load = Load(cpu_s=2, wall_s=10, cores=2, machine_cpu=0.1 + others)

    assert is_disturbed(load) is disturbed
