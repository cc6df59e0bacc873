from __future__ import annotations

from pathlib import Path

import click
import pytest

from app.cli.outcome import ExportParam, ExportRequest
from tests.fakes.audio import write_audio
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("srt", ExportRequest(format_id="srt", path=None)),
        ("srt=a=b.srt", ExportRequest(format_id="srt", path=Path("a=b.srt"))),
    ],
)
def test_an_export_is_a_format_with_an_optional_path(text, expected):
    assert ExportParam().convert(text, None, None) == expected
    assert ExportParam().convert(expected, None, None) is expected


@pytest.mark.parametrize("text", ["", "=x", "srt="])
def test_half_an_export_is_refused(text):
    with pytest.raises(click.UsageError):
        ExportParam().convert(text, None, None)


def test_an_export_can_go_to_stdout(line, tmp_path):
    talk = write_audio(tmp_path / "talk.wav")

    result = line.run("-q", "transcribe", str(talk), "--export", "txt=-")

    assert result.stdout == ""
    assert list(tmp_path.glob("*.txt")) == []


def test_what_goes_to_stdout_stands_there_alone(line, tmp_path):
    talk = write_audio(tmp_path / "talk.wav")
    line.program.engine.final = [MODELS, patch(segment("a", "hello there"))]

    result = line.run("-q", "transcribe", str(talk), "--export", "txt=-")

    assert result.stdout == "Speaker 1: hello there\n"


def test_the_speed_is_wall_time_over_audio_time(line, tmp_path):
    line.program.engine.on_refine = lambda cancel: line.program.clock.advance(0.5)

    record = line.json("transcribe", str(write_audio(tmp_path / "talk.wav")))

    assert (record["wall_s"], record["rtf"]) == (0.5, 0.5)
    assert record["notices"][0]["kind"] == "no-speech"
