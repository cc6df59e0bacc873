"""`crosstalk remote` with a window that answers, refuses or is not there."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.remote import Answer, Command, Order

pytestmark = pytest.mark.unit


@pytest.fixture
def window(line, monkeypatch):
    """What the window was asked; answers with `line.answer`."""
    asked = []
    made = line.made
    line.answer = Answer(is_done=True, text="Recording.")

    def ask(data_dir, order):
        asked.append((data_dir, order))
        return line.answer

    monkeypatch.setattr(line, "made", lambda: replace(made(), ask_window=ask))
    return asked


@pytest.mark.parametrize("word", ["start", "stop", "toggle", "pause", "off-record"])
def test_commands_reach_the_window_and_its_answer_is_printed(line, window, word):
    output = line.run("remote", word).stdout

    assert window == [(None, Order(command=Command(word)))]
    assert output == "Recording.\n"
    assert line.launches == []


def test_marker_takes_a_note_and_the_library_may_lie_elsewhere(line, window):
    line.run("--data-dir", "/elsewhere", "remote", "mark", "ask about the budget")
    line.run("remote", "mark")

    assert window == [
        (Path("/elsewhere"), Order(command=Command.MARK, note="ask about the budget")),
        (None, Order(command=Command.MARK)),
    ]


def test_answer_as_json(line, window):
    assert line.json("remote", "start") == {"ok": True, "text": "Recording."}


def test_window_that_refuses_is_a_sentence_and_exit_code_2(line, window):
    line.answer = Answer(is_done=False, text="No meeting is being recorded.")

    result = line.run("remote", "stop", exit_code=2)

    assert result.stderr == "crosstalk: No meeting is being recorded.\n"
    assert result.stdout == ""


def test_window_that_is_not_open_is_a_sentence_and_exit_code_2(line, window):
    line.answer = None

    result = line.run("remote", "toggle", exit_code=2)

    assert "window is not open" in result.stderr
    assert "crosstalk record" in result.stderr


def test_every_command_has_a_name(line):
    text = line.run("remote", "--help").stdout

    assert all(command.value in text for command in Command)
