"""`crosstalk record` through a real sound server, with the real models."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
import soxr

from tests.e2e.recordings import (
    BOTH_TURNS_S,
    FIRST_TURN_S,
    IDLE_S,
    SAMPLE,
    SILENCE_S,
    assert_holds,
    cut,
    spoken,
)
from tests.e2e.transcripts import last_states, read_events, recall, stored_states
from tests.sound_server import MIC_SINK, RATE_HZ, SYSTEM_SINK, SoundServer, is_available

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.sound,
    pytest.mark.skipif(not is_available(), reason="PulseAudio is not installed"),
]

PLAYED_S = 24.0


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


def test_swapped_output_kill_and_torn_spool_cost_a_second_and_no_word(
    recording, server, crosstalk, tmp_path
):
    before = cut(tmp_path, "system", FIRST_TURN_S, SILENCE_S)
    after = {stream: cut(tmp_path, stream, BOTH_TURNS_S, IDLE_S) for stream in ("mic", "system")}

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
    assert recall(spoken(BOTH_TURNS_S[1], FIRST_TURN_S[0]), heard) > 0.85
    for stream, path in spools.items():
        assert path.stat().st_size >= stored[stream] - 2 * 16_000
    for stream, files in {"mic": [after["mic"]], "system": [before, after["system"]]}.items():
        for file in files:
            played, _ = soundfile.read(file, dtype="int16", always_2d=True)
            assert_holds(recording.archived(stream), played[:, 0])
