from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from app.cli.main import cli, exit_code_of, run
from app.domain.errors import Category, KnownError
from tests.fakes.audio import write_audio

pytestmark = pytest.mark.unit


@pytest.fixture
def display(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":99")


@pytest.fixture
def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")


def test_without_a_command_the_window_opens(line, display):
    line.window_exit_code = 5

    line.run(exit_code=5)

    assert line.windows == [False]
    assert line.launches[0].data_dir is None


def test_a_link_opens_its_meeting(line, display):
    line.run("crosstalk://meeting/ab12cd34", "--data-dir", "mine")

    assert line.windows == [False]
    assert line.opened == ["ab12cd34"]
    assert line.launches[0].data_dir == Path("mine")


def test_a_link_to_nothing_is_refused_with_a_sentence(line, display):
    result = line.run("crosstalk://elsewhere", exit_code=2)

    assert "no link to a meeting" in result.stderr
    assert line.windows == []


def test_the_demo_has_a_library_of_its_own(line, display):
    line.run("--demo", "--data-dir", "mine")

    assert line.windows == [True]
    folder = line.launches[0].data_dir
    assert folder.name.startswith("crosstalk-demo-")
    assert not folder.exists()


def test_without_a_display_the_window_is_refused_with_a_way_out(line, no_display):
    result = line.run(exit_code=2)

    assert "crosstalk record" in result.stderr
    assert line.windows == []


@pytest.mark.parametrize(
    "arguments", [["--headless"], ["--demo", "devices"], ["nonsense"], ["--nonsense"]]
)
def test_bad_usage_exits_2(line, arguments):
    line.run(*arguments, exit_code=2)

    assert line.windows == []


def test_help_and_version_open_nothing(line):
    assert "transcribe" in line.run("--help").stdout
    assert line.run("--version").stdout.startswith("crosstalk")
    assert line.launches == []


@pytest.mark.parametrize(
    ("category", "code"),
    [
        (Category.INPUT, 2),
        (Category.MISSING_MODEL, 2),
        (Category.DEVICE, 2),
        (Category.LIBRARY, 2),
        (Category.ENGINE, 3),
        (Category.DISK, 3),
        (Category.INTERNAL, 3),
    ],
)
def test_exit_codes_follow_the_category(category, code):
    assert exit_code_of(KnownError("x", category=category)) == code


def test_a_fault_of_ours_is_one_sentence_and_a_log_entry(line, monkeypatch, caplog):
    def fail():
        raise RuntimeError("secret detail")

    monkeypatch.setattr(line.program.context.recording, "list_devices", fail)

    result = line.run("devices", exit_code=3)

    assert "RuntimeError" in result.stderr
    assert "secret detail" not in result.stderr
    assert "Traceback" not in result.stderr
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("kind", [KeyboardInterrupt, click.Abort])
def test_an_interrupt_exits_130(line, monkeypatch, kind):
    def interrupt():
        raise kind

    monkeypatch.setattr(line.program.context.recording, "list_devices", interrupt)

    assert "is kept" in line.run("devices", exit_code=130).stderr


def leaves(group, path=()):
    """Every command that does something, with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


def test_every_command_takes_json_quiet_and_a_data_folder():
    found = dict(leaves(cli))

    assert ("library", "undo") in found
    for words, command in found.items():
        taken = {option for parameter in command.params for option in parameter.opts}
        assert {"--json", "-q", "--data-dir"} <= taken, " ".join(words)


def test_letters_that_a_pipe_cannot_hold_are_escaped(line, tmp_path, monkeypatch):
    """A file stands in for a redirected stdout of Windows."""
    meeting = line.transcribed(write_audio(tmp_path / "talk.wav"), "会議 für alle")
    with (tmp_path / "out.txt").open("w", encoding="cp1252") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        for more in ([], ["--json"]):
            with pytest.raises(SystemExit, match="0"):
                run(line.made(), ["library", "show", meeting, *more])

    text, record = (tmp_path / "out.txt").read_text(encoding="cp1252").splitlines()
    assert text.endswith("\\u4f1a\\u8b70 für alle")
    assert json.loads(record)["segments"][0]["text"] == "会議 für alle"
