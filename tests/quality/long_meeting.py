"""Records a long meeting with the whole program, window and engine, and measures its memory.

    xvfb-run -a python -m tests.quality.long_meeting --minutes 180

Opens the window on a library of its own, starts a recording of two streams of a private sound
server with `crosstalk remote`, and plays a sparse meeting: so many seconds of speech at the start
of every period, quiet noise otherwise. The memory of the window's process and of the engine is
sampled every ten seconds; the slopes leave out the first fifth. What the program itself takes is
its anonymous memory: how many pages of its files are resident is up to the system. `--log` gets one
JSON line per sample, so that a run that is cut short tells something (`--read LOG` fits it again).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile
import soxr

from app.domain.ids import StreamId
from tests.quality.restart import engines
from tests.quality.sets import find_sets
from tests.quality.soak import memory_slope
from tests.sound_server import MIC_SINK, RATE_HZ, SYSTEM_SINK, SoundServer

_DATA = Path(__file__).parents[1] / "data"
_OWN_SPEECH = {
    StreamId.SYSTEM: _DATA / "two_speakers.flac",
    StreamId.MIC: _DATA / "one_speaker.flac",
}
_SINKS = {StreamId.SYSTEM: SYSTEM_SINK, StreamId.MIC: MIC_SINK}
_NOISE = 0.001
_SAMPLE_EVERY_S = 10.0
_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 600.0
_KINDS = ("rss", "uss", "pss", "anonymous")
_ANONYMOUS = re.compile(r"^Anonymous:\s+(\d+) kB$", re.MULTILINE)


def material(root: Path | None) -> dict[StreamId, np.ndarray]:
    """Mono speech at RATE_HZ per stream: of the sets under a folder, or of the tests' own files."""
    if root is None:
        files = {stream: [path] for stream, path in _OWN_SPEECH.items()}
    else:
        sets = find_sets(root)
        files = {s: [r.streams[s] for r in sets if s in r.streams] for s in _SINKS}
    return {
        stream: np.concatenate([_mono(path) for path in paths]) for stream, paths in files.items()
    }


def _mono(path: Path) -> np.ndarray:
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return soxr.resample(samples.mean(axis=1), rate_hz, RATE_HZ)


def piece(speech: np.ndarray, number: int, speech_s: float, every_s: float) -> np.ndarray:
    """One period of a sparse meeting: the next part of the speech, then quiet noise."""
    length = round(speech_s * RATE_HZ)
    where = np.arange(number * length, (number + 1) * length)
    quiet = np.random.default_rng(number).normal(0, _NOISE, round(every_s * RATE_HZ))
    quiet[:length] += np.take(speech, where, mode="wrap")
    return quiet.astype(np.float32)


def memory_of(process: psutil.Process) -> dict[str, float]:
    """Memory of one process in MB: resident, own, with a share of what is shared, anonymous."""
    info = process.memory_full_info()
    found = _ANONYMOUS.search(Path(f"/proc/{process.pid}/smaps_rollup").read_text())
    anonymous_kb = int(found[1]) if found else 0
    mapped = {kind: getattr(info, kind) / 1e6 for kind in ("rss", "uss", "pss")}
    return {**mapped, "anonymous": anonymous_kb * 1024 / 1e6}


def sample(window: psutil.Process, started_s: float) -> dict[str, Any]:
    """One line of the log."""
    running = engines(window.pid)
    return {
        "t": time.monotonic() - started_s,
        "app": memory_of(window),
        "threads": window.num_threads(),
        "files": window.num_fds(),
        "engines": [{"pid": p.pid, **memory_of(p)} for p in running],
        "busy": psutil.cpu_percent() / 100,
    }


def fitted(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The slopes of a log, JSON-ready."""
    seconds = [line["t"] for line in lines]
    # An engine that was replaced makes a step, which no slope describes.
    pids = {engine["pid"] for line in lines for engine in line["engines"]}
    result: dict[str, Any] = {"samples": len(lines), "hours": seconds[-1] / 3600}
    for kind in _KINDS:
        result[f"app_{kind}"] = _growth(seconds, [line["app"][kind] for line in lines])
    result["engine_processes"] = len(pids)
    loaded = [line for line in lines if line["engines"]]
    if len(pids) == 1:
        values = [line["engines"][0]["uss"] for line in loaded]
        result["engine_uss"] = _growth([line["t"] for line in loaded], values)
    result["machine_busy"] = float(np.mean([line["busy"] for line in lines]))
    result["threads"] = [lines[0]["threads"], lines[-1]["threads"]]
    result["open_files"] = [lines[0]["files"], lines[-1]["files"]]
    return result


def _growth(seconds: list[float], values: list[float]) -> dict[str, float]:
    slope = memory_slope(seconds, values)
    return {**slope, "first_mb": values[0], "last_mb": values[-1]}


def remote(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Give an order to the open window."""
    command = [sys.executable, "-m", "app", "--data-dir", str(data), "remote", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def record(options: argparse.Namespace, log: Path, folder: Path) -> dict[str, Any]:
    """Run one meeting; returns what the finished meeting holds."""
    data, pause = folder / "data", threading.Event()
    speech = material(options.set)
    environment = dict(os.environ)
    if "DISPLAY" not in environment:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, "-m", "app", "--data-dir", str(data)]
    with SoundServer() as server, log.open("w") as sink:
        environment["PULSE_SERVER"] = server.address
        with subprocess.Popen(command, env=environment) as process:
            window = psutil.Process(process.pid)
            until_s = time.monotonic() + _START_TIMEOUT_S
            while (answer := remote(data, "start")).returncode and time.monotonic() < until_s:
                pause.wait(1.0)
            if answer.returncode:
                process.kill()
                raise SystemExit(f"the recording did not start: {answer.stderr}")
            started_s, number = time.monotonic(), 0
            while time.monotonic() < started_s + options.minutes * 60:
                if time.monotonic() >= started_s + number * options.every_s:
                    for stream, name in _SINKS.items():
                        file = folder / f"{stream}.wav"
                        part = piece(speech[stream], number, options.speech_s, options.every_s)
                        soundfile.write(file, part, RATE_HZ, subtype="PCM_16")
                        server.play(file, name)
                    number += 1
                line = sample(window, started_s)
                sink.write(json.dumps(line) + "\n")
                sink.flush()
                pause.wait(_SAMPLE_EVERY_S)
            stopped = remote(data, "stop")
            process.terminate()
            try:
                process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
    return {"stopped": stopped.stdout.strip() or stopped.stderr.strip(), "pieces": number}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=180)
    parser.add_argument("--every-s", type=float, default=180, help="one stretch of speech in these")
    parser.add_argument("--speech-s", type=float, default=25)
    parser.add_argument("--set", type=Path, help="folder with meetings to play instead of our own")
    parser.add_argument("--log", type=Path, help="keep the samples here")
    parser.add_argument("--read", type=Path, metavar="LOG", help="only fit this log")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        log = options.read or options.log or Path(name) / "memory.jsonl"
        outcome = {} if options.read else record(options, log, Path(name))
        lines = [json.loads(text) for text in log.read_text().splitlines()]
    sys.stdout.write(json.dumps({**outcome, **fitted(lines)}, indent=1) + "\n")


if __name__ == "__main__":
    main()
