"""`crosstalk bench governor` on the fake program."""

import json

import pytest

from app.domain.session import Part
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import patch, segment
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


def test_both_ways_are_played_with_the_programs_ended(line, tmp_path, monkeypatch):
    monkeypatch.setattr("app.bench.governor.BUSY_LOOP", ("false",))
    write_set(tmp_path / "sets" / "one", "hello there")
    line.program.engine.live = [MODELS, HEALTH, patch(segment("a", "hello there"))]

    result = line.run(
        *("bench", "governor", "--set", str(tmp_path / "sets"), "--minutes", "0.1", "--json"),
        *("--fig", str(tmp_path / "fig.png")),
    )

    record = json.loads(result.stdout.splitlines()[-1])
    assert list(record["ways"]) == ["governed", "free"]
    assert [way["words"] for way in record["ways"].values()] == [2, 2]
    configs = line.program.engine.configs
    assert [config.without for config in configs] == [frozenset(), frozenset({Part.GOVERNOR})]
    assert (tmp_path / "fig.png").exists()
