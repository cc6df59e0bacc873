"""Runs a program and measures its memory, engine processes included."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

POLL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a program ran.

    Attributes:
        peak_rss_mb: The largest sum of resident memory over the process and its children.
    """

    exit_code: int
    wall_s: float
    peak_rss_mb: float


def run(command: list[str], log_file: Path, environment: dict[str, str]) -> Run:
    """Run `command` to its end; what it writes goes to `log_file`."""
    started_s = time.monotonic()
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        ended = threading.Event()
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(process.pid, ended, peak), name="memory")
        watcher.start()
        exit_code = process.wait()
        ended.set()
        watcher.join()
    return Run(
        exit_code=exit_code, wall_s=time.monotonic() - started_s, peak_rss_mb=peak[0] / 2**20
    )


def _watch(pid: int, ended: threading.Event, peak: list[float]) -> None:
    while not ended.wait(POLL_S):
        total = 0
        try:
            parent = psutil.Process(pid)
            for process in (parent, *parent.children(recursive=True)):
                total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        peak[0] = max(peak[0], float(total))
