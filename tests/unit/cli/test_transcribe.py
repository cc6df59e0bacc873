from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest

from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.session import OperatingPoint, SpeakerRange
from app.services.events import TranscriptChanged
from tests.fakes.audio import write_audio
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit


@pytest.fixture
def talk(tmp_path):
    return write_audio(tmp_path / "talk.wav")


def test_the_transcript_is_the_result(line, talk):
    line.program.engine.final = [
        MODELS,
        patch(segment("a", "hello there"), segment("b", "hi", start_s=65, track="S2")),
    ]

    result = line.run("transcribe", str(talk))

    assert result.stdout == "[00:00] Speaker 1: hello there\n[01:05] Speaker 2: hi\n"
    assert "decoding: 100%" in result.stderr
    assert "2 speakers" in result.stderr


def test_quiet_says_nothing_but_the_result(line, talk):
    line.program.engine.final = [MODELS, patch(segment("a", "hello"))]

    result = line.run("-q", "transcribe", str(talk))

    assert (result.stdout, result.stderr) == ("[00:00] Speaker 1: hello\n", "")


def test_json_is_one_object_with_what_came_of_it(line, talk):
    line.program.engine.final = [MODELS, HEALTH, patch(segment("a", "hello there"))]

    record = line.json("transcribe", str(talk), "--title", "Standup", "--export", "txt=out.txt")

    assert record["title"] == "Standup"
    assert record["state"] == "done"
    assert (record["segments"], record["words"]) == (1, 2)
    assert record["speakers"] == ["Speaker 1"]
    assert record["audio_s"] == 1.0
    assert record["peak_rss_mb"] > 300
    assert record["exports"] == ["out.txt"]
    assert record["models"][0]["id"] == "whisper-base"


def test_exports_are_written_with_and_without_a_path(line, talk, tmp_path):
    line.program.engine.final = [MODELS, patch(segment("a", "hello"))]

    line.run("transcribe", str(talk), "--export", "txt", "--export", "txt=sub/mine.txt")

    assert (tmp_path / "talk.txt").read_text() == "Speaker 1: hello\n"
    assert (tmp_path / "sub" / "mine.txt").read_text() == "Speaker 1: hello\n"


def test_an_unknown_format_is_refused_before_the_work(line, talk):
    result = line.run("transcribe", str(talk), "--export", "pdf", exit_code=2)

    assert "'pdf' is not an export format. Known are txt." in result.stderr
    assert line.program.library.records == {}


def test_two_streams_make_one_meeting(line, talk, tmp_path):
    other = write_audio(tmp_path / "other.wav")

    line.run("transcribe", "--mic", str(talk), "--system", str(other))

    (job,) = line.program.engine.jobs
    assert set(job.spools) == {StreamId.MIC, StreamId.SYSTEM}


def test_several_inputs_make_a_meeting_each_and_a_bad_one_stops_no_other(line, talk, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"not audio")

    result = line.run("transcribe", str(bad), str(talk), "--json", exit_code=2)

    record = json.loads(result.stdout)
    assert [m["title"] for m in record["meetings"]] == ["talk"]
    assert "bad.wav is not audio" in result.stderr
    assert "1 of 2 files" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a.wav", "--mic", "b.wav"],
        ["a.wav", "b.wav", "--events", "e.jsonl"],
        ["a.wav", "b.wav", "--export", "txt=one.txt"],
        ["a.wav", "--point", "soon"],
        ["a.wav", "--speakers", "4-2"],
        ["a.wav", "--speakers", "many"],
        ["a.wav", "--language", "English"],
        ["a.wav", "--export", "=x"],
        ["a.wav", "--vocabulary", "missing.txt"],
        ["a.wav", "--echo", "loud"],
    ],
)
def test_bad_usage_exits_2(line, arguments):
    result = line.run("transcribe", *arguments, exit_code=2)

    assert "Error:" in result.stderr
    assert line.launches == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["missing.wav"], "does not exist"),
        (["talk.wav", "--separation", "convtasnet"], "two-voices, pixit, a file, or owner/name"),
        (["talk.wav", "--asr", "silero-vad"], "not a model for --asr"),
        (["talk.wav", "--segmentation", "x"], "not a model for --segmentation"),
    ],
)
def test_input_that_cannot_be_used_exits_2_with_a_sentence(line, talk, arguments, part):
    result = line.run("transcribe", *arguments, exit_code=2)

    assert part in result.stderr
    assert "Traceback" not in result.stderr
    assert line.program.library.records == {}


