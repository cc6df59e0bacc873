"""A recording through the backend of Windows, on fakes, as the rest of the program starts one."""

import threading

import numpy as np
import pytest

from app.audio import portaudio, windows
from app.audio.recorder import Recorder
from app.audio.windows import WindowsCaptureBackend
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from tests.fakes.audio_device import FakeInput, ManualClock, make_device
from tests.fakes.loopback_modules import FakePyAudioModule
from tests.fakes.sounddevice_module import FakeSoundDevice

pytestmark = pytest.mark.unit

BOTH = {StreamId.MIC: "default", StreamId.SYSTEM: "default"}
WAIT_S = 10.0


class Watch:
    """Knows the defaults that a test names."""

    def __init__(self) -> None:
        self.changed = threading.Event()
        self.defaults: dict[StreamId, str] = {}
        self.close_count = 0

    def close(self) -> None:
        self.close_count += 1


class Machine:
    """Fakes below a real backend."""

    def __init__(self, monkeypatch) -> None:
        self.outputs = FakePyAudioModule()
        self.sounds = FakeSoundDevice(("Microphone (Jabra)",))
        self.sounds.host_api = "Windows WASAPI"
        self.watches: list[Watch] = []
        monkeypatch.setattr(windows, "load_pyaudio", lambda: self.outputs)
        monkeypatch.setattr(windows, "DefaultsWatch", Watch)
        monkeypatch.setattr(portaudio, "load", lambda: self.sounds)
        monkeypatch.setattr(WindowsCaptureBackend, "watch", lambda _backend: self._watch())

    def _watch(self) -> Watch:
        self.watches.append(Watch())
        return self.watches[-1]


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


def test_idle_output_and_microphone_grow_together(machine, tmp_path):
    capture = WindowsCaptureBackend().start(BOTH, tmp_path / "meeting", lambda _notice: None)
    microphone = machine.sounds.streams[0].arguments["callback"]
    for _ in range(20):
        microphone(np.full((2_205, 32), 500, np.int16), 2_205, None, None)

    for source in capture.sources().values():
        assert len(source.read(8_000, 1, timeout_s=WAIT_S))
    infos = {info.stream: info for info in capture.stop()}

    assert list(infos) == [StreamId.MIC, StreamId.SYSTEM]
    assert infos[StreamId.SYSTEM].device == "Speakers (Realtek)"
    assert (infos[StreamId.MIC].rate_hz, infos[StreamId.MIC].channels) == (44_100, 32)
    assert all(info.original_paths for info in infos.values())
    assert machine.outputs.open_count == 0
    assert machine.watches[0].close_count == 1


def test_system_audio_follows_the_default_output(machine, tmp_path):
    notices, told = [], threading.Event()

    def on_notice(notice) -> None:
        notices.append(notice)
        told.set()

    capture = WindowsCaptureBackend().start({StreamId.SYSTEM: "default"}, tmp_path, on_notice)
    machine.outputs.outputs = ("Headset (Jabra)", "Speakers (Realtek)")
    machine.watches[0].defaults[StreamId.SYSTEM] = "loopback:Headset (Jabra)"
    machine.watches[0].changed.set()

    assert told.wait(WAIT_S)
    (info,) = capture.stop()
    assert "now recorded from Headset (Jabra)" in notices[0].text
    assert info.device == "Headset (Jabra)"
    assert machine.outputs.open_count == 0


def test_unplugged_output_is_told_and_used_again_when_it_is_back(machine, tmp_path):
    notices, told = [], threading.Semaphore(0)

    def on_notice(notice) -> None:
        notices.append(notice)
        told.release()

    capture = WindowsCaptureBackend().start({StreamId.SYSTEM: "default"}, tmp_path, on_notice)
    machine.outputs.outputs = ()
    machine.outputs.streams[0].is_running = False
    assert told.acquire(timeout=WAIT_S)
    machine.outputs.outputs = ("Speakers (Realtek)",)
    assert told.acquire(timeout=WAIT_S)
    capture.stop()

    assert "went away" in notices[0].text
    assert "now recorded from Speakers (Realtek)" in notices[1].text
    assert machine.outputs.open_count == 0


def test_second_device_that_is_unknown_leaves_nothing_open(machine, tmp_path):
    wanted = {StreamId.SYSTEM: "default", StreamId.MIC: "nowhere"}

    with pytest.raises(KnownError, match="nowhere"):
        WindowsCaptureBackend().start(wanted, tmp_path, lambda _notice: None)

    assert machine.outputs.open_count == 0
    assert machine.watches == []


def test_watch_ends_when_the_folder_refuses(machine, tmp_path, monkeypatch):
    def refuse(*_args, **_more) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Recorder, "__init__", refuse)

    with pytest.raises(KnownError, match="No space left"):
        WindowsCaptureBackend().start({StreamId.SYSTEM: "default"}, tmp_path, lambda _n: None)

    assert machine.watches[0].close_count == 1
    assert machine.outputs.open_count == 0


def test_idle_devices_are_waited_for_together(tmp_path):
    clock, waits = ManualClock(), []

    class Idle(FakeInput):
        def wait_started(self, timeout_s):
            waits.append(timeout_s)
            clock.time_s += timeout_s
            return False

    class Backend(WindowsCaptureBackend):
        def list_devices(self):
            return tuple(make_device(stream) for stream in BOTH)

        def open_device(self, device, stream):
            return Idle(device)

        def watch(self):
            return Watch()

    capture = Backend(clock).start(BOTH, tmp_path / "meeting", lambda _notice: None)
    capture.stop()

    assert waits == [1.0, 0.0]


def test_first_device_is_stored_while_the_second_is_waited_for(tmp_path):
    folder, stored = tmp_path / "meeting", threading.Event()
    clock = ManualClock()

    class Quick(FakeInput):
        def wait_started(self, timeout_s):
            return True

    class Slow(FakeInput):
        def wait_started(self, timeout_s):
            spool = folder / "mic.s16"
            for _ in range(round(WAIT_S / 0.01)):
                if spool.stat().st_size:
                    stored.set()
                    break
                stored.wait(0.01)
            return True

    class Backend(WindowsCaptureBackend):
        def list_devices(self):
            return tuple(make_device(stream) for stream in BOTH)

        def open_device(self, device, stream):
            if stream is StreamId.SYSTEM:
                return Slow(device)
            quick = Quick(device)
            quick.deliver(np.full((9_600, 1), 500, np.int16), clock.time_s + 0.2)
            return quick

        def watch(self):
            return Watch()

    capture = Backend(clock).start(BOTH, folder, lambda _notice: None)
    capture.stop()

    assert stored.is_set()


def test_device_that_is_refused_leaves_the_folder_free_for_another_try(tmp_path):
    clock, watches, opened = ManualClock(), [], []

    class Backend(WindowsCaptureBackend):
        def list_devices(self):
            return tuple(make_device(stream) for stream in BOTH)

        def open_device(self, device, stream):
            opened.append(FakeInput(device))
            if stream is StreamId.SYSTEM:
                opened[-1].is_lost = True
            else:
                opened[-1].deliver(np.full((9_600, 1), 500, np.int16), clock.time_s + 0.2)
            return opened[-1]

        def watch(self):
            watches.append(Watch())
            return watches[-1]

    older = tmp_path / "mic-notes.txt"
    older.touch()

    with pytest.raises(KnownError, match="refused"):
        Backend(clock).start(BOTH, tmp_path, lambda _notice: None)

    assert list(tmp_path.iterdir()) == [older]
    assert all(one.close_count for one in opened)
    assert watches[0].close_count == 1
