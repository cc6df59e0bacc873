from __future__ import annotations

import threading

import pytest

from app.bench.play import Setup, play
from app.domain.ids import StreamId
from app.domain.session import OperatingPoint
from tests.fakes.audio import write_audio
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import FakeProgram, patch, segment

pytestmark = pytest.mark.unit


def test_a_take_holds_what_was_shown_and_what_was_stored(tmp_path):
    program = FakeProgram(tmp_path)
    program.engine.live = [
        MODELS,
        patch(segment("a", "hel", is_final=False)),
        HEALTH,
        patch(segment("a", "hello", revision=2)),
    ]
    told = []

    take = play(
        program.context,
        {StreamId.MIX: write_audio(tmp_path / "talk.wav")},
        Setup(point=OperatingPoint.LIVE),
        cancel=threading.Event(),
        listener=told.append,
    )

    assert [u.words[0].text for change in take.shown for u in change.updates] == ["hel", "hello"]
    assert [s.words[0].text for s in take.transcript.segments] == ["hello"]
    assert take.dropped_samples == 0
    assert told == take.tape.events
    assert program.engine.configs[0].point is OperatingPoint.LIVE
    assert program.engine.configs[0].is_realtime
    assert program.engine.jobs == []


def test_final_runs_the_final_pass(tmp_path):
    program = FakeProgram(tmp_path)
    program.engine.final = [MODELS, patch(segment("a", "hello"))]

    take = play(
        program.context,
        {StreamId.MIX: write_audio(tmp_path / "talk.wav")},
        Setup(point=OperatingPoint.FINAL, is_realtime=False),
        cancel=threading.Event(),
    )

    assert len(program.engine.jobs) == 1
    assert take.shown == ()
    assert len(take.transcript.segments) == 1
