"""What goes wrong around `crosstalk record`: bounded loss, and a complete transcript behind it.

The engine killed, the recorder killed, a swapped output and a torn spool are in `test_record.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.e2e.recordings import (
    BOTH_TURNS_S,
    FIRST_TURN_S,
    IDLE_S,
    SILENCE_S,
    Recording,
    assert_holds,
    cut,
    spoken,
)
from tests.e2e.transcripts import read_events, recall
from tests.small_disk import small_disk
from tests.sound_server import MIC_SINK, RATE_HZ, SYSTEM_SINK, is_available

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.sound,
    pytest.mark.skipif(not is_available(), reason="PulseAudio is not installed"),
]

FREE_BYTES = 6_000_000
"""What is left to a recording that takes 0.35 MB a second."""


@contextmanager
def starved_processor() -> Iterator[None]:
    """Three busy programs for each processor."""
    busy = [sys.executable, "-c", "while True: pass"]
    hogs = [subprocess.Popen(busy) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait(10)


def words_of(export: Path) -> str:
    """Everything that an exported transcript says."""
    return " ".join(segment["text"] for segment in json.loads(export.read_text())["segments"])


def samples_of(file: Path) -> np.ndarray:
    """The first channel, int16."""
    return soundfile.read(file, dtype="int16", always_2d=True)[0][:, 0]


def test_unplugged_output_dead_server_and_starved_processor_cost_no_word(
    recording, server, tmp_path
):
    before = cut(tmp_path, "system", FIRST_TURN_S, IDLE_S)
    after = {stream: cut(tmp_path, stream, BOTH_TURNS_S, IDLE_S) for stream in ("mic", "system")}

    def has_moved(times: int):
        return lambda: recording.told().count("is now recorded from") == times

    module = server.control("load-module", "module-null-sink", "sink_name=headset",
                            f"rate={RATE_HZ}", "channels=2", "format=s16le")  # fmt: skip
    server.control("set-default-sink", "headset")
    recording.wait_for(has_moved(1), "headset")
    assert server.play(before, "headset").wait(60) == 0
    recording.wait_for(recording.is_ahead_of(0.7), "the end of what was played")
    server.control("unload-module", module)
    recording.wait_for(has_moved(2), "output in the place of the unplugged one")
    server.kill()
    recording.wait_for(lambda: recording.told().count("went away") == 2, "loss of the server")
    server.start()
    recording.wait_for(has_moved(4), "return of the server")
    with starved_processor():
        players = [server.play(after["mic"], MIC_SINK), server.play(after["system"], SYSTEM_SINK)]
        assert [player.wait(60) for player in players] == [0, 0]
    result = recording.finish()

    events = read_events(recording.events_file)
    died_s, back_s = (
        [e["t"] for e in events if text in e.get("text", "")][index]
        for text, index in (("went away", 0), ("is now recorded from", -1))
    )
    assert recall(spoken(BOTH_TURNS_S[1], FIRST_TURN_S[0]), words_of(recording.export)) > 0.85
    for stream, files in {"mic": [after["mic"]], "system": [before, after["system"]]}.items():
        for file in files:
            assert_holds(recording.archived(stream), samples_of(file))
    gaps = [g for g in json.loads(recording.export.read_text())["notices"] if g["kind"] == "gap"]
    assert {gap["stream"] for gap in gaps} == {"mic", "system"}
    lost_s = {s["stream"]: s["dropped_samples"] / 16_000 for s in result["streams"]}
    assert 0 < lost_s["mic"] < back_s - died_s + IDLE_S
    # Two moves more, each to an output on which nothing plays yet.
    assert 0 < lost_s["system"] < back_s - died_s + 3 * IDLE_S


def test_full_disk_ends_the_meeting_by_itself_and_costs_no_word(
    server, environment, crosstalk, tmp_path
):
    with small_disk(tmp_path / "disk", 140) as disk:
        environment["CROSSTALK_DATA_DIR"] = str(disk / "data")
        environment["CROSSTALK_CAPTURE_MINIMUM_FREE_GB"] = "0.1"
        said = {s: cut(tmp_path, s, BOTH_TURNS_S, SILENCE_S) for s in ("mic", "system")}
        with Recording(server, environment, tmp_path) as recording:
            recording.wait_for(recording.has_samples, "audio")
            (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - FREE_BYTES))
            players = [server.play(said["mic"], MIC_SINK), server.play(said["system"], SYSTEM_SINK)]
            assert [player.wait(60) for player in players] == [0, 0]
            recording.wait_for(lambda: "The disk is full" in recording.told(), "full disk")
            recording.process.wait(120)

            (full_s,) = (
                event["t"]
                for event in read_events(recording.events_file)
                if event.get("kind") == "disk"
            )
            (disk / "ballast").unlink()
            crosstalk("library", "refine", "last")
            crosstalk("export", "last", "json", "-o", tmp_path / "refined.json")

            assert (
                recall(
                    spoken(BOTH_TURNS_S[1], BOTH_TURNS_S[0]), words_of(tmp_path / "refined.json")
                )
                > 0.85
            )
            for stream, file in said.items():
                archived = recording.archived(stream)
                assert_holds(archived, samples_of(file))
                assert len(archived) / RATE_HZ > full_s - 1.0
