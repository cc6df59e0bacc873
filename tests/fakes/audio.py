"""Capture without devices: spools that a test fills, files that hold raw 16 kHz samples."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from app.domain.errors import Cancelled, Category, KnownError
from app.domain.ids import StreamId
from app.domain.meeting import StreamInfo
from app.domain.messages import Float32Array, Notice
from app.domain.ports import InputDevice
from app.domain.units import SESSION_RATE_HZ


class FakeSpool:
    """A `SampleSource` over a file that a test appends to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._samples = np.zeros(0, dtype=np.float32)
        self._is_closed = False
        self._changed = threading.Condition()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")

    def append(self, samples: Float32Array) -> None:
        with self._changed:
            self._samples = np.concatenate([self._samples, samples]).astype(np.float32)
            with self.path.open("ab") as file:
                file.write((samples * 32767).astype("<i2").tobytes())
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def read(self, start: int, max_samples: int, timeout_s: float) -> Float32Array | None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or len(self._samples) > start, timeout=timeout_s
            )
            block = self._samples[start : start + max_samples]
            return None if self._is_closed and not len(block) else block

    @property
    def sample_count(self) -> int:
        return len(self._samples)


class FakeCapture:
    """A capture whose spools the test, or the fake that made it, fills."""

    def __init__(self, spools: Mapping[StreamId, FakeSpool], devices: Mapping[StreamId, str]):
        self.spools = dict(spools)
        self.devices = dict(devices)
        self.stop_count = 0
        self.held_from: int | None = None
        self.has_headphones: bool | None = None
        self.stop_error: KnownError | None = None

    def sources(self) -> Mapping[StreamId, FakeSpool]:
        return self.spools

    def levels_dbfs(self) -> Mapping[StreamId, float]:
        levels = {}
        for stream, spool in self.spools.items():
            tail = spool.read(max(0, spool.sample_count - 1600), 1600, 0.0)
            power = 0.0 if tail is None or not len(tail) else float(np.mean(tail**2))
            levels[stream] = max(-120.0, 10 * np.log10(power)) if power > 0 else -120.0
        return levels

    def duration_s(self) -> float:
        return max(s.sample_count for s in self.spools.values()) / SESSION_RATE_HZ

    def hold(self) -> int:
        if self.held_from is None:
            self.held_from = max(s.sample_count for s in self.spools.values())
        return self.held_from

    def release(self) -> int | None:
        if self.held_from is None:
            return None
        self.held_from = None
        return max(s.sample_count for s in self.spools.values())

    def stop(self) -> tuple[StreamInfo, ...]:
        self.stop_count += 1
        for spool in self.spools.values():
            spool.close()
        if self.stop_error is not None:
            raise self.stop_error
        return tuple(
            StreamInfo(
                stream=stream,
                device=self.devices[stream],
                rate_hz=48_000,
                channels=2,
                spool_path=spool.path,
                sample_count=spool.sample_count,
            )
            for stream, spool in self.spools.items()
        )


def tone(seconds: float = 1.0, level: float = 0.1) -> Float32Array:
    """A sine of 440 Hz at 16 kHz."""
    n = int(seconds * SESSION_RATE_HZ)
    return (level * np.sin(2 * np.pi * 440 * np.arange(n) / SESSION_RATE_HZ)).astype(np.float32)


