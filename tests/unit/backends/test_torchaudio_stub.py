"""The stub that lets torchaudio import; a fresh interpreter, because imports are global."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def test_install_puts_the_stub_in_place_without_importing_anything_heavy():
    result = run(
        "import sys; from app.backends import torchaudio_stub as stub; stub.install();"
        "assert stub.EXTENSION in sys.modules; assert 'torch' not in sys.modules"
    )

    assert result.returncode == 0, result.stderr


def test_install_leaves_an_imported_torchaudio_alone():
    result = run(
        "import sys, types; sys.modules['torchaudio'] = types.ModuleType('torchaudio');"
        "from app.backends import torchaudio_stub as stub; stub.install();"
        "assert stub.EXTENSION not in sys.modules"
    )

    assert result.returncode == 0, result.stderr
