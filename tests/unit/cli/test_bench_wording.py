from __future__ import annotations

import pytest

from app.cli.bench_wording import DISTURBED, closing_lines, target_line

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "ok", "line"),
    [
        (0.5, True, "ok    delay: 0.5 s (at most 1)"),
        (2.5, False, "MISS  delay: 2.5 s (at most 1)"),
        (None, None, "-     delay: not measured (at most 1)"),
    ],
)
def test_a_target_is_one_line(value, ok, line):
    target = {"name": "delay", "unit": "s", "limit": 1.0, "value": value, "ok": ok}

    assert target_line(target) == line


def test_a_busy_machine_is_said_last():
    assert closing_lines({"targets": [], "disturbed": True}) == [DISTURBED]
    assert closing_lines({"targets": [], "disturbed": False}) == []
