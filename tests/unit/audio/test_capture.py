import os
import statistics
import time

import numpy as np
import pytest

from app.audio import capture, portaudio
from app.audio.capture import BLOCK_S, Callback, PortAudioInput, open_input, ring_for
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from tests.fakes.audio_device import ManualClock, make_device
from tests.fakes.sounddevice_module import FakeSoundDevice

pytestmark = pytest.mark.unit


@pytest.fixture
def module(monkeypatch):
    fake = FakeSoundDevice()
    fake.read_environment = os.environ.get
    monkeypatch.setattr(portaudio, "load", lambda: fake)
    return fake


def test_callback_uses_less_than_a_tenth_of_a_block():
    ring = ring_for(make_device(channels=2))
    callback = Callback(ring, time.monotonic)
    block = np.ones((round(BLOCK_S * 48_000), 2), dtype=np.int16)
    durations_s = []

    for _ in range(1_000):
        began_s = time.perf_counter()
        callback(block, len(block), None, None)
        durations_s.append(time.perf_counter() - began_s)

    # The ring overflows on the way: dropping must be as cheap as storing.
    assert ring.dropped_frames > 0
    assert statistics.quantiles(durations_s, n=100)[94] < BLOCK_S / 10


def test_blocks_reach_the_ring_with_their_time(module):
    clock = ManualClock(50.0)
    opened = PortAudioInput(make_device(), clock, name="pulse")
    stream = module.streams[0]
    assert not opened.wait_started(0.02)

    stream.arguments["callback"](np.full((480, 1), 7, np.int16), 480, None, None)

    assert opened.wait_started(1.0)
    assert opened.ring.origin_s == pytest.approx(50.0 - 0.01)
    assert set(opened.ring.read(1000)[0][:, 0]) == {7}
    assert stream.is_started
    assert (stream.arguments["samplerate"], stream.arguments["channels"]) == (48_000, 1)
    assert stream.arguments["blocksize"] == 960


def test_end_by_itself_is_a_loss_and_closing_is_none(module):
    lost = PortAudioInput(make_device(), ManualClock(), name="pulse")
    closed = PortAudioInput(make_device(), ManualClock(), name="pulse")

    module.streams[0].arguments["finished_callback"]()
    closed.close()
    closed.close()

    assert lost.is_lost
    assert not lost.wait_started(1.0)
    assert not closed.is_lost
    assert module.streams[1].closed


def test_refused_device_is_a_known_error(module):
    module.refuses = True

    with pytest.raises(KnownError, match='"Fake mic" cannot be opened') as caught:
        PortAudioInput(make_device(), ManualClock(), name="pulse")

    assert caught.value.category is Category.DEVICE


def test_microphone_of_the_server_opens_with_its_source(module, monkeypatch):
    monkeypatch.delenv("PULSE_SOURCE", raising=False)

    opened = open_input(make_device(key="alsa.usb"), StreamId.MIC, ManualClock())

    assert isinstance(opened, PortAudioInput)
    assert module.streams[0].arguments["device"] == "pulse"
    assert module.streams[0].source_at_opening == "alsa.usb"
    assert "PULSE_SOURCE" not in os.environ


def test_device_without_a_server_opens_by_its_own_name(module):
    open_input(make_device(key="portaudio:USB Mic: hw:1"), StreamId.MIC, ManualClock())

    assert module.streams[0].arguments["device"] == "USB Mic: hw:1"


def test_microphone_that_the_plugin_refuses_goes_the_way_of_system_audio(module, monkeypatch):
    module.refuses = True
    opened = []
    monkeypatch.setattr(capture, "PulseInput", lambda *arguments: opened.append(arguments))

    open_input(make_device(), StreamId.MIC, ManualClock())

    assert len(opened) == 1


@pytest.mark.parametrize(
    ("stream", "names"), [(StreamId.SYSTEM, ("pulse",)), (StreamId.MIC, ("hw",))]
)
def test_system_audio_and_mic_without_plugin_use_the_recorder_program(
    module, monkeypatch, stream, names
):
    module.names = module.names_after_restart = names
    opened = []
    monkeypatch.setattr(capture, "PulseInput", lambda *arguments: opened.append(arguments))
    device = make_device(stream)

    open_input(device, stream, ManualClock())

    assert opened[0][0] is device
    assert module.streams == []
