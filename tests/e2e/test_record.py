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
BEFORE_SWAP_S, AFTER_SWAP_S = (8.0, 11.2), (11.3, 17.5)
"""Of the sample: a turn of system audio, then one of each stream."""
IDLE_S = 2.5
"""An output on which nothing plays yet may take so long to be heard."""


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

    def told(self) -> str:
        """Everything that was told so far."""
        return self.events_file.read_text() if self.events_file.exists() else ""

    def is_ahead_of(self, seconds: float):
        """Returns a condition: both streams are that much longer than now."""
        spools = list(self.data.rglob("*.s16"))
        wanted = [spool.stat().st_size + 2 * 16_000 * seconds for spool in spools]
        return lambda: all(
            spool.stat().st_size >= size for spool, size in zip(spools, wanted, strict=True)
        )

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


def spoken(until_s: float, from_s: float = 0.0) -> str:
    """The reference words of turns that lie between two moments."""
    rows = json.loads((SAMPLE / "reference.seglst.json").read_text())
    wanted = (r for r in rows if r["start_time"] >= from_s and r["end_time"] < until_s)
    return " ".join(row["words"] for row in wanted)


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


def cut(folder: Path, stream: str, span_s: tuple[float, float], silence_s: float) -> Path:
    """A stretch of the sample after silence, at the sinks' own rate and width."""
    samples, rate = soundfile.read(SAMPLE / f"{stream}.flac", dtype="float32")
    start, end = (int(each_s * rate) for each_s in span_s)
    resampled = soxr.resample(samples[start:end], rate, RATE_HZ)
    padded = np.concatenate([np.zeros(int(silence_s * RATE_HZ)), resampled])
    integers = np.rint(np.clip(padded, -1, 1) * 32_767).astype(np.int16)
    path = folder / f"{stream}-{start}.wav"
    channels = 1 if stream == "mic" else 2
    soundfile.write(path, np.tile(integers[:, None], (1, channels)), RATE_HZ)
    return path


def test_swapped_output_kill_and_torn_spool_cost_a_second_and_no_word(
    recording, server, crosstalk, tmp_path
):
    before = cut(tmp_path, "system", BEFORE_SWAP_S, SILENCE_S)
    after = {stream: cut(tmp_path, stream, AFTER_SWAP_S, IDLE_S) for stream in ("mic", "system")}

    assert server.play(before, SYSTEM_SINK).wait(60) == 0
    server.control("load-module", "module-null-sink", "sink_name=headset", f"rate={RATE_HZ}",
                   "channels=2", "format=s16le")  # fmt: skip
    server.control("set-default-sink", "headset")
    recording.wait_for(lambda: "is now recorded from" in recording.told(), "new output")
    players = [server.play(after["mic"], MIC_SINK), server.play(after["system"], "headset")]
    assert [player.wait(60) for player in players] == [0, 0]
    recording.wait_for(recording.is_ahead_of(0.7), "the end of what was played")
    recording.process.kill()
    recording.process.wait(10)
    spools = {path.stem: path for path in recording.data.rglob("*.s16")}
    stored = {stream: path.stat().st_size for stream, path in spools.items()}
    for path in spools.values():
        with path.open("r+b") as file:
            # As a power cut leaves it: the last 6 s are zeros, and the end is no whole sample.
            file.truncate(stored[path.stem] // 2 * 2 - 2 * 6 * 16_000)
            file.truncate(stored[path.stem] // 2 * 2 - 16_001)
    crosstalk("library", "refine", "last")
    crosstalk("export", "last", "json", "-o", tmp_path / "out.json")

    transcript = json.loads((tmp_path / "out.json").read_text())
    heard = " ".join(segment["text"] for segment in transcript["segments"])
    assert recall(spoken(AFTER_SWAP_S[1], BEFORE_SWAP_S[0]), heard) > 0.85
    for stream, path in spools.items():
        assert path.stat().st_size >= stored[stream] - 2 * 16_000
    for stream, files in {"mic": [after["mic"]], "system": [before, after["system"]]}.items():
        for file in files:
            played, _ = soundfile.read(file, dtype="int16", always_2d=True)
            assert_holds(recording.archived(stream), played[:, 0])
