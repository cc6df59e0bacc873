"""Against a real (private) PulseAudio server: what it says is the point."""

from __future__ import annotations

import subprocess
import time

import numpy as np
import pulsectl
import pytest
import soundfile

from app.audio.surroundings import PulseSurroundings
from tests.fakes.audio_device import make_device
from tests.sound_server import MICROPHONE, SYSTEM_SINK, SoundServer, is_available

pytestmark = [
    pytest.mark.integration,
    pytest.mark.sound,
    pytest.mark.skipif(not is_available(), reason="PulseAudio is not installed"),
]


@pytest.fixture
def server():
    with SoundServer() as server:
        yield server


def wait_for(question, timeout_s: float = 10.0):
    """What the question is answered once it is answered with something true."""
    with pulsectl.Pulse("test-events") as events:
        events.event_mask_set("all")
        events.event_callback_set(_stop_listening)
        ends_at_s = time.monotonic() + timeout_s
        while not (answer := question()) and time.monotonic() < ends_at_s:
            events.event_listen(timeout=0.2)
    return answer


def _stop_listening(_event) -> None:
    raise pulsectl.PulseLoopStop


def streams_of(pulse: pulsectl.Pulse, program: str) -> list:
    """What a program records; the pretend microphone is a recording stream itself."""
    outputs = pulse.source_output_list()
    return [s for s in outputs if s.proplist.get("application.name") == program]


def test_program_that_plays_is_named(server, tmp_path):
    surroundings = PulseSurroundings()
    soundfile.write(tmp_path / "tone.wav", np.zeros((480_000, 2), np.int16), 48_000)

    before = surroundings.playing_program()
    server.play(tmp_path / "tone.wav", SYSTEM_SINK)

    assert before is None
    assert wait_for(surroundings.playing_program) == "paplay"


def test_mute_in_the_sound_settings_is_seen(server):
    surroundings = PulseSurroundings()
    device = make_device(key=MICROPHONE)

    before = surroundings.is_muted(device)
    server.control("set-source-mute", MICROPHONE, "1")

    assert not before
    assert surroundings.is_muted(device)
    assert not surroundings.is_muted(make_device(key="something.else"))


def test_program_that_mutes_its_microphone_is_named(server):
    surroundings = PulseSurroundings()
    device = make_device(key=MICROPHONE)
    command = ["parec", f"--device={MICROPHONE}", "--client-name=Video call"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as call:
        with pulsectl.Pulse("test") as pulse:
            (stream,) = wait_for(lambda: streams_of(pulse, "Video call"))
            before = surroundings.program_muting(device)
            pulse.mute(stream, True)
        muting = surroundings.program_muting(device)
        call.terminate()

    assert before is None
    assert muting == "Video call"


def test_nothing_is_known_without_a_server(monkeypatch):
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere/native")
    surroundings = PulseSurroundings()

    assert surroundings.playing_program() is None
    assert not surroundings.is_muted(make_device())
    assert surroundings.program_muting(make_device()) is None
