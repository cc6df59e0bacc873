import builtins
import os

import pytest

from app.audio import portaudio
from app.domain.errors import KnownError
from tests.fakes.sounddevice_module import FakeSoundDevice

pytestmark = pytest.mark.unit


@pytest.fixture
def module(monkeypatch):
    fake = FakeSoundDevice()
    monkeypatch.setattr(portaudio, "load", lambda: fake)
    return fake


def test_missing_library_is_a_known_error(monkeypatch):
    real_import = builtins.__import__

    def refuse(name, *rest):
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)

    with pytest.raises(KnownError, match="apt install libportaudio2"):
        portaudio.load()
    assert not portaudio.has_pulse_pcm()


def test_pulse_is_found_without_a_restart(module):
    assert portaudio.has_pulse_pcm()
    assert module.restart_count == 0


def test_server_that_came_later_is_found_by_a_restart(module):
    module.names = ("hw",)

    assert portaudio.has_pulse_pcm()
    assert module.restart_count == 1


def test_library_is_not_restarted_under_a_running_stream(module):
    module.names = ("hw",)
    stream = module.InputStream()
    portaudio.register(stream)

    has_pulse_while_running = portaudio.has_pulse_pcm()
    stream.close()

    assert not has_pulse_while_running
    assert module.restart_count == 0
    assert portaudio.has_pulse_pcm()


@pytest.mark.parametrize("before", [None, "other"])
def test_source_is_set_during_the_opening_only(monkeypatch, before):
    monkeypatch.delenv("PULSE_SOURCE", raising=False)
    if before:
        monkeypatch.setenv("PULSE_SOURCE", before)

    with portaudio.pulse_source("wanted"):
        during = os.environ["PULSE_SOURCE"]

    assert during == "wanted"
    assert os.environ.get("PULSE_SOURCE") == before
