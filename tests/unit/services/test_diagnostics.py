from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from app.domain.errors import Category, KnownError
from app.lib.clock import SystemClock
from app.services import diagnostics
from app.services.sound_check import Heard
from tests.fakes.audio import tone
from tests.fakes.program import FakeProgram

pytestmark = pytest.mark.unit


@pytest.fixture
def program(tmp_path):
    made = FakeProgram(tmp_path, clock=SystemClock())
    made.backend.samples = tone(1.0)
    return made


def checks(program):
    return {check.name: check for check in program.context.diagnostics.run()}


def test_a_ready_machine_has_nothing_to_fix(program):
    found = checks(program)

    assert list(found) == [
        "sound server",
        "microphone",
        "system audio",
        "disk",
        "models",
        "library",
    ]
    assert all(check.is_ok and not check.fix for check in found.values())
    assert "-23 dBFS" in found["microphone"].finding
    assert all(capture.stop_count == 1 for capture in program.backend.captures)


def test_no_sound_server_is_one_finding(program):
    program.backend.error = KnownError("No server.", category=Category.DEVICE)

    found = checks(program)

    assert not found["sound server"].is_ok
    assert "microphone" not in found


def test_a_microphone_that_gives_zeros_is_muted_but_silent_system_audio_is_fine(program):
    program.backend.samples = np.zeros(16_000, dtype=np.float32)

    found = checks(program)

    assert "Unmute" in found["microphone"].fix
    assert found["system audio"].is_ok
    assert "nothing plays" in found["system audio"].finding


def test_a_device_that_gives_nothing_is_told(program):
    program.backend.samples = np.zeros(0, dtype=np.float32)
    program.clock = None

    class Hurried:
        now_s = 0.0

        def monotonic(self):
            Hurried.now_s += 10
            return Hurried.now_s

    object.__setattr__(program.core, "clock", Hurried())

    found = checks(program)

    assert "delivers no audio" in found["microphone"].finding


def test_a_device_that_cannot_be_opened_is_told(program, monkeypatch):
    def refuse(devices, folder, on_notice):
        raise KnownError("It is busy.", category=Category.DEVICE)

    monkeypatch.setattr(program.backend, "start", refuse)

    assert "It is busy." in checks(program)["microphone"].finding


def test_missing_devices_are_told(program, monkeypatch):
    monkeypatch.setattr(program.backend, "list_devices", lambda: ())

    found = checks(program)

    assert "--no-mic" in found["microphone"].fix
    assert "--no-system" in found["system audio"].fix


def test_missing_weights_and_a_full_disk_say_how_to_fix_them(program, monkeypatch):
    program.weights.set_state("silero-vad", "missing")
    usage = shutil.disk_usage(program.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=5_000_000))

    found = checks(program)

    assert "crosstalk models fetch default" in found["models"].fix
    assert "1 GB" in found["disk"].fix


def test_a_library_that_cannot_be_read_is_told(program, monkeypatch):
    def refuse():
        raise KnownError("It is locked.", category=Category.LIBRARY)

    monkeypatch.setattr(program.library.shelf, "list", refuse)

    assert checks(program)["library"].finding == "It is locked."


def test_chirp_that_is_heard_everywhere_is_no_fault_and_its_leak_is_told(program, monkeypatch):
    heard = Heard(is_looped=True, noise_dbfs=-60.0, leak_db=-12.3, leak_s=0.085)
    monkeypatch.setattr(diagnostics, "listen", lambda backend, player, devices: heard)

    found = {c.name: c for c in program.context.diagnostics.run(with_chirp=True)}

    assert all(check.is_ok for check in found.values())
    assert list(found)[3:6] == ["test sound", "noise", "echo"]
    assert "at -12 dB, 85 ms late" in found["echo"].finding
    assert "-60 dBFS" in found["noise"].finding


def test_headphones_are_recognised(program, monkeypatch):
    heard = Heard(is_looped=True, noise_dbfs=-60.0)
    monkeypatch.setattr(diagnostics, "listen", lambda backend, player, devices: heard)

    found = {c.name: c for c in program.context.diagnostics.run(with_chirp=True)}

    assert "headphones" in found["echo"].finding


@pytest.mark.parametrize(
    ("leak_db", "words", "fix"),
    [
        (None, "Monitor of speakers are headphones, and the microphone does not hear them", ""),
        (-20.0, "should be headphones, and the microphone hears them at -20 dB, 10 ms", "socket"),
    ],
)
def test_what_the_sound_server_calls_headphones_is_checked_by_ear(
    program, monkeypatch, leak_db, words, fix
):
    leak_s = None if leak_db is None else 0.01
    heard = Heard(is_looped=True, noise_dbfs=-60.0, leak_db=leak_db, leak_s=leak_s)
    monkeypatch.setattr(diagnostics, "listen", lambda backend, player, devices: heard)
    program.backend.is_headphones = True

    found = {c.name: c for c in program.context.diagnostics.run(with_chirp=True)}

    assert words in found["echo"].finding
    assert found["echo"].is_ok
    assert fix in found["echo"].fix
    assert bool(fix) == bool(found["echo"].fix)
    assert found["system audio"].finding.endswith(", headphones")


@pytest.mark.parametrize(("rate_hz", "is_phone"), [(8_000, True), (16_000, True), (44_100, False)])
def test_microphone_in_phone_quality_is_told(program, monkeypatch, rate_hz, is_phone):
    devices = program.backend.list_devices()
    changed = tuple(replace(device, rate_hz=rate_hz) for device in devices)
    monkeypatch.setattr(program.backend, "list_devices", lambda: changed)

    microphone = checks(program)["microphone"]

    assert microphone.is_ok
    assert (f"phone quality ({rate_hz // 1000} kHz)" in microphone.finding) is is_phone
    assert ("Bluetooth" in microphone.fix) is is_phone


def test_silent_loopback_and_noisy_room_say_what_to_do(program, monkeypatch):
    heard = Heard(is_looped=False, noise_dbfs=-30.0)
    monkeypatch.setattr(diagnostics, "listen", lambda backend, player, devices: heard)

    found = {c.name: c for c in program.context.diagnostics.run(with_chirp=True)}

    assert "Unmute the output" in found["test sound"].fix
    assert "fans" in found["noise"].fix
    assert "echo" not in found


def test_output_that_cannot_play_is_told(program, monkeypatch):
    def refuse(backend, player, devices):
        raise KnownError("There is no output.", category=Category.DEVICE)

    monkeypatch.setattr(diagnostics, "listen", refuse)

    found = {c.name: c for c in program.context.diagnostics.run(with_chirp=True)}

    assert found["test sound"].finding == "There is no output."
    assert not found["test sound"].is_ok