class FakeCaptureBackend:
    """Two devices; everything opened is in `captures`, holding what `samples` says."""

    def __init__(self, samples: Float32Array | None = None) -> None:
        self.samples = tone(0.5) if samples is None else samples
        self.captures: list[FakeCapture] = []
        self.on_notice: Callable[[Notice], None] | None = None
        self.error: KnownError | None = None
        self.is_headphones: bool | None = None

    def list_devices(self) -> tuple[InputDevice, ...]:
        if self.error is not None:
            raise self.error
        return tuple(
            InputDevice(
                key=key,
                name=name,
                stream=stream,
                is_default=True,
                rate_hz=48_000,
                channels=channels,
                is_headphones=self.is_headphones if stream is StreamId.SYSTEM else None,
            )
            for key, name, stream, channels in [
                ("mic:desk", "Desk microphone", StreamId.MIC, 1),
                ("system:speakers", "Monitor of speakers", StreamId.SYSTEM, 2),
            ]
        )

    def start(
        self,
        devices: Mapping[StreamId, str],
        folder: Path,
        on_notice: Callable[[Notice], None],
    ) -> FakeCapture:
        if self.error is not None:
            raise self.error
        known = {device.key: device.name for device in self.list_devices()}
        for key in devices.values():
            if key != "default" and key not in known:
                raise KnownError(f"There is no device {key!r}.", category=Category.DEVICE)
        self.on_notice = on_notice
        spools = {stream: FakeSpool(folder / f"{stream}.s16") for stream in devices}
        capture = FakeCapture(spools, {s: known.get(k, k) for s, k in devices.items()})
        capture.has_headphones = self.is_headphones
        for spool in spools.values():
            spool.append(self.samples)
        self.captures.append(capture)
        return capture


class FakeAudioFiles:
    """Takes files of raw int16 samples at 16 kHz; "not audio" and empty ones are refused."""

    def __init__(self) -> None:
        self.imports: list[FakeCapture] = []
        self.holds_open = False
        """Leave spools open, as a file at the pace of the clock does, until the capture stops."""
        self.stop_error: KnownError | None = None

    def probe(self, path: Path) -> StreamInfo:
        if not path.exists():
            raise KnownError(f"{path} does not exist.")
        data = path.read_bytes()
        if not data:
            raise KnownError(f"{path.name} is empty.")
        if data.startswith(b"not audio"):
            raise KnownError(f"{path.name} is not audio.")
        return StreamInfo(
            stream=StreamId.MIX,
            device=path.name,
            rate_hz=SESSION_RATE_HZ,
            channels=1,
            spool_path=path,
            sample_count=len(data) // 2,
        )

    def start_import(
        self,
        inputs: Mapping[StreamId, Path],
        folder: Path,
        *,
        is_realtime: bool,
        on_progress: Callable[[float], None] | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> FakeCapture:
        for path in inputs.values():
            if not any(path.read_bytes()):
                raise KnownError(f"{path.name} holds only silence.")
        if cancel is not None and cancel.is_set():
            raise Cancelled
        spools = {stream: FakeSpool(folder / f"{stream}.s16") for stream in inputs}
        capture = FakeCapture(spools, {s: path.name for s, path in inputs.items()})
        capture.stop_error = self.stop_error
        for stream, path in inputs.items():
            self.probe(path)
            raw = np.frombuffer(path.read_bytes(), dtype="<i2")
            spools[stream].append((raw / 32767).astype(np.float32))
            if on_progress is not None:
                on_progress(1.0)
            if not self.holds_open:
                spools[stream].close()
        self.imports.append(capture)
        return capture


def write_audio(path: Path, samples: Float32Array | None = None) -> Path:
    """Write a file that `FakeAudioFiles` reads; one second of tone unless told."""
    wanted = tone() if samples is None else samples
    path.write_bytes((wanted * 32767).astype("<i2").tobytes())
    return path


class FakePlayer:
    """Remembers what it was asked to play."""

    def __init__(self) -> None:
        self.played: list[tuple[tuple[Path, ...], float, float | None]] = []

    def play(
        self,
        spools: Sequence[Path],
        start_s: float,
        end_s: float | None = None,
        *,
        speed: float = 1.0,
        noise_limit_db: float = 0.0,
    ) -> None:
        self.played.append((tuple(spools), start_s, end_s))

    def stop(self) -> None:
        """Nothing plays."""

    def position_s(self) -> float | None:
        return None


def repair(folder: Path) -> tuple[StreamInfo, ...]:
    """What the spools in `folder` hold."""
    return tuple(
        StreamInfo(
            stream=StreamId(spool.stem),
            device="",
            rate_hz=SESSION_RATE_HZ,
            channels=1,
            spool_path=spool,
            sample_count=spool.stat().st_size // 2,
        )
        for spool in sorted(folder.glob("*.s16"))
    )
