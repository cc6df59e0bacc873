from __future__ import annotations

import json
import os
import signal

import pytest

from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.meeting import MeetingState
from app.domain.messages import Notice, NoticeKind
from app.domain.session import OperatingPoint
from app.services.events import StateChanged, TranscriptChanged
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit

BRIEF = ["--minutes", "0.001"]


def test_minutes_end_a_recording_and_the_transcript_is_the_result(line):
    line.program.engine.live = [MODELS, patch(segment("a", "helo", stream=StreamId.MIC))]
    line.program.engine.final = [MODELS, patch(segment("a", "hello", revision=5))]

    result = line.run("record", *BRIEF, "--title", "Standup")

    assert "[00:00] Speaker 1: helo" in result.stderr
    assert result.stdout == "[00:00] Speaker 1: hello\n"
    (capture,) = line.program.backend.captures
    assert set(capture.spools) == {StreamId.MIC, StreamId.SYSTEM}
    assert line.program.context.library.resolve("last").title == "Standup"


@pytest.mark.parametrize(
    ("arguments", "streams"),
    [
        (["--no-system", "--mic", "mic:desk"], {StreamId.MIC}),
        (["--no-mic"], {StreamId.SYSTEM}),
    ],
)
def test_streams_can_be_chosen(line, arguments, streams):
    line.run("record", *BRIEF, *arguments)

    (capture,) = line.program.backend.captures
    assert set(capture.spools) == streams


def test_a_named_point_keeps_the_live_text(line):
    line.run("record", *BRIEF, "--point", "live", "--language", "de")

    assert line.program.engine.configs[0].point is OperatingPoint.LIVE
    assert line.program.engine.configs[0].language == "de"
    assert line.program.engine.jobs == []


def test_events_exports_and_json_are_written(line, tmp_path):
    line.program.engine.live = [MODELS, patch(segment("a", "hello", stream=StreamId.MIC))]

    record = line.json("record", *BRIEF, "--events", "e.jsonl", "--export", "txt=o.txt")

    assert record["state"] == "done"
    assert record["exports"] == ["o.txt"]
    assert all(stream["dropped_samples"] == 0 for stream in record["streams"])
    lines = (tmp_path / "e.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["type"] == "start"
    assert json.loads(lines[-1])["type"] == "done"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-mic", "--no-system"],
        ["--mic", "x", "--no-mic"],
        ["--minutes", "0"],
        ["--minutes", "soon"],
    ],
)
def test_bad_usage_exits_2(line, arguments):
    line.run("record", *arguments, exit_code=2)

    assert line.launches == []


def test_an_unknown_device_exits_2_and_leaves_no_meeting(line):
    result = line.run("record", *BRIEF, "--mic", "nothing", exit_code=2)

    assert "no device 'nothing'" in result.stderr
    assert line.program.library.records == {}


def test_missing_weights_keep_the_recording_and_exit_3(line):
    line.program.weights.set_state("whisper-base", "missing")

    result = line.run("record", *BRIEF, exit_code=3)

    assert "crosstalk models fetch whisper-base" in result.stderr
    assert "crosstalk library refine" in result.stderr
    (record,) = line.program.library.records.values()
    assert record.meeting.duration_s == 0.5


def test_a_recording_that_ends_by_itself_ends_the_command(line, monkeypatch):
    service = line.program.context.recording
    original = service.start

    def start(request, listener):
        live = original(request, listener)
        text = "The disk is full."
        notice = Notice(kind=NoticeKind.DISK, text=text, ends_recording=True)
        line.program.backend.on_notice(notice)
        return live

    monkeypatch.setattr(service, "start", start)

    result = line.run("record")

    assert "note: The disk is full." in result.stderr
    (record,) = line.program.library.records.values()
    assert record.meeting.state is MeetingState.DONE


def kill_at(line, monkeypatch, kind, state=None):
    """Press Ctrl-C when the first event of `kind` arrives."""
    service = line.program.context.recording
    original = service.start
    has_killed = []

    def start(request, listener):
        def listen(event):
            listener(event)
            is_wanted = isinstance(event, kind) and (state is None or event.state.value == state)
            if is_wanted and not has_killed:
                has_killed.append(True)
                os.kill(os.getpid(), signal.SIGINT)

        return original(request, listen)

    monkeypatch.setattr(service, "start", start)


def test_ctrl_c_stops_and_finishes(line, monkeypatch):
    line.program.engine.live = [MODELS, patch(segment("a", "hello", stream=StreamId.MIC))]
    kill_at(line, monkeypatch, TranscriptChanged)

    result = line.run("record", "--point", "live")

    assert result.stdout == "[00:00] Speaker 1: hello\n"
    (record,) = line.program.library.records.values()
    assert record.meeting.state.value == "done"


def test_a_second_ctrl_c_gives_up_the_final_pass_and_exits_130(line, monkeypatch):
    line.program.engine.on_refine = lambda cancel: cancel.wait(10)
    kill_at(line, monkeypatch, StateChanged, "refining")

    result = line.run("record", *BRIEF, exit_code=130)

    (record,) = line.program.library.records.values()
    assert record.meeting.state.value == "recorded"
    assert f"crosstalk library refine {record.meeting.meeting_id}" in result.stderr


def test_a_failed_final_pass_exits_3(line):
    line.program.engine.refine_error = KnownError("No memory.", category=Category.ENGINE)

    result = line.run("record", *BRIEF, exit_code=3)

    assert "error: No memory." in result.stderr
    assert "The recording is complete" in result.stderr
