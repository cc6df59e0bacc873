import io
import threading

import pytest

from app.audio.windows_defaults import tell_changes
from tests.fakes.loopback_modules import FakePyAudioModule

pytestmark = pytest.mark.unit


class Script(threading.Event):
    """Changes the machine while the helper waits, and ends it when there is nothing more."""

    def __init__(self, module: FakePyAudioModule, changes: list[tuple[str, ...]]) -> None:
        super().__init__()
        self._module = module
        self._changes = changes

    def wait(self, timeout=None) -> bool:
        if self._changes:
            self._module.outputs = self._changes.pop(0)
        else:
            self.set()
        return self.is_set()


def test_defaults_are_told_at_first_and_when_they_change():
    module, output = FakePyAudioModule(), io.StringIO()
    headset = ("Headset (Jabra)", "Speakers (Realtek)")
    script = Script(module, [module.outputs, headset, headset])

    tell_changes(module, output, script, 0.0)

    assert output.getvalue().splitlines() == [
        "mic\tportaudio:Microphone (Jabra), Windows WASAPI",
        "system\tloopback:Speakers (Realtek)",
        "system\tloopback:Headset (Jabra)",
    ]
    assert module.open_count == 0
