"""Real recordings from real (private) sound servers: PulseAudio, and PipeWire where it is there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from app.audio import capture, portaudio
from app.audio.linux import LinuxCaptureBackend
from app.audio.player import SpoolPlayer
from app.audio.repair import repair
from app.audio.spool import open_finished
from app.domain.ids import StreamId
from app.domain.messages import NoticeKind
from app.services.sound_check import listen
from tests.pipewire_server import PipeWireServer
from tests.pipewire_server import is_available as has_pipewire
from tests.pulse_recordings import (
    BOTH,
    assert_holds,
    find,
    make_noise,
    record_for,
    start,
    started,
    stop_started,
    stored,
)
from tests.small_disk import small_disk
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
]

DATA = Path(__file__).parents[1] / "data"
IDLE_S = 2.5


SERVERS = [
    pytest.param(
        SoundServer,
        id="pulse",
        marks=pytest.mark.skipif(not is_available(), reason="PulseAudio is not installed"),
    ),
    pytest.param(
        PipeWireServer,
        id="pipewire",
        marks=pytest.mark.skipif(not has_pipewire(), reason="PipeWire is not installed"),
    ),
]
PULSE_ONLY = pytest.mark.parametrize("server", [SERVERS[0]], indirect=True)
"""What is the same for both, or needs blocks shorter than a PipeWire without priority can keep."""


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    with request.param() as server:
        yield server


@pytest.fixture(autouse=True)
def _stop_recordings():
    yield
    stop_started()


def test_recording_holds_every_sample_of_both_streams(server, tmp_path):
    system_sound = make_noise(tmp_path / "system.wav", 4.0, 2, seed=1)
    mic_sound = make_noise(tmp_path / "mic.wav", 4.0, 1, seed=2)
    notices = []
    capture = start(tmp_path / "meeting", notices=notices)

    players = [
        server.play(tmp_path / "system.wav", SYSTEM_SINK),
        server.play(tmp_path / "mic.wav", MIC_SINK),
    ]
    record_for(capture, 2.0)
    levels = capture.levels_dbfs()
    for player in players:
        assert player.wait(20) == 0
    record_for(capture, 0.5)
    infos = {info.stream: info for info in capture.stop()}

    assert notices == []
    for stream, played in ((StreamId.SYSTEM, system_sound), (StreamId.MIC, mic_sound)):
        assert_holds(infos[stream], played)
        assert (infos[stream].rate_hz, infos[stream].channels) == (RATE_HZ, played.shape[1])
        assert infos[stream].dropped_samples == 0
        assert infos[stream].sample_count == round(len(stored(infos[stream])) / 3)
        assert open_finished(infos[stream].spool_path).sample_count == infos[stream].sample_count
    # White noise at -20 dBFS; the mean of two independent channels is 3 dB quieter.
    assert levels[StreamId.MIC] == pytest.approx(-20.0, abs=0.5)
    assert levels[StreamId.SYSTEM] == pytest.approx(-23.0, abs=0.5)


def test_blocks_of_the_real_time_callback_have_one_length(server, tmp_path, monkeypatch):
    lengths = []

    class Counted(capture.Callback):
        def __call__(self, frames, count, times, status) -> None:
            lengths.append(len(frames))
            super().__call__(frames, count, times, status)

    monkeypatch.setattr(capture, "Callback", Counted)
    recording = start(tmp_path / "meeting", {StreamId.MIC: "default"})
    record_for(recording, 1.0)
    recording.stop()

    # A block of one frame costs as much as one of a thousand: the budget could not be kept.
    assert set(lengths) == {round(capture.BLOCK_S * RATE_HZ)}


@PULSE_ONLY
def test_streams_share_one_time_line_when_both_hear_the_same(server, tmp_path):
    # A microphone that hears the loudspeakers without any delay.
    server.control(
        "load-module", "module-remap-source", "source_name=ear", f"master={SYSTEM_SOURCE}"
    )
    sound = make_noise(tmp_path / "sound.wav", 2.0, 2, seed=3)
    capture = start(tmp_path / "meeting", {StreamId.MIC: "ear", StreamId.SYSTEM: "default"})

    player = server.play(tmp_path / "sound.wav", SYSTEM_SINK)
    assert player.wait(20) == 0
    record_for(capture, 0.5)
    infos = {info.stream: info for info in capture.stop()}

    places_s = {
        stream: find(stored(info)[:, 0], sound[:, 0]) / RATE_HZ for stream, info in infos.items()
    }
    assert places_s[StreamId.MIC] == pytest.approx(places_s[StreamId.SYSTEM], abs=0.06)


def test_devices_are_listed_by_kind_with_defaults(server):
    devices = LinuxCaptureBackend().list_devices()

    by_key = {device.key: device for device in devices}
    mic, system = by_key[MICROPHONE], by_key[SYSTEM_SOURCE]
    assert (mic.stream, mic.is_default, mic.channels) == (StreamId.MIC, True, 1)
    assert (system.stream, system.is_default, system.channels) == (StreamId.SYSTEM, True, 2)
    assert (mic.name, system.name) == ("Virtual_microphone", "Meeting_speakers")
    assert {device.rate_hz for device in devices} == {RATE_HZ}
    assert by_key[f"{MIC_SINK}.monitor"].stream is StreamId.SYSTEM
    assert not by_key[f"{MIC_SINK}.monitor"].is_default


@pytest.mark.parametrize("has_plugin", [True, False])
def test_microphone_that_is_not_the_default_is_recorded(server, tmp_path, monkeypatch, has_plugin):
    if not has_plugin:
        # As without libasound2-plugins: the microphone goes the way of system audio.
        monkeypatch.setattr(portaudio, "has_pulse_pcm", lambda: False)
    server.control("set-default-source", SYSTEM_SOURCE)
    sound = make_noise(tmp_path / "mic.wav", 1.5, 1, seed=4)
    try:
        capture = start(tmp_path / "meeting", {StreamId.MIC: "virtual_mic"})
        player = server.play(tmp_path / "mic.wav", MIC_SINK)
        assert player.wait(20) == 0
        record_for(capture, 0.5)
        info = capture.stop()[0]
    finally:
        server.control("set-default-source", MICROPHONE)

    assert_holds(info, sound)


@PULSE_ONLY
def test_busy_interpreter_costs_no_sample(server, tmp_path):
    system_sound = make_noise(tmp_path / "system.wav", 3.0, 2, seed=5)
    mic_sound = make_noise(tmp_path / "mic.wav", 3.0, 1, seed=6)
    ballast = {str(i): [{"text": "word", "start": i, "end": i}] * 3 for i in range(20_000)}
    is_over = threading.Event()

    def hold_the_interpreter() -> None:
        # One call in C that lasts about 50 ms and never lets another thread in.
        while not is_over.is_set():
            json.dumps(ballast)

    capture = start(tmp_path / "meeting")
    hog = threading.Thread(target=hold_the_interpreter, name="hog")
    hog.start()
    try:
        players = [
            server.play(tmp_path / "system.wav", SYSTEM_SINK),
            server.play(tmp_path / "mic.wav", MIC_SINK),
        ]
        assert [player.wait(30) for player in players] == [0, 0]
    finally:
        is_over.set()
        hog.join(10)
    # Under such a load the backlog takes as long as the machine needs; whole it must be.
    record_for(capture, 0.5)
    infos = {info.stream: info for info in capture.stop()}

    assert_holds(infos[StreamId.SYSTEM], system_sound)
    assert_holds(infos[StreamId.MIC], mic_sound)
    assert [info.dropped_samples for info in infos.values()] == [0, 0]


@PULSE_ONLY
def test_starved_machine_costs_no_sample(server, tmp_path):
    sounds = {
        StreamId.SYSTEM: make_noise(tmp_path / "system.wav", 4.0, 2, seed=12),
        StreamId.MIC: make_noise(tmp_path / "mic.wav", 4.0, 1, seed=13),
    }
    busy = [sys.executable, "-c", "while True: pass"]
    capture = start(tmp_path / "meeting")
    hogs = [subprocess.Popen(busy) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        players = [
            server.play(tmp_path / "system.wav", SYSTEM_SINK),
            server.play(tmp_path / "mic.wav", MIC_SINK),
        ]
        assert [player.wait(60) for player in players] == [0, 0]
        record_for(capture, 0.5)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait(10)
    infos = {info.stream: info for info in capture.stop()}

    for stream, sound in sounds.items():
        assert_holds(infos[stream], sound)
        assert infos[stream].dropped_samples == 0


@PULSE_ONLY
def test_torn_end_of_a_spool_is_made_again_from_the_archive(server, tmp_path):
    sound = make_noise(tmp_path / "system.wav", 3.0, 2, seed=14)
    folder = tmp_path / "meeting"
    capture = start(folder)
    assert server.play(tmp_path / "system.wav", SYSTEM_SINK).wait(30) == 0
    record_for(capture, 0.3)
    (before,) = (info for info in capture.stop() if info.stream is StreamId.SYSTEM)
    whole = np.fromfile(before.spool_path, dtype="<i2").astype(int)
    with before.spool_path.open("r+b") as file:
        # As a power cut leaves it: the last blocks are zeros, and the end is no whole sample.
        file.truncate(2 * (len(whole) - 32_000))
        file.truncate(2 * (len(whole) - 8_000) + 1)

    (after,) = (info for info in repair(folder) if info.stream is StreamId.SYSTEM)

    mended = np.fromfile(after.spool_path, dtype="<i2").astype(int)
    assert abs(len(mended) - len(whole)) < 800
    assert_holds(after, sound)
    common = min(len(mended), len(whole)) - 800
    differences = np.abs(mended[:common] - whole[:common])
    assert differences[: len(whole) - 32_000].max() == 0
    # Made at one go and not block by block, so it is off by less than a sample.
    torn = slice(len(whole) - 31_000, common)
    assert np.corrcoef(mended[torn], whole[torn])[0, 1] > 0.9


RECORD = """
import sys, time
from pathlib import Path
from app.audio.linux import LinuxCaptureBackend
from app.domain.ids import StreamId
started_s = time.monotonic()
capture = LinuxCaptureBackend().start(
    {StreamId.MIC: "default", StreamId.SYSTEM: "default"}, Path(sys.argv[1]), print
)
wanted = 16_000
while True:
    for source in capture.sources().values():
        assert source.read(wanted, 1, timeout_s=20) is not None
    print(started_s, wanted, flush=True)
    wanted += 8_000
