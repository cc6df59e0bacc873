"""Headsets on a real (private) PulseAudio server: what they are, and changes of their mode."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.linux import LinuxCaptureBackend
from app.domain.ids import StreamId
from tests.pulse_recordings import assert_holds, make_noise, record_for, start, stop_started
from tests.sound_server import (
    MIC_SINK,
    MICROPHONE,
    RATE_HZ,
    SYSTEM_SINK,
    SYSTEM_SOURCE,
    SoundServer,
    is_available,
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.sound,
    pytest.mark.skipif(not is_available(), reason="PulseAudio is not installed"),
]


@pytest.fixture(scope="module")
def server():
    with SoundServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _stop_recordings():
    yield
    stop_started()


@pytest.mark.parametrize(
    ("form", "expected"), [("headset", True), ("speaker", False), ("internal", None)]
)
def test_recording_knows_whether_its_output_is_headphones(server, tmp_path, form, expected):
    module = server.control(
        "load-module", "module-null-sink", "sink_name=worn", f"rate={RATE_HZ}", "channels=2",
        f"sink_properties=device.form_factor={form}",
    )  # fmt: skip
    try:
        devices = {d.key: d for d in LinuxCaptureBackend().list_devices()}
        capture = start(tmp_path / "meeting", {StreamId.SYSTEM: "worn.monitor"})
        heard = capture.has_headphones
        capture.stop()
    finally:
        server.control("unload-module", module)

    assert devices["worn.monitor"].is_headphones is expected
    assert heard is expected
    assert devices[SYSTEM_SOURCE].is_headphones is None
    assert devices[MICROPHONE].is_headphones is None


def test_headset_that_changes_to_phone_mode_is_followed_and_told_once(server, tmp_path):
    sounds = {
        StreamId.SYSTEM: phone_noise(tmp_path / "system.wav", 1.0, seed=16),
        StreamId.MIC: phone_noise(tmp_path / "mic.wav", 1.0, seed=17),
    }
    notices, told = [], threading.Semaphore(0)

    class Notices:
        def append(self, notice) -> None:
            notices.append(notice)
            told.release()

    modules = headset(server, "music", RATE_HZ, 2)
    try:
        capture = start(tmp_path / "meeting", notices=Notices())
        record_for(capture, 0.5)
        # As BlueZ does it: the devices of one profile go, for a moment the built-in ones are the
        # defaults, then those of the other profile come.
        for module in reversed(modules):
            server.control("unload-module", module)
        modules = headset(server, "phone", 16_000, 1)
        assert told.acquire(timeout=15)
        assert told.acquire(timeout=15)
        players = [
            server.play(tmp_path / f"{stream}.wav", f"phone_{stream}_sink") for stream in sounds
        ]
        assert [player.wait(20) for player in players] == [0, 0]
        record_for(capture, 0.5)
        infos = {info.stream: info for info in capture.stop()}
    finally:
        for module in reversed(modules):
            server.control("unload-module", module)
        server.control("set-default-sink", SYSTEM_SINK)
        server.control("set-default-source", MICROPHONE)

    texts = {notice.stream: notice.text for notice in notices}
    assert len(notices) == len(texts) == 2
    for stream, sound in sounds.items():
        assert "phone quality (16 kHz)" in texts[stream]
        info = infos[stream]
        files = [soundfile.info(path) for path in info.original_paths]
        assert (files[0].samplerate, files[0].channels) == (RATE_HZ, 2)
        assert (files[-1].samplerate, files[-1].channels) == (16_000, 1)
        phone = [path for path, file in zip(info.original_paths, files, strict=True)
                 if file.samplerate == 16_000]  # fmt: skip
        recorded = np.concatenate([soundfile.read(path, dtype="int16")[0] for path in phone])
        key = sound[4_000:12_000].astype(float)
        size = 1 << 19
        product = np.fft.rfft(recorded.astype(float), size) * np.conj(np.fft.rfft(key, size))
        at = int(np.argmax(np.fft.irfft(product, size))) - 4_000
        np.testing.assert_array_equal(recorded[at : at + len(sound)], sound)
        # The gap is marked (two idle null sinks in a row keep silent for 2 s each), and the time
        # line is as long as the archive.
        assert 0 < info.dropped_samples < 8 * 16_000
        archived_s = sum(file.frames / file.samplerate for file in files)
        assert info.sample_count == pytest.approx(archived_s * 16_000, abs=8)


def test_chosen_microphone_that_is_unplugged_is_replaced_until_it_is_back(server, tmp_path):
    sound = make_noise(tmp_path / "mic.wav", 1.0, 1, seed=18)
    notices, told = [], threading.Semaphore(0)

    class Notices:
        def append(self, notice) -> None:
            notices.append(notice)
            told.release()

    plug = ("load-module", "module-remap-source", "source_name=desk",
            f"master={MIC_SINK}.monitor", "source_properties=device.description=Desk")  # fmt: skip
    module = server.control(*plug)
    server.control("set-default-source", MICROPHONE)
    capture = start(tmp_path / "meeting", {StreamId.MIC: "desk"}, notices=Notices())

    server.control("unload-module", module)
    assert told.acquire(timeout=15)
    record_for(capture, 0.3)
    assert server.play(tmp_path / "mic.wav", MIC_SINK).wait(20) == 0
    record_for(capture, 0.3)
    module = server.control(*plug)
    assert told.acquire(timeout=15)
    info = capture.stop()[0]
    server.control("unload-module", module)

    names = [notice.text.partition(" is now recorded from ")[2] for notice in notices]
    assert names == ["Virtual_microphone.", "Desk."]
    assert_holds(info, sound)


def phone_noise(path: Path, seconds: float, *, seed: int) -> np.ndarray:
    """Noise as a headset in phone mode carries it; returns int16 (n,)."""
    samples = np.random.default_rng(seed).normal(0, 3_000, round(seconds * 16_000))
    samples[:4_000] = 0
    rounded = np.rint(samples).astype(np.int16)
    soundfile.write(path, rounded, 16_000)
    return rounded


def headset(server, name: str, rate_hz: int, channels: int) -> list[str]:
    """Plug in a headset and make it the default; returns the modules to unload, last one first."""
    sinks = [
        server.control(
            "load-module", "module-null-sink", f"sink_name={name}_{stream}_sink",
            "format=s16le", f"rate={rate_hz}", f"channels={channels}",
        )
        for stream in (StreamId.SYSTEM, StreamId.MIC)
    ]  # fmt: skip
    source = server.control(
        "load-module", "module-remap-source", f"source_name={name}_mic",
        f"master={name}_mic_sink.monitor",
    )  # fmt: skip
    server.control("set-default-sink", f"{name}_system_sink")
    server.control("set-default-source", f"{name}_mic")
    return [*sinks, source]
