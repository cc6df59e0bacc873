from __future__ import annotations

import pytest

from app.domain.errors import BugError, KnownError
from app.settings.schema import SCHEMA_VERSION
from app.settings.upgrades import UPGRADES, Upgrades

pytestmark = pytest.mark.unit


def test_every_version_has_a_step_and_every_step_a_test():
    steps = UPGRADES.steps

    assert sorted(steps) == list(range(2, SCHEMA_VERSION + 1))
    missing = [
        f"test_{s.__name__}" for s in steps.values() if f"test_{s.__name__}" not in globals()
    ]
    assert missing == []


def test_steps_run_in_order_from_the_files_version():
    upgrades = Upgrades(current=3)

    @upgrades.upgrade(to=3)
    def third(tables):
        tables["capture"]["microphone"] = tables["capture"].pop("mic").upper()

    @upgrades.upgrade(to=2)
    def second(tables):
        tables["capture"] = {"mic": tables.pop("mic")}

    assert upgrades.apply({"mic": "a"}, version=1, origin="x") == {"capture": {"microphone": "A"}}
    assert upgrades.apply({"capture": {"mic": "b"}}, version=2, origin="x") == {
        "capture": {"microphone": "B"}
    }


def test_a_newer_file_is_refused():
    with pytest.raises(KnownError, match="newer Crosstalk"):
        Upgrades(current=1).apply({}, version=2, origin="settings.toml")


def test_a_missing_step_and_a_double_one_are_bugs():
    upgrades = Upgrades(current=2)

    with pytest.raises(BugError):
        upgrades.apply({}, version=1, origin="x")
    upgrades.upgrade(to=2)(lambda tables: None)
    with pytest.raises(BugError):
        upgrades.upgrade(to=2)
    with pytest.raises(BugError):
        upgrades.upgrade(to=3)
