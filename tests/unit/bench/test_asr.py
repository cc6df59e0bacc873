from __future__ import annotations

import threading

import pytest

from app.bench.asr import AsrFigures, check_targets, draw_asr, measure_take, run_asr
from app.bench.latency import Delays
from app.bench.load import Load
from app.bench.play import Setup, play
from app.bench.sets import find_sets
from app.bench.stability import Stability
from app.domain.session import OperatingPoint
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import FakeProgram, patch, segment
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


@pytest.fixture
def sets(tmp_path):
    write_set(tmp_path / "sets" / "one")
    write_set(tmp_path / "sets" / "two", "good morning everyone", word_times="ctm")
    return find_sets([tmp_path / "sets"])


@pytest.fixture
def program(tmp_path):
    made = FakeProgram(tmp_path)
    made.engine.live = [
        MODELS,
        patch(segment("a", "hello where", is_final=False)),
        HEALTH,
        patch(segment("a", "hello there", revision=2)),
    ]
    return made


def player_of(program, setup):
    return lambda reference: play(
        program.context, reference.streams, setup, cancel=threading.Event()
    )


def figures(**fields):
    return AsrFigures(
        delays=Delays(shown=(0.2, 0.3), final=(0.9, 1.0), released=(0.95, 1.0)),
        stability=Stability(unstable=1, final_words=100),
        load=Load(cpu_s=5, wall_s=10, cores=2, engine_peak_mb=800, machine_cpu=0.3),
        lags_s=(0.1, 0.9),
        **fields,
    )


def missed(targets):
    return [target.name for target in targets if target.is_missed]


def test_a_take_is_compared_with_its_reference(program, sets):
    setup = Setup()

    found = measure_take(player_of(program, setup)(sets[0]), sets[0])

    assert (found.score.words, found.score.errors) == (2, 0)
    assert (found.stability.unstable, found.stability.final_words) == (1, 2)
    assert (found.delays.words, found.delays.found) == (2, 2)
    assert found.lags_s == (HEALTH.lag_s,)
    assert found.audio_s == pytest.approx(2.0, abs=0.01)


def test_the_bench_reports_each_set_and_all(program, sets):
    setup = Setup()

    result = run_asr(sets, setup, player_of(program, setup))

    record = result.record()
    assert list(record["sets"]) == ["one", "two"]
    assert record["total"]["words"] == 5
    assert record["total"]["wer"] == pytest.approx(60.0)
    assert record["total"]["audio_s"] == pytest.approx(5.0, abs=0.01)
    assert record["total"]["upwr"] == 50.0
    assert record["ok"] is False
    assert "unstable partial words" in missed(result.targets)


def test_without_the_clock_no_delay_is_reported(program, sets):
    setup = Setup(is_realtime=False)

    record = run_asr(sets, setup, player_of(program, setup)).record()

    assert record["total"]["partial_delay_s"] is None
    assert record["total"]["lag_s"] is None
    assert not [t for t in record["targets"] if t["unit"] == "s" and t["name"] != "given up"]


def test_good_figures_keep_every_target():
    assert missed(check_targets(figures(), Setup(point=OperatingPoint.LIVE))) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"delays": Delays(shown=(0.4, 0.4))}, "partial delay p50"),
        ({"delays": Delays(shown=(0.1, 0.1, 1.0))}, "partial delay p95"),
        ({"delays": Delays(final=(0.5, 1.2))}, "final delay p95"),
        ({"delays": Delays(released=(0.2, 0.9))}, "release std"),
        ({"lags_s": (0.2, 1.4)}, "lag"),
        ({"stability": Stability(unstable=16, final_words=100)}, "unstable partial words"),
        ({"load": Load(engine_peak_mb=1300)}, "engine memory"),
        ({"dropped_samples": 1}, "dropped samples"),
        ({"gap_s": 0.5}, "given up"),
        ({"breaches": 1}, "settled words changed"),
    ],
)
def test_each_promise_can_be_missed(change, name):
    assert missed(check_targets(AsrFigures(**change), Setup(point=OperatingPoint.LIVE))) == [name]


def test_the_processor_is_promised_at_balanced():
    load = Load(cpu_s=15, wall_s=10, cores=2)

    assert missed(check_targets(AsrFigures(load=load), Setup())) == ["processor share"]


def test_another_point_has_another_promise():
    late = AsrFigures(delays=Delays(final=(3.5, 3.6)))

    assert missed(check_targets(late, Setup(point=OperatingPoint.ACCURATE))) == []
    assert missed(check_targets(late, Setup(point=OperatingPoint.BALANCED))) == ["final delay p95"]


def test_the_figure_is_drawn(program, sets, tmp_path):
    setup = Setup()

    draw_asr(run_asr(sets, setup, player_of(program, setup)), tmp_path / "out.png")

    assert (tmp_path / "out.png").stat().st_size > 1000
