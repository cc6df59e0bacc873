"""The real program as a process, with the real models and a library of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.recordings import ROOT, TIMEOUT_S, Recording
from tests.sound_server import SoundServer


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No display, a data folder of its own."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return inherited | {"CROSSTALK_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def crosstalk(environment: Mapping[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `crosstalk` to its end and checks the exit code; several may be right."""

    def run(
        *arguments: object, exit_code: int | tuple[int, ...] = 0
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "app", *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        allowed = (exit_code,) if isinstance(exit_code, int) else exit_code
        assert done.returncode in allowed, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def server():
    """A running sound server with a pretend meeting and a pretend microphone."""
    with SoundServer() as running:
        yield running


@pytest.fixture
def recording(server, environment, tmp_path):
    """A recording of both streams that has begun."""
    with Recording(server, environment, tmp_path) as running:
        running.wait_for(running.has_samples, "audio")
        yield running
