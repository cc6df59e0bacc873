"""Records two streams from a private sound server for long, under load, and counts what is lost.

    python -m tests.quality.soak --minutes 30 --load 0.8

Busy processes keep the whole machine at the load asked for, recorder and everything else included:
each second their share is set anew by how busy the machine was. Noise is played into both streams
minute by minute, and every sample of it looked for in the archive afterwards. Prints JSON: lost
samples, overruns, the cost of the real-time callback as a share of its block and of its budget,
memory over time, and how busy the machine was. A minute that is not found as it was played says
either that the recorder lost something or that the sound server did (its players run out of samples
when the machine is starved); overruns and gaps tell which.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import numpy as np
import psutil
import soundfile

from app.audio import capture
from app.audio.linux import LinuxCaptureBackend
from app.domain.ids import StreamId
from tests.sound_server import LEAD_IN_S, MIC_SINK, RATE_HZ, SYSTEM_SINK, SoundServer

_PIECE_S = 55.0
_EVERY_S = 60.0
_SAMPLE_EVERY_S = 5.0
_TURN_S = 0.1
_STEER_EVERY_S = 1.0
_STEER = 0.3
BUDGET_SHARE = 0.1
"""Of a block, which the real-time callback may take."""


def burn(share: Synchronized[float], niceness: int) -> None:
    """Keep one core busy for a share of the time that may change, for ever."""
    os.nice(niceness)
    pause = threading.Event()
    while True:
        started_s, wanted = time.perf_counter(), share.value
        while time.perf_counter() - started_s < _TURN_S * wanted:
            sum(range(1_000))
        pause.wait(_TURN_S * (1 - wanted))


def steered(share: float, busy: float, target: float) -> float:
    """The share of busy processes that brings a machine nearer to its target; all in [0, 1]."""
    return float(np.clip(share + _STEER * (target - busy), 0.0, 1.0))


class Load:
    """Holds the machine at a load from `start` to `stop`.

    Args:
        target: Share of all processors, of everything that runs on them.
    """

    def __init__(self, target: float, niceness: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._target = target
        self._share: Synchronized[float] = context.Value("d", target)
        self._processes = [
            context.Process(target=burn, args=(self._share, niceness), daemon=True)
            for _ in range(os.cpu_count() or 1 if target else 0)
        ]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="load")
        self.busy: list[float] = []

    def start(self) -> None:
        """Begin."""
        for process in self._processes:
            process.start()
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join()
        for process in self._processes:
            process.terminate()

    def _hold(self) -> None:
        psutil.cpu_percent()
        while not self._stop.wait(_STEER_EVERY_S):
            busy = psutil.cpu_percent() / 100
            self.busy.append(busy)
            self._share.value = steered(self._share.value, busy, self._target)

    def record(self) -> dict[str, float]:
        """How busy the machine was, JSON-ready."""
        p10, p50, p90 = (float(value) for value in np.quantile(self.busy, [0.1, 0.5, 0.9]))
        mean = float(np.mean(self.busy))
        return {"target": self._target, "mean": mean, "p10": p10, "p50": p50, "p90": p90}


def memory_slope(seconds: list[float], memory_mb: list[float]) -> dict[str, float]:
    """Growth of memory in MB per hour with its standard error, the first fifth left out."""
    settled = len(seconds) // 5
    hours, values = np.array(seconds[settled:]) / 3600, np.array(memory_mb[settled:])
    slope, level = np.polyfit(hours, values, 1)
    rest = values - (slope * hours + level)
    spread = float(np.sum((hours - hours.mean()) ** 2))
    error = float(np.sqrt(np.sum(rest**2) / max(1, len(hours) - 2) / spread))
    return {"mb_per_h": float(slope), "standard_error": error, "hours": float(np.ptp(hours))}


def callback_record(costs_s: np.ndarray, blocks_s: np.ndarray) -> dict[str, float]:
    """What the callback cost as shares of its blocks, JSON-ready.

    Args:
        costs_s, blocks_s: Time taken and time recorded, (n,). A short block has the price of a
            long one: `whole` tells the cost of all, whatever their lengths.
    """
    shares = costs_s / blocks_s
    p50, p99, p999 = (float(value) for value in np.quantile(shares, [0.5, 0.99, 0.999]))
    return {
        "budget": BUDGET_SHARE,
        "p50": p50,
        "p99": p99,
        "p999": p999,
        "max": float(shares.max()),
        "whole": float(np.sum(costs_s) / np.sum(blocks_s)),
        "over_budget": int(np.sum(shares > BUDGET_SHARE)),
        "blocks": len(shares),
        "shortest_block_ms": 1000 * float(blocks_s.min()),
        "median_block_ms": 1000 * float(np.median(blocks_s)),
        "longest_block_ms": 1000 * float(blocks_s.max()),
        "longest_cost_ms": 1000 * float(costs_s.max()),
    }


class TimedCallback(capture.Callback):
    """The real-time callback with a stopwatch."""

    __slots__ = ()
    # Written once, because memory is measured too and untouched pages come later.
    costs_s, cpu_s, blocks_s = np.full((3, 5_000_000), -1.0, dtype=np.float32)
    count = 0
    overflows = 0

    def __call__(self, frames, count, times, status) -> None:
        started_s, cpu_s = time.perf_counter(), time.thread_time()
        super().__call__(frames, count, times, status)
        slot = TimedCallback.count % len(self.costs_s)
        self.costs_s[slot] = time.perf_counter() - started_s
        self.cpu_s[slot] = time.thread_time() - cpu_s
        self.blocks_s[slot] = len(frames) / RATE_HZ
        TimedCallback.count += 1
        TimedCallback.overflows += bool(status.input_overflow)


def noise(channels: int, seed: int) -> np.ndarray:
    """White noise at -20 dBFS after a silent lead-in, int16 (n, channels)."""
    samples = np.random.default_rng(seed).normal(0, 3276.8, (round(_PIECE_S * RATE_HZ), channels))
    samples[: round(LEAD_IN_S * RATE_HZ)] = 0
    return np.clip(np.rint(samples), -32_768, 32_767).astype(np.int16)


def find(recorded: np.ndarray, played: np.ndarray) -> int:
    """Where `played` begins in `recorded`, by cross-correlation of its first half second."""
    lead_in = round(LEAD_IN_S * RATE_HZ)
    key = played[lead_in : lead_in + RATE_HZ // 2].astype(float)
    size = 1 << (len(recorded) + len(key)).bit_length()
    product = np.fft.rfft(recorded.astype(float), size) * np.conj(np.fft.rfft(key, size))
    return int(np.argmax(np.fft.irfft(product, size))) - lead_in


def intact_pieces(paths: tuple[Path, ...], played: np.ndarray, starts_s: list[float]) -> int:
    """How many of the pieces stand in the archive sample by sample."""
    archive = np.concatenate(
        [soundfile.read(path, dtype="int16", always_2d=True)[0] for path in paths]
    )
    count = 0
    for start_s in starts_s:
        begin = max(0, round((start_s - 2.0) * RATE_HZ))
        part = archive[begin : begin + round(12 * RATE_HZ) + len(played)]
        at = find(part[: 12 * RATE_HZ, 0], played[:, 0])
        count += np.array_equal(part[at : at + len(played)], played)
    return count


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--load", type=float, default=0.8, help="share of all processors, in all")
    parser.add_argument("--nice", type=int, default=0, help="of the busy processes")
    options = parser.parse_args()
    capture.Callback = TimedCallback  # type: ignore[misc]
    load = Load(options.load, options.nice)
    load.start()
    process, pause = psutil.Process(), threading.Event()
    memory_mb: list[float] = []
    seconds: list[float] = []
    starts_s: list[float] = []
    notices: list[str] = []
    with SoundServer() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sounds = {SYSTEM_SINK: noise(2, 1), MIC_SINK: noise(1, 2)}
        for sink, samples in sounds.items():
            soundfile.write(folder / f"{sink}.wav", samples, RATE_HZ)
        recording = LinuxCaptureBackend().start(
            {StreamId.MIC: "default", StreamId.SYSTEM: "default"},
            folder / "meeting",
            lambda notice: notices.append(notice.text),
        )
        for source in recording.sources().values():
            source.read(0, 1, timeout_s=5.0)
        started_s = time.monotonic()
        for minute in range(options.minutes):
            starts_s.append(recording.duration_s())
            for sink in sounds:
                server.play(folder / f"{sink}.wav", sink)
            while time.monotonic() < started_s + (minute + 1) * _EVERY_S:
                pause.wait(_SAMPLE_EVERY_S)
                seconds.append(time.monotonic() - started_s)
                memory_mb.append(process.memory_info().rss / 1e6)
        tracks = recording._tracks
        load.stop()
        dropped = sum(track.input.ring.dropped_frames for track in tracks if track.input)
        infos = {info.stream: info for info in recording.stop()}
        intact = {
            str(stream): intact_pieces(infos[stream].original_paths, sounds[sink], starts_s)
            for stream, sink in ((StreamId.SYSTEM, SYSTEM_SINK), (StreamId.MIC, MIC_SINK))
        }
    count = TimedCallback.count
    sys.stdout.write(
        json.dumps(
            {
                "minutes": options.minutes,
                "pieces": len(starts_s),
                "pieces_intact": intact,
                "lost_samples": {str(i.stream): i.dropped_samples for i in infos.values()},
                "overrun_frames": dropped,
                "portaudio_overflows": TimedCallback.overflows,
                "callback_share": callback_record(
                    TimedCallback.costs_s[:count], TimedCallback.blocks_s[:count]
                ),
                # Without the time in which other processes had the processor.
                "callback_cpu_share": callback_record(
                    TimedCallback.cpu_s[:count], TimedCallback.blocks_s[:count]
                ),
                "memory": memory_slope(seconds, memory_mb),
                "memory_mb": [memory_mb[0], memory_mb[-1]],
                "machine_busy": load.record(),
                "notices": notices,
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
