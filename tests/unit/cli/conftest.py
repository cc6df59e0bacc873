from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from click.testing import CliRunner, Result

from app.cli.main import cli
from app.cli.session import Launch, Program
from app.domain.ids import MeetingId
from tests.fakes.engine import MODELS
from tests.fakes.program import FakeProgram, patch, segment


@dataclass
class CommandLine:
    """Runs commands on a fake program."""

    program: FakeProgram
    window_exit_code: int = 0

    def __post_init__(self):
        self.launches: list[Launch] = []
        self.windows: list[bool] = []
        self.opened: list[MeetingId | None] = []

    def run(self, *arguments: str, exit_code: int = 0, input_text: str | None = None) -> Result:
        result = CliRunner().invoke(cli, arguments, obj=self.made(), input=input_text)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result

    def json(self, *arguments: str):
        return json.loads(self.run(*arguments, "--json").stdout.splitlines()[-1])

    def made(self) -> Program:
        return Program(open_context=self._open, open_window=self._window)

    def transcribed(self, path, text="hello there", **fields):
        """A meeting in the library; returns its id."""
        self.program.engine.final = [MODELS, patch(segment("a", text, **fields))]
        return self.json("transcribe", str(path))["id"]

    @contextmanager
    def _open(self, launch):
        self.launches.append(launch)
        yield self.program.context
        self.program.context.recording.close()

    def _window(self, context, is_demo, meeting_id):
        self.windows.append(is_demo)
        self.opened.append(meeting_id)
        return self.window_exit_code


@pytest.fixture
def program(tmp_path):
    return FakeProgram(tmp_path)


@pytest.fixture
def line(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return CommandLine(program)
