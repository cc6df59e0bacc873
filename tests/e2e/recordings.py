"""A running `crosstalk record`, what is played to it, and what must be found again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from tests.sound_server import RATE_HZ, SoundServer

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 480
SAMPLE = ROOT / "resources" / "sample"
SILENCE_S = 0.5
IDLE_S = 2.5
"""An output on which nothing plays yet may take so long to be heard."""
FIRST_TURN_S = (8.0, 11.2)
"""Of the sample: a turn of system audio."""
BOTH_TURNS_S = (11.3, 17.5)
"""Then one of each stream."""


def last_json(output: str) -> dict[str, Any]:
    """The one JSON object that `--json` leaves as the last line."""
    result: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return result


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

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
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
