from __future__ import annotations

import pytest

from tests.fakes.audio import write_audio

pytestmark = pytest.mark.unit


@pytest.fixture
def meeting_id(line, tmp_path):
    return line.transcribed(write_audio(tmp_path / "talk.wav"))


def test_export_writes_a_file_and_says_where(line, meeting_id, tmp_path):
    assert line.run("export", "last", "txt").stdout == "talk.txt\n"
    assert line.run("export", meeting_id, "txt", "-o", "a/b.txt").stdout == "a/b.txt\n"
    assert (tmp_path / "a" / "b.txt").read_text() == "Speaker 1: hello there\n"


def test_a_made_up_name_never_replaces_a_file(line, meeting_id, tmp_path):
    (tmp_path / "talk.txt").write_text("mine")

    assert line.json("export", "last", "txt")["path"] == "talk 2.txt"
    assert (tmp_path / "talk.txt").read_text() == "mine"


def test_a_dash_writes_to_stdout(line, meeting_id):
    assert line.run("export", "last", "txt", "-o", "-").stdout == "Speaker 1: hello there\n"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [(["last", "pdf"], "Known are txt"), (["nothing", "txt"], "No meeting fits")],
)
def test_what_is_unknown_exits_2(line, meeting_id, arguments, part):
    assert part in line.run("export", *arguments, exit_code=2).stderr


def test_a_part_of_a_meeting_is_written(line, meeting_id):
    part = ("export", "last", "txt", "-o", "-", "--merge")

    assert line.run(*part, "--from", "0:00", "--until", "1:00").stdout == "Speaker 1: hello there\n"
    assert "hello" not in line.run(*part, "--from", "1:00").stdout
    assert "later than --from" in line.run(*part, "--from", "9", "--until", "9", exit_code=2).stderr


def test_what_some_people_say_is_written(line, meeting_id):
    own = ("export", "last", "txt", "-o", "-", "--speaker")

    assert line.run(*own, "speaker 1").stdout == "Speaker 1: hello there\n"
    assert "does not speak in this meeting" in line.run(*own, "Ada", exit_code=2).stderr
