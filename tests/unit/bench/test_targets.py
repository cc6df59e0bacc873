from __future__ import annotations

import pytest

from app.bench.targets import Target, all_kept, rounded

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("value", "ok"), [(1.0, True), (1.01, False), (None, None)])
def test_a_target_is_kept_up_to_its_limit_and_not_judged_without_a_value(value, ok):
    target = Target(name="delay", unit="s", limit=1.0, value=value)

    assert target.record() == {"name": "delay", "unit": "s", "limit": 1.0, "value": value, "ok": ok}
    assert all_kept([target]) is (ok is not False)


def test_numbers_are_rounded_at_any_depth():
    assert rounded({"a": [1.23456, (2.0001, None)], "b": "x", "c": 3}) == {
        "a": [1.235, [2.0, None]],
        "b": "x",
        "c": 3,
    }
