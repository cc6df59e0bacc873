"""Kills the engine in the middle of a meeting and measures how soon captions are back.

    python -m tests.quality.restart DIR/duo1 [--at 20 --at 90]

Plays a set at the pace of the clock through `crosstalk transcribe --realtime`, kills the engine
process at each moment with SIGKILL, and prints JSON: per kill the time until the next engine
reports, until its lag is below 2 s again, and the largest lag. A third kill within five minutes
would be the last: the program then records without captions.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from tests.quality.sets import ReferenceSet, find_sets

CAUGHT_UP_S = 2.0


def engines(process_id: int) -> list[psutil.Process]:
    """The engine processes of a running program."""
    children = psutil.Process(process_id).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def play(reference: ReferenceSet, folder: Path, kill_at_s: list[float]) -> list[dict[str, Any]]:
    """Run one meeting and kill its engine at moments of the meeting; returns all events."""
    events = folder / "live.jsonl"
    command = [sys.executable, "-m", "app", "--data-dir", str(folder / "data"), "transcribe"]
    for stream in reference.streams:
        command += [f"--{stream}", str(reference.streams[stream])]
    command += ["--realtime", "--point", "balanced", "--events", str(events), "-q"]
    pause = threading.Event()
    with subprocess.Popen(command) as process:
        for moment_s in sorted(kill_at_s):
            while process.poll() is None and last_time_s(events) < moment_s:
                pause.wait(0.05)
            for engine in engines(process.pid):
                engine.kill()
    if process.returncode:
        raise SystemExit(f"the program ended with {process.returncode}")
    return [json.loads(line) for line in events.read_text().splitlines()]


def last_time_s(events: Path) -> float:
    """The time of the newest event; 0 before the first."""
    lines = events.read_text().splitlines() if events.exists() else []
    times = [json.loads(line)["t"] for line in lines[-3:] if line.endswith("}")]
    return max(times, default=0.0)


def recovery(events: list[dict[str, Any]]) -> list[dict[str, float | None]]:
    """Per restart: when the engine reported again and when it had caught up."""
    health = [(e["t"], e["lag_s"]) for e in events if e["type"] == "health"]
    restarts = [e["t"] for e in events if e.get("kind") == "engine-restarted"]
    rows = []
    for number, told_s in enumerate(restarts):
        until_s = restarts[number + 1] if number + 1 < len(restarts) else float("inf")
        killed_s = max((t for t, _ in health if t <= told_s), default=told_s)
        after = [(t, lag) for t, lag in health if killed_s < t < until_s]
        back_s = next((t for t, _ in after), None)
        caught_s = next((t for t, lag in after if lag < CAUGHT_UP_S), None)
        rows.append(
            {
                "last_report_before_s": killed_s,
                "reports_again_after_s": None if back_s is None else back_s - killed_s,
                "caught_up_after_s": None if caught_s is None else caught_s - killed_s,
                "largest_lag_s": max((lag for _, lag in after), default=None),
            }
        )
    return rows


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("root", type=Path, help="folder with one reference set")
    parser.add_argument("--at", type=float, action="append", help="seconds; may be repeated")
    options = parser.parse_args()
    reference = find_sets(options.root)[0]
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        events = play(reference, Path(folder), options.at or [20.0, 90.0])
    rows = recovery(events)
    done = {"set": reference.name, "wall_s": time.monotonic() - began_s, "kills": rows}
    sys.stdout.write(json.dumps(done, indent=1) + "\n")


if __name__ == "__main__":
    main()
