from __future__ import annotations

import sys

import pytest

from app.cli.writer import Tail, Writer

pytestmark = pytest.mark.unit


def test_results_go_to_stdout_and_the_rest_to_stderr(capsys):
    writer = Writer()

    writer.result("result")
    writer.json({"ä": 1})
    writer.note("note")
    writer.warning("warning")

    captured = capsys.readouterr()
    assert captured.out == 'result\n{"ä": 1}\n'
    assert captured.err == "note\nwarning\n"


def test_quiet_silences_notes_and_progress_but_no_warning(capsys):
    writer = Writer(is_quiet=True)

    writer.note("note")
    writer.warning("warning")
    with writer.progress() as progress:
        progress.update(0.5, "decoding")

    assert capsys.readouterr().err == "warning\n"


def test_tables_are_aligned(capsys):
    Writer().table(["id", "name"], [["1", "Ada"], ["long", "x"]])

    assert capsys.readouterr().out == "id    name\n1     Ada\nlong  x\n"


def test_progress_without_a_terminal_is_a_line_for_every_tenth(capsys):
    with Writer().progress() as progress:
        for percent in range(101):
            progress.update(percent / 100, "decoding")
        progress.update(1.0, "decoding")
        progress.update(0.0, "refining")

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "decoding: 0%"
    assert lines[-2:] == ["decoding: 100%", "refining: 0%"]
    assert 11 <= len(lines) <= 13


def test_progress_on_a_terminal_is_a_bar(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    with Writer().progress() as progress:
        progress.update(0.25, "decoding")
        progress.update(0.5, "refining")

    assert capsys.readouterr().out == ""


def test_the_tail_is_only_shown_on_a_terminal(capsys):
    tail = Tail(is_error_stream=False, is_shown=True)

    tail.set("unfinished")
    tail.line("finished")

    assert capsys.readouterr().out == "finished\n"


def test_a_line_takes_the_place_of_the_tail(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "12")
    tail = Tail(is_error_stream=False, is_shown=True)

    tail.set("a long unfinished line")
    tail.line("finished")
    tail.clear()

    out = capsys.readouterr().out
    assert "…shed line" in out
    assert out.endswith("\r\x1b[Kfinished\n")


def test_quiet_shows_no_lines(capsys):
    tail = Tail(is_error_stream=True, is_shown=False)

    tail.set("unfinished")
    tail.line("finished")

    assert capsys.readouterr().err == ""