"""


def test_killed_recording_loses_less_than_a_second(server, tmp_path, repository):
    sounds = {
        StreamId.SYSTEM: make_noise(tmp_path / "system.wav", 2.5, 2, seed=7),
        StreamId.MIC: make_noise(tmp_path / "mic.wav", 2.5, 1, seed=8),
    }
    folder = tmp_path / "meeting"
    with subprocess.Popen(
        [sys.executable, "-c", RECORD, str(folder)],
        cwd=repository,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        players = [
            server.play(tmp_path / "system.wav", SYSTEM_SINK),
            server.play(tmp_path / "mic.wav", MIC_SINK),
        ]
        assert [player.wait(20) for player in players] == [0, 0]
        for _ in range(2):
            line = process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        recorded_s = time.monotonic() - float(line.split()[0])

    infos = {info.stream: info for info in repair(folder)}

    for stream, sound in sounds.items():
        assert_holds(infos[stream], sound)
        assert infos[stream].sample_count / 16_000 > recorded_s - 1.0
        assert len(stored(infos[stream])) / RATE_HZ > recorded_s - 1.0
        assert infos[stream].spool_path.stat().st_size == 2 * infos[stream].sample_count
    # The helper process ends with its parent.
    for _ in range(200):
        if "Crosstalk" not in server.control("list", "clients"):
            break
    assert "Crosstalk" not in server.control("list", "clients")


def test_recording_goes_on_when_the_server_comes_back(server, tmp_path):
    notices, told = [], threading.Semaphore(0)

    class Notices:
        def append(self, notice) -> None:
            notices.append(notice)
            told.release()

    capture = start(tmp_path / "meeting", notices=Notices())

    killed_s = time.monotonic()
    server.kill()
    assert told.acquire(timeout=10)
    assert told.acquire(timeout=10)
    server.start()
    assert told.acquire(timeout=10)
    assert told.acquire(timeout=10)
    away_s = time.monotonic() - killed_s
    sound = make_noise(tmp_path / "system.wav", 1.5, 2, seed=9)
    record_for(capture, 2.5)
    assert server.play(tmp_path / "system.wav", SYSTEM_SINK).wait(20) == 0
    record_for(capture, 0.5)
    infos = {info.stream: info for info in capture.stop()}

    assert [n.kind for n in notices] == [NoticeKind.DEVICE_LOST] * 2 + [NoticeKind.OTHER] * 2
    assert_holds(infos[StreamId.SYSTEM], sound)
    for info in infos.values():
        # An idle output gives its first sample up to 2 s after it was opened.
        assert 0 < info.dropped_samples < (away_s + IDLE_S) * 16_000
        assert info.sample_count == pytest.approx(len(stored(info)) / 3, abs=2)


def test_system_audio_follows_the_default_output(server, tmp_path):
    notices, told = [], threading.Semaphore(0)

    class Notices:
        def append(self, notice) -> None:
            notices.append(notice)
            told.release()

    sound = make_noise(tmp_path / "system.wav", 1.0, 2, seed=11)
    capture = start(tmp_path / "meeting", {StreamId.SYSTEM: "default"}, notices=Notices())

    module = server.control(
        "load-module", "module-null-sink", "sink_name=headset", f"rate={RATE_HZ}", "channels=2"
    )
    swapped_s = time.monotonic()
    server.control("set-default-sink", "headset")
    assert told.acquire(timeout=10)
    away_s = time.monotonic() - swapped_s
    record_for(capture, 2.5)
    assert server.play(tmp_path / "system.wav", "headset").wait(20) == 0
    record_for(capture, 0.3)
    # Unplugged: the server would now move the stream to any other source.
    swapped_s = time.monotonic()
    server.control("unload-module", module)
    assert told.acquire(timeout=10)
    info = capture.stop()[0]
    away_s += time.monotonic() - swapped_s
    server.control("set-default-sink", SYSTEM_SINK)

    assert_holds(info, sound)
    assert "now recorded from" in notices[0].text
    assert all(n.stream is StreamId.SYSTEM for n in notices)
    assert info.device == "Meeting_speakers"
    # PipeWire hands over within a block.
    is_pulse = type(server) is SoundServer
    assert int(is_pulse) <= info.dropped_samples < (away_s + 2 * IDLE_S) * 16_000
    assert info.sample_count == pytest.approx(len(stored(info)) / 3, abs=3)


@pytest.fixture
def disk(tmp_path):
    """A disk of 3 MB."""
    with small_disk(tmp_path / "disk", 3) as folder:
        yield folder
        stop_started()


@PULSE_ONLY
def test_full_disk_stops_cleanly_and_keeps_all_but_a_second(server, tmp_path, disk):
    make_noise(tmp_path / "system.wav", 20.0, 2, seed=12)
    make_noise(tmp_path / "mic.wav", 20.0, 1, seed=13)
    notices, told = [], threading.Event()

    def on_notice(notice) -> None:
        notices.append(notice)
        told.set()

    folder = disk / "meeting"
    started_s = time.monotonic()
    capture = LinuxCaptureBackend().start(BOTH, folder, on_notice)
    started.append(capture)
    players = [
        server.play(tmp_path / "system.wav", SYSTEM_SINK),
        server.play(tmp_path / "mic.wav", MIC_SINK),
    ]
    try:
        assert told.wait(60)
        lived_s = time.monotonic() - started_s
    finally:
        for player in players:  # else the next tests hear them
            player.kill()
            player.wait()
    capture.stop()
    repaired = repair(folder)

    assert [notice.kind for notice in notices] == [NoticeKind.DISK]
    assert "The disk is full" in notices[0].text
    assert {info.stream for info in repaired} == set(BOTH)
    for info in repaired:
        assert info.sample_count / 16_000 > lived_s - 1.0
        assert len(stored(info)) / RATE_HZ > lived_s - 1.0


@PULSE_ONLY
def test_sound_check_proves_the_loopback_and_measures_the_leak(server):
    server.control(
        "load-module", "module-remap-source", "source_name=leaky", f"master={SYSTEM_SOURCE}"
    )
    backend, player = LinuxCaptureBackend(), SpoolPlayer()

    leaky = listen(backend, player, {StreamId.MIC: "leaky", StreamId.SYSTEM: "default"})
    headphones = listen(backend, player, BOTH)

    assert (leaky.is_looped, headphones.is_looped) == (True, True)
    assert leaky.leak_db == pytest.approx(0.0, abs=1.0)
    assert leaky.leak_s == pytest.approx(0.0, abs=0.06)
    assert headphones.leak_db is None


@PULSE_ONLY
def test_player_is_heard_at_the_right_place(server, tmp_path):
    spool = tmp_path / "mic.s16"
    loud = np.random.default_rng(10).normal(0, 3_000, 16_000).astype("<i2")
    np.concatenate([np.full(32_000, 20_000, "<i2"), np.zeros(8_000, "<i2"), loud]).tofile(spool)
    capture = start(tmp_path / "meeting", {StreamId.SYSTEM: "default"})
    player = SpoolPlayer()

    player.play((spool,), 2.0)
    positions_s = [player.position_s()]
    record_for(capture, 2.5)
    player.stop()
    heard = stored(capture.stop()[0]).mean(axis=1)

    played = np.zeros(3 * (8_000 + len(loud)))
    played[24_000:] = np.repeat(loud, 3)
    size = 1 << 19
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(played, size))
    match = np.fft.irfft(product, size).max() / np.linalg.norm(heard) / np.linalg.norm(played)
    assert match > 0.8
    assert positions_s[0] is not None
    assert 1.8 <= positions_s[0] <= 2.5
    assert player.position_s() is None


@PULSE_ONLY
def test_player_takes_noise_out_of_what_is_heard(server, tmp_path):
    speech, _ = soundfile.read(DATA / "one_speaker.flac", dtype="float32", stop=32_000)
    hiss = 0.03 * np.random.default_rng(15).standard_normal(len(speech))
    spool = tmp_path / "mic.s16"
    np.rint(32_767 * np.clip(speech + hiss, -1, 1)).astype("<i2").tofile(spool)
    capture = start(tmp_path / "meeting", {StreamId.SYSTEM: "default"})
    player = SpoolPlayer()

    player.play((spool,), 0.0, noise_limit_db=12.0)
    record_for(capture, 2.5)
    player.stop()
    heard = soxr.resample(stored(capture.stop()[0]).mean(axis=1), RATE_HZ, 16_000)

    def likeness(sound):
        size = 1 << 18
        product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound, size))
        return np.fft.irfft(product, size).max() / np.linalg.norm(heard) / np.linalg.norm(sound)

    # They are equally loud in the recording.
    assert likeness(speech) > 2 * likeness(hiss)
