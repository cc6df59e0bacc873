"""Figures of a meeting on a machine that others take for a while."""

import json
from dataclasses import replace

import pytest

from app.bench.governor import (
    AFTER,
    BUSY,
    CALM,
    FREE,
    GOVERNED,
    Burden,
    GovernedTake,
    GovernorResult,
    draw_governor,
    start_busy_loop,
)
from app.bench.load import Load
from app.bench.play import Take
from app.bench.tape import Shown, Tape
from app.domain.ids import MeetingId
from app.domain.meeting import Meeting, MeetingSource, MeetingTranscript
from app.domain.session import OperatingPoint
from app.services.events import HealthMeasured
from tests.fakes.engine import HEALTH
from tests.fakes.program import segment

pytestmark = pytest.mark.unit

MEETING = MeetingId("m")


class FakeProcess:
    """Counts itself while it runs."""

    running = 0

    def __init__(self):
        FakeProcess.running += 1

    def kill(self):
        FakeProcess.running -= 1

    def wait(self, timeout=None):
        return -9


def measured(t, lag_s=0.0, relief=0):
    health = replace(HEALTH, lag_s=lag_s, relief=relief)
    return HealthMeasured(meeting_id=MEETING, t=t, health=health)


def make_take(way, series, *said):
    """One run: health once a second, and (t, start, words) of final segments."""
    tape = Tape()
    for event in series:
        tape(event)
    segments = [
        segment(f"s{i}", words, start_s=start_s, end_s=start_s + 1.0)
        for i, (_, start_s, words) in enumerate(said)
    ]
    shown = tuple(
        Shown(t=t, updates=(update,)) for (t, _, _), update in zip(said, segments, strict=True)
    )
    meeting = Meeting(
        meeting_id=MEETING, title="", started_at=None, state="done", source=MeetingSource.FILE
    )
    transcript = MeetingTranscript(meeting=meeting, speakers=(), segments=tuple(segments))
    take = Take(shown=shown, tape=tape, transcript=transcript, load=Load())
    return GovernedTake(way=way, take=take, phase=Burden(duration_s=30.0, count=1).phase)


def make_result(last_relief=0, busy_delay_s=2.0):
    reliefs = (0, 1, 2, 1, last_relief)
    series = [measured(6.0 * i, lag_s=i % 3, relief=r) for i, r in enumerate(reliefs)]
    governed = make_take(GOVERNED, series, (6.0, 4.0, "a"), (16.0 + busy_delay_s, 15.0, "b c"))
    free = make_take(
        FREE, [measured(6.0 * i, lag_s=4.0) for i in range(5)], (6.0, 4.0, "a"), (20.0, 15.0, "b c")
    )
    return GovernorResult(
        point=OperatingPoint.BALANCED,
        burden=4,
        duration_s=30.0,
        takes={GOVERNED: governed, FREE: free},
    )


def test_programs_run_in_the_middle_third_only():
    burden = Burden(duration_s=30.0, count=3, start=FakeProcess)

    running = []
    for t in (0.0, 9.9, 10.0, 15.0, 19.9, 20.0, 29.0):
        burden(measured(t))
        running.append(FakeProcess.running)

    assert running == [0, 0, 3, 3, 3, 0, 0]


def test_programs_end_with_a_run_that_was_stopped():
    burden = Burden(duration_s=30.0, count=3, start=FakeProcess)
    burden(measured(11.0))

    burden.close()
    burden.close()

    assert FakeProcess.running == 0


def test_the_real_program_runs_until_it_is_ended():
    process = start_busy_loop()

    assert process.poll() is None
    process.kill()
    assert process.wait(10) != 0


def test_delays_and_lags_are_told_by_phase():
    take = make_result().takes[GOVERNED]

    assert take.delays(CALM).p50 == pytest.approx(1.0)
    assert take.delays(BUSY).count == 2
    assert take.delays(BUSY).maximum == pytest.approx(2.5)
    assert take.delays(AFTER) is None
    assert [take.lags(phase).maximum for phase in (CALM, BUSY, AFTER)] == [1.0, 2.0, 1.0]


def test_record_says_when_quality_stepped(tmp_path):
    result = make_result()

    record = json.loads(json.dumps(result.record()))

    governed = record["ways"]["governed"]
    assert governed["steps"] == [
        {"t": 6.0, "relief": 1},
        {"t": 12.0, "relief": 2},
        {"t": 18.0, "relief": 1},
        {"t": 24.0, "relief": 0},
    ]
    assert (governed["deepest_relief"], governed["last_relief"], governed["words"]) == (2, 0, 3)
    assert record["ways"]["free"]["steps"] == []
    assert record["ok"]
    draw_governor(result, tmp_path / "fig.png")
    assert (tmp_path / "fig.png").read_bytes().startswith(b"\x89PNG")


def test_quality_that_stays_down_and_a_governor_that_does_not_help_are_missed():
    def missed(**changes):
        return [target.name for target in make_result(**changes).targets if target.is_missed]

    assert missed() == []
    assert missed(last_relief=1) == ["steps still down at the end"]
    assert missed(busy_delay_s=9.0) == ["delay p95 while busy, of that without governor"]