def test_a_silent_file_exits_2(line, tmp_path):
    silent = write_audio(tmp_path / "silent.wav", np.zeros(1600, dtype=np.float32))

    result = line.run("transcribe", str(silent), exit_code=2)

    assert "only silence" in result.stderr


def test_missing_weights_exit_2_and_name_the_command(line, talk):
    for model_id in list(line.program.weights.statuses):
        line.program.weights.set_state(model_id, "missing")

    result = line.run("transcribe", str(talk), exit_code=2)

    assert "crosstalk models fetch default" in result.stderr


def test_work_that_fails_part_way_exits_3_and_says_how_to_resume(line, talk):
    line.program.engine.refine_error = KnownError("It broke.", category=Category.ENGINE)

    result = line.run("transcribe", str(talk), exit_code=3)

    (meeting_id,) = line.program.library.records
    assert f"crosstalk library refine {meeting_id}" in result.stderr
    assert "crosstalk: It broke." in result.stderr


def test_all_hints_reach_the_engine(line, talk, tmp_path):
    (tmp_path / "terms.txt").write_text("Crosstalk\n\n pyannote \nCrosstalk\n")

    line.run(
        *("transcribe", str(talk), "--language", "EN", "--speakers", "2-3"),
        *("--vocabulary", "terms.txt", "--asr", "moonshine-tiny-en", "--point", "final"),
        *("--separation", "off", "--echo", "off"),
    )

    config = line.program.engine.jobs[0].config
    assert config.language == "en"
    assert config.speakers == SpeakerRange(minimum=2, maximum=3)
    assert [term.text for term in config.vocabulary] == ["Crosstalk", "pyannote"]
    assert not config.is_echo_handled
    assert config.models.asr_final == "moonshine-tiny-en"


def test_realtime_shows_lines_as_they_become_final_and_writes_events(line, talk, tmp_path):
    line.program.engine.live = [MODELS, patch(segment("a", "helo")), HEALTH]
    line.program.engine.final = [MODELS, patch(segment("a", "hello", revision=7))]

    result = line.run("transcribe", "--realtime", str(talk), "--events", "live.jsonl")

    assert "[00:00] Speaker 1: helo" in result.stderr
    assert result.stdout == "[00:00] Speaker 1: hello\n"
    events = [json.loads(text) for text in (tmp_path / "live.jsonl").read_text().splitlines()]
    assert [e["type"] for e in events] == ["start", "final", "health", "correction", "done"]
    assert line.program.engine.configs[0].point is OperatingPoint.BALANCED


def test_several_files_say_what_became_of_the_others(line, talk, tmp_path):
    missing = [str(tmp_path / name) for name in ("one.wav", "two.wav")]

    some = line.run("transcribe", str(talk), missing[0], exit_code=2)
    none = line.run("transcribe", *missing, exit_code=2)

    assert "1 of 2 files could not be transcribed; the others are in the library." in some.stderr
    assert none.stderr.endswith("2 of 2 files could not be transcribed.\n")


def test_ctrl_c_keeps_what_was_done_and_exits_130(line, talk):
    line.program.files.holds_open = True
    line.program.engine.live = [MODELS, patch(segment("a", "hello"))]
    service = line.program.context.transcribing
    original = service.transcribe

    def interrupted_at_the_first_words(request, listener, cancel):
        def listen(event):
            listener(event)
            if isinstance(event, TranscriptChanged):
                os.kill(os.getpid(), signal.SIGINT)

        return original(request, listen, cancel)

    service.transcribe = interrupted_at_the_first_words

    result = line.run("transcribe", "--realtime", str(talk), exit_code=130)

    (meeting_id,) = line.program.library.records
    assert "what was transcribed is kept" in result.stderr
    assert f"crosstalk library refine {meeting_id}" in result.stderr
    assert len(line.program.library.transcripts.transcript(meeting_id).segments) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_global_options_are_taken_before_and_behind_the_command(line, talk, tmp_path):
    line.run("--data-dir", "one", "transcribe", str(talk))
    line.run("transcribe", str(talk), "--data-dir", "two", "-v")

    assert [str(launch.data_dir) for launch in line.launches] == ["one", "two"]
    assert [launch.is_verbose for launch in line.launches] == [False, True]
