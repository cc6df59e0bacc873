"""The real program as a process, with the real models and a library of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 240


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


def last_json(output: str) -> dict[str, Any]:
    """The one JSON object that `--json` leaves as the last line."""
    result: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return result
