from __future__ import annotations

import threading

import pytest

from app.bench.asr import AsrFigures
from app.bench.latency import Delays
from app.bench.oppoints import OppointsResult, draw_oppoints, run_oppoints
from app.bench.play import Setup, play
from app.bench.scoring import WordScore
from app.bench.sets import find_sets
from app.domain.session import OperatingPoint
from tests.fakes.engine import MODELS
from tests.fakes.program import FakeProgram, patch, segment
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


def result(errors: dict[OperatingPoint, int], *, is_realtime: bool = True) -> OppointsResult:
    return OppointsResult(
        setup=Setup(is_realtime=is_realtime),
        points={
            point: {
                "one": AsrFigures(
                    score=WordScore(words=1000, errors=count),
                    delays=Delays(final=(point.delay_s or 0.0,)),
                )
            }
            for point, count in errors.items()
        },
    )


ERRORS = {
    OperatingPoint.LIVE: 108,
    OperatingPoint.BALANCED: 103,
    OperatingPoint.ACCURATE: 101,
    OperatingPoint.FINAL: 100,
}


def test_losses_are_relative_to_the_final_pass():
    found = result(ERRORS)

    assert found.relative_loss(OperatingPoint.LIVE) == pytest.approx(8.0)
    assert found.relative_loss(OperatingPoint.FINAL) == pytest.approx(0.0)
    assert result({**ERRORS, OperatingPoint.FINAL: 0}).relative_loss(OperatingPoint.LIVE) is None


@pytest.mark.parametrize("point", [p for p in OperatingPoint if p is not OperatingPoint.FINAL])
def test_a_point_that_loses_too_much_misses(point):
    worse = {**ERRORS, point: ERRORS[point] + 1}

    record = result(worse).record()

    assert [t["name"] for t in record["targets"] if t["ok"] is False] == [
        f"WER at {point.value} above final"
    ]
    assert record["ok"] is False


def test_delays_are_promised_at_the_pace_of_the_clock_only():
    timed = [t.name for t in result(ERRORS).targets]
    fast = [t.name for t in result(ERRORS, is_realtime=False).targets]

    assert "final delay p95 at balanced" in timed
    assert not [name for name in fast if "delay" in name]


def test_every_point_runs_and_the_final_pass_as_fast_as_it_can(tmp_path):
    write_set(tmp_path / "sets" / "one")
    program = FakeProgram(tmp_path)
    program.engine.live = program.engine.final = [MODELS, patch(segment("a", "hello there"))]
    setups = []

    def player_of(setup):
        setups.append(setup)
        return lambda reference: play(
            program.context, reference.streams, setup, cancel=threading.Event()
        )

    found = run_oppoints(find_sets([tmp_path / "sets"]), Setup(), player_of)

    assert [(s.point, s.is_realtime) for s in setups] == [
        (OperatingPoint.LIVE, True),
        (OperatingPoint.BALANCED, True),
        (OperatingPoint.ACCURATE, True),
        (OperatingPoint.FINAL, False),
    ]
    assert {name: p["wer"] for name, p in found.record()["points"].items()} == {
        point.value: 0.0 for point in OperatingPoint
    }


def test_the_figure_is_drawn(tmp_path):
    draw_oppoints(result(ERRORS), tmp_path / "out.png")

    assert (tmp_path / "out.png").stat().st_size > 1000
