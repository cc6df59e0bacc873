import sys
import threading

import numpy as np
import pytest

from app.audio import portaudio, windows
from app.audio.windows import DefaultsWatch, LoopbackInput, WindowsCaptureBackend, default_keys
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.lib.clock import SystemClock
from tests.fakes.loopback_modules import RATE_HZ, FakePyAudioModule
from tests.fakes.sounddevice_module import FakeSoundDevice

pytestmark = pytest.mark.unit

SPEAKERS = "loopback:Speakers (Realtek)"
MICROPHONE = "portaudio:Microphone (Jabra), Windows WASAPI"


@pytest.fixture
def machine(monkeypatch):
    """A Windows machine with a microphone and two outputs."""
    module = FakePyAudioModule()
    sounds = FakeSoundDevice(("Microphone (Jabra)", "out Speakers"))
    sounds.host_api = "Windows WASAPI"
    monkeypatch.setattr(windows, "load_pyaudio", lambda: module)
    monkeypatch.setattr(portaudio, "load", lambda: sounds)
    return module


def test_microphones_and_loopbacks_are_listed_with_their_defaults(machine):
    devices = WindowsCaptureBackend().list_devices()

    assert [(d.key, d.stream, d.is_default) for d in devices] == [
        (MICROPHONE, StreamId.MIC, True),
        (SPEAKERS, StreamId.SYSTEM, True),
        ("loopback:Headset (Jabra)", StreamId.SYSTEM, False),
    ]
    assert (devices[1].rate_hz, devices[1].channels) == (RATE_HZ, 2)
    assert machine.open_count == 0


def test_machine_without_outputs_still_has_its_microphone(machine):
    machine.has_wasapi = False

    assert [d.key for d in WindowsCaptureBackend().list_devices()] == [MICROPHONE]


def speakers():
    return next(d for d in WindowsCaptureBackend().list_devices() if d.key == SPEAKERS)


def test_loopback_is_opened_at_its_own_rate_and_its_packets_arrive(machine):
    loopback = LoopbackInput(speakers(), SystemClock())
    sound = np.random.default_rng(1).integers(-999, 999, (960, 2), dtype=np.int16)

    told = machine.streams[0].deliver(sound, 1_000.0)
    assert loopback.wait_started(5.0)
    loopback.close()

    arguments = machine.streams[0].arguments
    assert told == (None, machine.paContinue)
    assert (arguments["rate"], arguments["channels"], arguments["input"]) == (RATE_HZ, 2, True)
    assert arguments["input_device_index"] == 10
    np.testing.assert_array_equal(loopback.ring.read(10_000)[0][-960:], sound)
    assert machine.streams[0].is_closed
    assert machine.open_count == 0
    assert not loopback.is_lost


def test_idle_output_is_recorded_as_silence(machine):
    loopback = LoopbackInput(speakers(), SystemClock())

    assert loopback.wait_started(5.0)
    loopback.close()

    assert not loopback.ring.read(100_000)[0].any()


def test_output_that_goes_away_is_lost(machine):
    loopback = LoopbackInput(speakers(), SystemClock())
    machine.streams[0].is_running = False

    loopback._worker.join(5.0)

    assert loopback.is_lost
    loopback.close()


def test_output_that_refuses_is_a_known_error_and_leaves_nothing_open(machine):
    device = speakers()
    machine.refuses = True

    with pytest.raises(KnownError, match="cannot be recorded"):
        LoopbackInput(device, SystemClock())
    machine.refuses = False
    machine.outputs = ()
    with pytest.raises(KnownError, match="cannot be recorded"):
        LoopbackInput(device, SystemClock())
    assert machine.open_count == 0


def test_default_keys_are_those_of_the_list(machine):
    assert default_keys(machine) == {StreamId.MIC: MICROPHONE, StreamId.SYSTEM: SPEAKERS}
    assert machine.open_count == 0


class Watch(DefaultsWatch):
    """A watch without a helper process."""

    def __init__(self, defaults: dict) -> None:
        self.changed = threading.Event()
        self.defaults = defaults


def test_recording_of_the_default_is_wrong_when_the_default_changes(machine):
    backend = WindowsCaptureBackend()
    loopback = LoopbackInput(speakers(), SystemClock())
    loopback.close()
    same = Watch({StreamId.SYSTEM: SPEAKERS})
    other = Watch({StreamId.SYSTEM: "loopback:Headset (Jabra)"})

    assert backend.is_right("default", StreamId.SYSTEM, loopback, same)
    assert backend.is_right("default", StreamId.SYSTEM, loopback, Watch({}))
    assert not backend.is_right("default", StreamId.SYSTEM, loopback, other)
    assert backend.is_right("Speakers", StreamId.SYSTEM, loopback, other)


def test_helper_that_cannot_start_leaves_the_defaults_unknown(monkeypatch):
    # Here the helper ends at once, because its package is not installed.
    watch = DefaultsWatch()

    watch.close()

    assert watch.defaults == {}
    assert watch._process.returncode is not None


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyaudiowpatch", None)

    with pytest.raises(KnownError, match="pip install PyAudioWPatch"):
        windows.load_pyaudio()
