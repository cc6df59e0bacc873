"""Records two streams from a private sound server for long, under load, and counts what is lost.

    python -m tests.quality.soak --minutes 30 --load 0.8

Noise is played into both streams minute by minute, and every sample of it looked for in the
archive afterwards. Prints JSON: lost samples, overruns, the cost of the real-time callback as a
share of its block, memory over time, and how busy the machine was. A minute that is not found as
it was played says either that the recorder lost something or that the sound server did (its
players run out of samples when the machine is starved); overruns and gaps tell which.
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


def burn(share: float) -> None:
    """Keep one core busy for a share of the time, for ever."""
    os.nice(19)
    pause = threading.Event()
    while True:
        started_s = time.perf_counter()
        while time.perf_counter() - started_s < 0.1 * share:
            sum(range(1_000))
        pause.wait(0.1 * (1 - share))


class TimedCallback(capture.Callback):
    """The real-time callback with a stopwatch."""

    __slots__ = ()
    # Preallocated, because memory is measured too.
    shares = np.zeros(5_000_000, dtype=np.float32)
    count = 0

    def __call__(self, frames, count, times, status) -> None:
        started_s = time.perf_counter()
        super().__call__(frames, count, times, status)
        share = (time.perf_counter() - started_s) * RATE_HZ / len(frames)
        self.shares[TimedCallback.count % len(self.shares)] = share
        TimedCallback.count += 1


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
    parser.add_argument("--load", type=float, default=0.8, help="share of every core, at nice 19")
    options = parser.parse_args()
    capture.Callback = TimedCallback  # type: ignore[misc]
    burners = [
        multiprocessing.get_context("spawn").Process(target=burn, args=(options.load,), daemon=True)
        for _ in range(os.cpu_count() or 1 if options.load else 0)
    ]
    for burner in burners:
        burner.start()
    process, pause = psutil.Process(), threading.Event()
    memory_mb: list[float] = []
    busy: list[float] = []
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
        psutil.cpu_percent()
        for minute in range(options.minutes):
            starts_s.append(recording.duration_s())
            for sink in sounds:
                server.play(folder / f"{sink}.wav", sink)
            while time.monotonic() < started_s + (minute + 1) * _EVERY_S:
                pause.wait(_SAMPLE_EVERY_S)
                busy.append(psutil.cpu_percent())
                memory_mb.append(process.memory_info().rss / 1e6)
        elapsed_s = time.monotonic() - started_s
        tracks = recording._tracks
        dropped = sum(track.input.ring.dropped_frames for track in tracks if track.input)
        infos = {info.stream: info for info in recording.stop()}
        intact = {
            str(stream): intact_pieces(infos[stream].original_paths, sounds[sink], starts_s)
            for stream, sink in ((StreamId.SYSTEM, SYSTEM_SINK), (StreamId.MIC, MIC_SINK))
        }
    for burner in burners:
        burner.terminate()
    hours = np.arange(len(memory_mb)) * elapsed_s / len(memory_mb) / 3600
    settled = len(memory_mb) // 5
    slope = np.polyfit(hours[settled:], memory_mb[settled:], 1)[0]
    shares = TimedCallback.shares[: TimedCallback.count]
    sys.stdout.write(
        json.dumps(
            {
                "minutes": options.minutes,
                "pieces": len(starts_s),
                "pieces_intact": intact,
                "lost_samples": {str(i.stream): i.dropped_samples for i in infos.values()},
                "overrun_frames": dropped,
                "callback_share": {
                    "p50": float(np.median(shares)),
                    "p99": float(np.quantile(shares, 0.99)),
                    "p999": float(np.quantile(shares, 0.999)),
                    "max": float(shares.max()),
                    "blocks": len(shares),
                },
                "memory_mb_per_h": float(slope),
                "memory_mb": [memory_mb[0], memory_mb[-1]],
                "machine_busy": float(np.mean(busy)) / 100,
                "notices": notices,
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
