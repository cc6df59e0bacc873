"""The real program as a process: exit codes, messages, and what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def crosstalk(tmp_path):
    """Runs `crosstalk` on a data folder of its own; a display or weights are not needed."""

    def run(*arguments: str, exit_code: int = 0, models_dir: Path = tmp_path / "none"):
        environ = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        }
        done = subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env=environ
            | {
                "CROSSTALK_DATA_DIR": str(tmp_path / "data"),
                "CROSSTALK_MODELS_DIR": str(models_dir),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == exit_code, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return run


def test_an_empty_library_is_listed_as_one_json_object(crosstalk):
    done = crosstalk("library", "list", "--json")

    assert json.loads(done.stdout) == {"meetings": []}
    assert done.stderr == ""


def test_missing_weights_are_one_sentence_with_the_command(crosstalk, tmp_path):
    soundfile.write(tmp_path / "talk.wav", np.full(16_000, 0.1, dtype=np.float32), 16_000)

    done = crosstalk("transcribe", str(tmp_path / "talk.wav"), exit_code=2)

    assert done.stderr.count("\n") == 1
    assert "crosstalk models fetch default" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["transcribe"], "Name at least one file"),
        (["library", "show", "last"], "library is empty"),
        (["export", "last", "pdf"], "pdf"),
        (["models", "fetch", "nothing"], "nothing"),
        (["nonsense"], "No such command"),
        ([], "no display"),
    ],
)
def test_what_cannot_be_done_exits_2_with_a_sentence(crosstalk, arguments, part):
    assert part in crosstalk(*arguments, exit_code=2).stderr


def test_wrong_settings_name_their_key_path(crosstalk, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.toml").write_text("[transcript]\nlangage = 'de'\n")

    assert "transcript.langage" in crosstalk("library", "list", exit_code=2).stderr


def test_every_export_format_is_known(crosstalk):
    done = crosstalk("export", "last", "pdf", exit_code=2)

    for format_id in "txt md srt vtt json seglst rttm stm ctm docx".split():
        assert format_id in done.stderr


def test_helping_loads_neither_database_nor_window_nor_models():
    slow = ("sqlalchemy", "PySide6", "torch", "onnxruntime", "av", "sounddevice", "scipy")
    code = (
        "import sys, app.__main__, app.bootstrap, app.cli.main; "
        f"print([m for m in {slow} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
