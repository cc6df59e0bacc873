import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from app.audio import macos, portaudio
from app.audio.macos import (
    TAP_KEY,
    MacCaptureBackend,
    MacSurroundings,
    MicrophoneWatch,
    TapInput,
)
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.lib.clock import SystemClock
from tests.fakes.audio_device import make_device
from tests.fakes.loopback_modules import RATE_HZ, FakeCatap, sound_format
from tests.fakes.sounddevice_module import FakeSoundDevice

pytestmark = pytest.mark.unit


@pytest.fixture
def catap(monkeypatch):
    """A Mac with a microphone that lets system audio be tapped."""
    module = FakeCatap()
    monkeypatch.setitem(sys.modules, "catap", module)
    monkeypatch.setattr(portaudio, "load", lambda: FakeSoundDevice(("MacBook Microphone",)))
    return module


def tap_device():
    return next(d for d in MacCaptureBackend().list_devices() if d.key == TAP_KEY)


def test_microphone_and_tap_are_listed(catap):
    devices = MacCaptureBackend().list_devices()

    assert [(d.name, d.stream, d.is_default) for d in devices] == [
        ("MacBook Microphone", StreamId.MIC, True),
        ("System audio", StreamId.SYSTEM, True),
    ]


def test_old_macos_has_its_microphone_alone(monkeypatch):
    monkeypatch.setattr(portaudio, "load", lambda: FakeSoundDevice(("MacBook Microphone",)))
    monkeypatch.setitem(sys.modules, "catap", None)

    assert [d.stream for d in MacCaptureBackend().list_devices()] == [StreamId.MIC]
    with pytest.raises(KnownError, match=r"macOS 14\.2"):
        macos.load_catap()


def test_tap_excludes_this_program_and_its_buffers_arrive_bit_by_bit(catap):
    tap = TapInput(tap_device(), SystemClock())
    sound = np.random.default_rng(1).integers(-32_768, 32_767, (512, 2), dtype=np.int16)

    catap.sessions[0].deliver(sound)
    assert tap.wait_started(5.0)
    tap.close()
    tap.close()

    assert [process.pid for process in catap.sessions[0].exclude] == [os.getpid()]
    assert (tap.device.rate_hz, tap.device.channels) == (RATE_HZ, 2)
    np.testing.assert_array_equal(tap.ring.read(1_000)[0], sound)
    assert catap.sessions[0].close_count == 1
    assert not tap.is_lost


@pytest.mark.parametrize("bits", [16, 24, 32])
def test_integer_samples_keep_their_level(bits):
    values = [2**14, -(2**14)]
    data = b"".join((v << (bits - 16)).to_bytes(bits // 8, "little", signed=True) for v in values)
    buffer = SimpleNamespace(data=data, format=sound_format(is_float=False, bits=bits))

    assert macos._int16_frames(buffer).tolist() == [values]


def microphone(name: str = "MacBook Microphone") -> SimpleNamespace:
    """An open microphone."""
    return SimpleNamespace(device=make_device(name=name))


def test_default_microphone_is_followed_and_a_chosen_one_kept(catap):
    backend, watch = MacCaptureBackend(), MicrophoneWatch()
    before = watch.changed.is_set()

    def is_right(wanted: str, stream: StreamId = StreamId.MIC) -> bool:
        return backend.is_right(wanted, stream, microphone(), watch)

    assert is_right("default")
    catap.default_microphone = "AirPods"
    catap.watches[0].fire()

    assert (before, watch.changed.is_set()) == (False, True)
    assert (catap.watches[0].object_id, catap.watches[0].selector) == (1, "dIn ")
    assert not is_right("default")
    assert is_right("portaudio:MacBook Microphone")
    assert is_right("default", StreamId.SYSTEM)
    watch.close()
    watch.close()
    assert catap.watches[0].close_count == 1


def test_microphone_is_kept_where_the_default_is_not_known(catap, monkeypatch):
    catap.refuses = True
    watch = MicrophoneWatch()

    def refuse() -> None:
        raise OSError("AudioObjectGetPropertyData failed with status 560947818")

    monkeypatch.setattr(catap, "list_audio_devices", refuse)

    assert MacCaptureBackend().is_right("default", StreamId.MIC, microphone(), watch)
    watch.close()


def test_tap_that_fails_is_lost(catap):
    tap = TapInput(tap_device(), SystemClock())
    catap.sessions[0].capture_failed = True

    tap._worker.join(5.0)

    assert tap.is_lost
    tap.close()


def test_refusal_names_the_setting(catap):
    catap.refuses = True

    with pytest.raises(KnownError, match="System Audio Recording"):
        TapInput(tap_device(), SystemClock())


def test_program_that_plays_is_named_but_never_this_one(catap):
    def process(name: str, pid: int, *, is_outputting: bool) -> SimpleNamespace:
        return SimpleNamespace(name=name, pid=pid, is_outputting=is_outputting)

    catap.processes = [
        process("Python", os.getpid(), is_outputting=True),
        process("Mail", 7, is_outputting=False),
    ]
    before = MacSurroundings().playing_program()
    catap.processes.append(process("zoom.us", 8, is_outputting=True))

    assert before is None
    assert MacSurroundings().playing_program() == "zoom.us"
