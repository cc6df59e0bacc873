import subprocess
import sys
from pathlib import Path

import pytest

from app.audio import backend
from app.audio.files import FileImporter
from app.audio.linux import LinuxCaptureBackend
from app.audio.macos import MacCaptureBackend
from app.audio.player import SpoolPlayer
from app.audio.windows import WindowsCaptureBackend
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId

pytestmark = pytest.mark.unit


def test_factories_make_the_parts_of_this_system():
    assert isinstance(backend.open_capture_backend("linux"), LinuxCaptureBackend)
    assert isinstance(backend.open_capture_backend("win32"), WindowsCaptureBackend)
    assert isinstance(backend.open_capture_backend("darwin"), MacCaptureBackend)
    assert isinstance(backend.open_audio_files(), FileImporter)
    assert isinstance(backend.open_player(), SpoolPlayer)


def test_system_without_capture_says_so_when_it_is_used(tmp_path):
    capture = backend.open_capture_backend("plan9")

    for attempt in (
        capture.list_devices,
        lambda: capture.start({StreamId.MIC: "default"}, tmp_path, lambda _notice: None),
    ):
        with pytest.raises(KnownError, match="not supported on plan9 yet") as caught:
            attempt()
        assert caught.value.category is Category.DEVICE


def test_import_loads_no_device_library(repository: Path):
    code = (
        "import sys, app.audio.backend as b; b.open_capture_backend(); b.open_player();"
        "names = ('sounddevice', 'soundcard', 'pulsectl', 'catap', 'pyaudiowpatch');"
        "print([name for name in names if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
