"""`crosstalk record` through a real sound server, with the real models."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
import soxr

from tests.e2e.conftest import ROOT, TIMEOUT_S, last_json
from tests.e2e.transcripts import last_states, read_events, recall, stored_states
from tests.sound_server import MIC_SINK, RATE_HZ, SYSTEM_SINK, SoundServer, is_available

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.sound,
    pytest.mark.skipif(not is_available(), reason="PulseAudio is not installed"),
]

SAMPLE = ROOT / "resources" / "sample"
PLAYED_S = 24.0
SILENCE_S = 0.5


@pytest.fixture
def sounds(tmp_path: Path) -> dict[str, Path]:
    """The first seconds of the sample meeting at the sinks' own rate and width."""
    files = {}
    for stream, channels in (("mic", 1), ("system", 2)):
        samples, rate = soundfile.read(SAMPLE / f"{stream}.flac", dtype="float32")
        resampled = soxr.resample(samples[: int(PLAYED_S * rate)], rate, RATE_HZ)
        padded = np.concatenate([np.zeros(int(SILENCE_S * RATE_HZ)), resampled])
        integers = np.rint(np.clip(padded, -1, 1) * 32_767).astype(np.int16)
        files[stream] = tmp_path / f"{stream}.wav"
        soundfile.write(files[stream], np.tile(integers[:, None], (1, channels)), RATE_HZ)
    return files


class Recording:
    """A running `crosstalk record` and what it leaves."""

    def __init__(self, server: SoundServer, environment: dict[str, str], folder: Path) -> None:
        self.data = Path(environment["CROSSTALK_DATA_DIR"])
        self.events_file = folder / "live.jsonl"
        self.export = folder / "out.json"
        self._errors = (folder / "stderr").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "record", "--json",
             f"--events={self.events_file}", f"--export=json={self.export}"],
            cwd=ROOT,
            env=environment | {"PULSE_SERVER": server.address},
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )  # fmt: skip

    def wait_for(self, condition, what: str, timeout_s: float = 60.0) -> None:
        """Wait until `condition()` holds; fails with the program's own words."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self._errors.seek(0)
                self.process.kill()
                raise AssertionError(f"no {what}: {self._errors.read()}")
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue

    def has_samples(self) -> bool:
        """Whether both spools grow."""
        spools = list(self.data.rglob("*.s16"))
        return len(spools) == 2 and all(spool.stat().st_size > 16_000 for spool in spools)

    def has_words(self) -> bool:
        """Whether a caption has become visible."""
        return self.events_file.exists() and '"final"' in self.events_file.read_text()

    def finish(self) -> dict:
        """Press Ctrl-C once and wait for the finished transcript."""
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=TIMEOUT_S)
        self._errors.seek(0)
        assert self.process.returncode == 0, self._errors.read()
        return last_json(output)

    def close(self) -> None:
        """End the program if it still runs."""
        with self.process, self._errors:
            if self.process.poll() is None:
                self.process.kill()

    def archived(self, stream: str) -> np.ndarray:
        """The untouched original, int16, first channel."""
        parts = [
            soundfile.read(path, dtype="int16", always_2d=True)[0][:, 0]
            for path in sorted(self.data.rglob(f"{stream}-[0-9]*.*"))
        ]
        return np.concatenate(parts)


@pytest.fixture
def server():
    """A running sound server with a pretend meeting and a pretend microphone."""
    with SoundServer() as running:
        yield running


@pytest.fixture
def recording(server, environment, tmp_path):
    """A recording of both streams that has begun."""
    running = Recording(server, environment, tmp_path)
    try:
        running.wait_for(running.has_samples, "audio")
        yield running
    finally:
        running.close()


def assert_holds(recorded: np.ndarray, played: np.ndarray) -> None:
    """Check that `recorded` holds every sample of `played`, once, in order."""
    loudest = int(np.argmax(np.abs(played.astype(int)))) - RATE_HZ // 4
    key = played[loudest : loudest + RATE_HZ // 2].astype(float)
    size = 1 << (len(recorded) + len(key)).bit_length()
    spectrum = np.fft.rfft(recorded.astype(float), size) * np.conj(np.fft.rfft(key, size))
    start = int(np.argmax(np.fft.irfft(spectrum, size))) - loudest
    np.testing.assert_array_equal(recorded[start : start + len(played)], played)


def spoken(until_s: float) -> str:
    """The reference words that end before `until_s`."""
    rows = json.loads((SAMPLE / "reference.seglst.json").read_text())
    return " ".join(row["words"] for row in rows if row["end_time"] < until_s)


def play(server: SoundServer, sounds: dict[str, Path]) -> list[subprocess.Popen[bytes]]:
    return [server.play(sounds["mic"], MIC_SINK), server.play(sounds["system"], SYSTEM_SINK)]


def test_a_recorded_meeting_is_complete(recording, server, sounds):
    for player in play(server, sounds):
        assert player.wait(60) == 0

    result = recording.finish()

    transcript = json.loads(recording.export.read_text())
    heard = " ".join(segment["text"] for segment in transcript["segments"])
    events = read_events(recording.events_file)
    assert recall(spoken(PLAYED_S), heard) > 0.85
    assert len(transcript["speakers"]) == 3
    assert last_states(events) == stored_states(transcript)
    assert [stream["dropped_samples"] for stream in result["streams"]] == [0, 0]
    for stream, file in sounds.items():
        played, _ = soundfile.read(file, dtype="int16", always_2d=True)
        assert_holds(recording.archived(stream), played[:, 0])


def test_killing_the_engine_costs_nothing(recording, server, sounds):
    players = play(server, sounds)
    recording.wait_for(recording.has_words, "words")

    engines = [
        child
        for child in psutil.Process(recording.process.pid).children(recursive=True)
        if "spawn_main" in " ".join(child.cmdline())
    ]
    for engine in engines:
        engine.kill()
    for player in players:
        assert player.wait(60) == 0
    recording.finish()

    transcript = json.loads(recording.export.read_text())
    heard = " ".join(segment["text"] for segment in transcript["segments"])
    kinds = [e.get("kind") for e in read_events(recording.events_file) if e["type"] == "notice"]
    assert engines
    assert "engine-restarted" in kinds
    assert recall(spoken(PLAYED_S), heard) > 0.85
    for stream, file in sounds.items():
        played, _ = soundfile.read(file, dtype="int16", always_2d=True)
        assert_holds(recording.archived(stream), played[:, 0])
