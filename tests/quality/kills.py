"""Kills recordings at random moments and counts what is lost; measures how fast they start.

    python -m tests.quality.kills --count 50

Every recording runs in a process of its own against a private sound server and is ended by
`kill -9` after 0.5 to 6 s, repaired, and opened. Prints JSON: audio lost (time between the start
and the kill, less what the repaired files hold), per stream the worst; files that did not open;
and the time from the call that starts a recording to its first sample: captured, and on disk, of
the first stream and of both. An output delivers what it plays in pieces as long as the programs on
it ask for (`--latency-ms`): players ask for much, browsers for little.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import soundfile

from app.audio.repair import repair
from tests.sound_server import MIC_SINK, RATE_HZ, SYSTEM_SINK, SoundServer

_RECORD = """
import sys, threading, time
from pathlib import Path
from app.audio.linux import LinuxCaptureBackend
from app.domain.ids import StreamId
import app.audio.portaudio, sounddevice, pulsectl
streams = {StreamId.MIC: "default", StreamId.SYSTEM: "default"}
folder, stored = Path(sys.argv[1]), {}
pause = threading.Event()
def look():
    while len(stored) < len(streams):
        for stream in streams:
            spool = folder / f"{stream}.s16"
            if stream not in stored and spool.exists() and spool.stat().st_size:
                stored[stream] = time.monotonic()
        pause.wait(0.002)
looking = threading.Thread(target=look)
looking.start()
clicked_s = time.monotonic()
capture = LinuxCaptureBackend().start(streams, folder, print)
returned_s = time.monotonic()
looking.join()
origins = [track.input.ring.origin_s for track in capture._tracks]
times = (returned_s, min(stored.values()), max(stored.values()), max(origins))
print(clicked_s, *times, flush=True)
sys.stdin.read()
"""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency-ms", type=int, default=500, help="of what plays")
    options = parser.parse_args()
    chance, pause = random.Random(options.seed), threading.Event()
    lost_s: dict[str, list[float]] = {"spool": [], "archive": []}
    unreadable = 0
    starts: list[list[float]] = []
    with SoundServer() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = np.random.default_rng(1).normal(0, 0.1, (600 * RATE_HZ, 1))
        soundfile.write(folder / "noise.wav", samples, RATE_HZ)
        for sink in (SYSTEM_SINK, MIC_SINK):
            server.play(folder / "noise.wav", sink, options.latency_ms)
        # An output that begins to play at this moment delivers up to a second later.
        pause.wait(2.0)
        for index in range(options.count):
            meeting = folder / str(index)
            with subprocess.Popen(
                [sys.executable, "-c", _RECORD, str(meeting)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as process:
                assert process.stdout is not None
                clicked_s, *times = map(float, process.stdout.readline().split())
                starts.append([t - clicked_s for t in times])
                pause.wait(chance.uniform(0.5, 6.0))
                os.kill(process.pid, signal.SIGKILL)
                lived_s = time.monotonic() - clicked_s
            for info in repair(meeting):
                assert info.sample_count is not None
                lost_s["spool"].append(lived_s - info.sample_count / 16_000)
                try:
                    frames = sum(soundfile.info(path).frames for path in info.original_paths)
                    list(map(soundfile.read, info.original_paths))
                except soundfile.LibsndfileError:
                    unreadable += 1
                else:
                    lost_s["archive"].append(lived_s - frames / RATE_HZ)
    names = ("returned_s", "first_stored_s", "all_stored_s", "all_captured_s")
    figures = {
        "kills": options.count,
        "unreadable": unreadable,
        "lost_s": {
            kind: {"p50": float(np.median(values)), "max": max(values), "count": len(values)}
            for kind, values in lost_s.items()
        },
        "start": {
            name: {"p50": float(np.median(values)), "max": max(values)}
            for name, values in zip(names, zip(*starts, strict=True), strict=True)
        },
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
