import pytest

from app.audio import devices, portaudio
from app.audio.devices import list_devices, portaudio_devices, resolve
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from tests.fakes.audio_device import make_device
from tests.fakes.sounddevice_module import FakeSoundDevice

pytestmark = pytest.mark.unit

USB = make_device(key="alsa_input.usb-1", name="USB headset", is_default=False)
BUILT_IN = make_device(key="alsa_input.pci", name="Built-in", is_default=True)
SPEAKERS = make_device(StreamId.SYSTEM, key="alsa_output.pci.monitor", name="Built-in speakers")
ALL = (USB, BUILT_IN, SPEAKERS)


@pytest.mark.parametrize(
    ("wanted", "stream", "expected"),
    [
        ("default", StreamId.MIC, BUILT_IN),
        ("default", StreamId.SYSTEM, SPEAKERS),
        ("alsa_input.usb-1", StreamId.MIC, USB),
        ("HEADSET", StreamId.MIC, USB),
        ("pci", StreamId.MIC, BUILT_IN),
        ("built-in", StreamId.SYSTEM, SPEAKERS),
        ("alsa_output.pci.monitor", StreamId.MIC, SPEAKERS),
    ],
)
def test_resolve_finds_what_a_person_means(wanted, stream, expected):
    assert resolve(ALL, wanted, stream) is expected


def test_resolve_prefers_a_whole_name_to_a_part():
    longer = make_device(key="x", name="Built-in 2", is_default=False)

    assert resolve((longer, BUILT_IN), "built-in", StreamId.MIC) is BUILT_IN


@pytest.mark.parametrize(
    ("available", "wanted", "stream", "words"),
    [
        (ALL, "alsa", StreamId.MIC, "fits several microphone devices"),
        (ALL, "webcam", StreamId.MIC, 'Available: "alsa_input.usb-1", "alsa_input.pci"'),
        (ALL, "usb", StreamId.SYSTEM, 'There is no system audio device "usb"'),
        ((SPEAKERS,), "default", StreamId.MIC, "No microphone was found"),
        ((USB,), "default", StreamId.SYSTEM, "System audio cannot be recorded"),
    ],
)
def test_resolve_says_why_nothing_fits(available, wanted, stream, words):
    with pytest.raises(KnownError) as caught:
        resolve(available, wanted, stream)

    assert words in str(caught.value)
    assert caught.value.category is Category.DEVICE


def test_portaudio_lists_inputs_when_there_is_no_server(monkeypatch):
    fake = FakeSoundDevice(("out only", "hw:1 USB"))
    monkeypatch.setattr(portaudio, "load", lambda: fake)
    monkeypatch.setattr(devices, "pulse_devices", lambda: None)

    found = list_devices()

    assert [(d.key, d.stream, d.is_default) for d in found] == [
        ("portaudio:hw:1 USB", StreamId.MIC, True)
    ]
    assert (found[0].rate_hz, found[0].channels) == (44_100, 2)
    assert found == portaudio_devices()


def test_nothing_at_all_is_a_known_error(monkeypatch):
    fake = FakeSoundDevice(())
    monkeypatch.setattr(portaudio, "load", lambda: fake)
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/socket")

    with pytest.raises(KnownError, match="Start PulseAudio or PipeWire") as caught:
        list_devices()

    assert caught.value.category is Category.DEVICE
