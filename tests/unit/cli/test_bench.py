from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from app.domain.ports import SpeechAnalysis
from app.domain.session import OperatingPoint, Part
from app.domain.units import Span
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import patch, segment
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


@pytest.fixture
def sets(tmp_path, line):
    line.program.engine.live = [MODELS, HEALTH, patch(segment("a", "hello there"))]
    line.program.engine.final = [MODELS, patch(segment("a", "hello there"))]
    write_set(tmp_path / "sets" / "one")
    return str(tmp_path / "sets")


def test_asr_writes_one_object_and_a_figure(line, sets, tmp_path):
    result = line.run("bench", "asr", "--fast", "--set", sets, "--json", "--fig", "out.png")

    record = json.loads(result.stdout)
    assert (record["bench"], record["point"], record["ok"]) == ("asr", "balanced", True)
    assert (record["total"]["words"], record["total"]["wer"]) == (2, 0.0)
    assert record["machine"]["cores"] >= 1
    assert (tmp_path / "out.png").exists()
    assert line.program.engine.configs[0].is_realtime is False


def test_asr_for_people_names_the_words_and_every_target(line, sets):
    result = line.run("bench", "asr", "--fast", "--set", sets, "--point", "live")

    assert "1 sets, 2 s, 2 words, live" in result.stdout
    assert "WER 0.0 %" in result.stdout
    assert "ok    unstable partial words: 0 % (at most 15)" in result.stdout
    assert line.program.engine.configs[0].point is OperatingPoint.LIVE


def test_a_missed_target_ends_with_code_1(line, sets):
    line.program.engine.live = [
        MODELS,
        patch(segment("a", "mellow bear", is_final=False)),
        patch(segment("a", "hello there", revision=2)),
    ]

    result = line.run("bench", "asr", "--fast", "--set", sets, exit_code=1)

    assert "MISS  unstable partial words: 100 % (at most 15)" in result.stdout


def test_a_bench_uses_a_library_of_its_own(line, sets):
    line.run("bench", "asr", "--fast", "--set", sets)

    (launch,) = line.launches
    assert launch.data_dir is not None
    assert not launch.data_dir.exists()


def test_no_set_is_a_mistake_of_the_user(line, tmp_path):
    result = line.run("bench", "asr", "--set", str(tmp_path), exit_code=2)

    assert "There is no reference set" in result.stderr


def test_oppoints_compares_every_point(line, sets, tmp_path):
    record = line.json("bench", "oppoints", "--fast", "--set", sets, "--fig", "out.png")

    assert list(record["points"]) == ["live", "balanced", "accurate", "final"]
    assert (tmp_path / "out.png").exists()
    assert (
        "final: WER 0.0 % (2 words)"
        in line.run("bench", "oppoints", "--fast", "--set", sets).stdout
    )


def test_pipeline_loops_the_sets_for_the_time_asked_for(line, sets, tmp_path):
    record = json.loads(
        line.run(
            *("bench", "pipeline", "--fast", "--set", sets, "--minutes", "0.1"),
            *("--json", "--fig", "out.png"),
            exit_code=1,  # the fake decoder takes a file's header for samples
        ).stdout
    )

    assert record["audio_s"] == 6.0
    assert record["stages"] == {"transcribe": {"queue_s": None, "rtf": 0.5}}
    assert (tmp_path / "out.png").exists()


def test_pipeline_for_people_names_the_stages(line, sets):
    result = line.run("bench", "pipeline", "--fast", "--set", sets, "--minutes", "0.1", exit_code=1)

    assert "0.1 min of audio" in result.stdout
    assert "transcribe: 0.500 s per second of audio\n" in result.stdout


class LoudIsSpeech:
    def analyse(self, samples):
        hops = len(samples) // 512
        return SpeechAnalysis(
            probabilities=np.ones(hops, dtype=np.float32),
            hop_samples=512,
            threshold=0.5,
            spans=(Span(0, len(samples)),),
            closed_at=(len(samples),),
            hangover_s=0.5,
        )


def test_vad_measures_each_level(line, sets, tmp_path, monkeypatch):
    made = line.made
    monkeypatch.setattr(
        line, "made", lambda: replace(made(), open_speech_finder=lambda folder: LoudIsSpeech())
    )

    result = line.run("bench", "vad", "--set", sets, "--snr", "10,-5", "--fig", "out.png")

    assert "as recorded: 100.0 % of speech found" in result.stdout
    assert "10 dB: 100.0 % of speech found" in result.stdout
    assert "-5 dB: " in result.stdout
    assert "missed, -5 dB" not in result.stdout
    assert (tmp_path / "out.png").exists()


def test_vad_takes_numbers_only(line, sets):
    result = line.run("bench", "vad", "--set", sets, "--snr", "loud", exit_code=2)

    assert "'loud' is not a list of numbers like 20,10,5,0." in result.stderr


def test_silence_with_words_is_missed(line, sets):
    result = line.run("bench", "silence", "--minutes", "0.1", exit_code=1)

    assert "0.1 min without speech, balanced" in result.stdout
    assert ": 2 words" in result.stdout
    assert "MISS  words: 2 words (at most 0)" in result.stdout


def test_silence_without_words_is_well(line, tmp_path):
    figure = tmp_path / "out.png"

    record = line.json("bench", "silence", "--minutes", "0.1", "--fig", str(figure))

    assert figure.read_bytes().startswith(b"\x89PNG")

    assert (record["ok"], record["words"], record["shown_words"]) == (True, 0, 0)


@pytest.mark.parametrize(
    ("bench", "exit_code"), [("asr", 0), ("oppoints", 0), ("pipeline", 1), ("silence", 1)]
)
def test_parts_can_be_left_out(line, sets, bench, exit_code):
    what = ["--minutes", "0.1"] if bench == "silence" else ["--set", sets]
    few = ["--minutes", "0.1"] if bench == "pipeline" else []
    parts = ["--without", "guards", "--without", "governor", "--json"]

    result = line.run("bench", bench, "--fast", *what, *few, *parts, exit_code=exit_code)

    assert json.loads(result.stdout)["without"] == ["governor", "guards"]
    assert {config.without for config in line.program.engine.configs} == {
        frozenset({Part.GUARDS, Part.GOVERNOR})
    }
