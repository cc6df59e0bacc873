"""An append-only log of 16 kHz samples on disk: one writer, any number of readers."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np

from app.audio.ring import Int16Array
from app.domain.messages import Float32Array

SAMPLE_BYTES = 2
SPOOL_SUFFIX = ".s16"
_FULL_SCALE = 32_768.0


class Spool:
    """Raw signed 16-bit little-endian mono samples at 16 kHz, growing on disk.

    Every `append` reaches the operating system before it returns, so a killed process loses
    nothing of it; `sync` also survives a power cut. It is a `SampleSource`: readers may start
    anywhere, before or after the end of writing, and wait on a condition.

    Thread: `append`, `sync` and `close` from one thread; everything else from any.
    """

    def __init__(self, path: Path, *, sample_count: int, is_closed: bool) -> None:
        self.path = path
        self._sample_count = sample_count
        self._is_closed = is_closed
        self._changed = threading.Condition()
        self._file = None if is_closed else path.open("wb", buffering=0)

    @classmethod
    def create(cls, path: Path) -> Spool:
        """Start an empty spool at `path`; what was there is replaced.

        Raises:
            OSError: The folder is missing or refuses.
        """
        return cls(path, sample_count=0, is_closed=False)

    @property
    def sample_count(self) -> int:
        """Samples written so far."""
        return self._sample_count

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come."""
        return self._is_closed

    def append(self, samples: Int16Array) -> None:
        """Write samples (n,) at the end and wake the readers.

        Raises:
            OSError: The disk refuses; samples before these are kept.
            ValueError: The spool is closed.
        """
        if self._file is None:
            raise ValueError(f"spool {self.path.name} is closed")
        data = memoryview(samples.astype("<i2", copy=False).tobytes())
        while data:
            data = data[self._file.write(data) :]
        with self._changed:
            self._sample_count += len(samples)
            self._changed.notify_all()

    def sync(self) -> None:
        """Make what was appended survive a power cut."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """End the log; readers at its end get None. Idempotent."""
        if self._file is not None:
            self._file.close()
            self._file = None
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def read(self, start: int, max_samples: int, timeout_s: float) -> Float32Array | None:
        """Read up to `max_samples` from sample `start` on; see `SampleSource.read`.

        Raises:
            ValueError: `start` is negative or `max_samples` is not positive.
            OSError: The file was removed.
        """
        if start < 0 or max_samples < 1:
            raise ValueError(f"cannot read {max_samples} samples from {start}")
        with self._changed:
            self._changed.wait_for(
                lambda: self._sample_count > start or self._is_closed, max(0.0, timeout_s)
            )
            count = min(max_samples, self._sample_count - start)
            is_closed = self._is_closed
        if count <= 0:
            return None if is_closed else np.zeros(0, dtype=np.float32)
        with self.path.open("rb") as file:
            file.seek(start * SAMPLE_BYTES)
            data = file.read(count * SAMPLE_BYTES)
        return to_float(np.frombuffer(data, dtype="<i2", count=len(data) // SAMPLE_BYTES))


def open_finished(path: Path) -> Spool:
    """Open a stored spool for reading; half a sample left by a crash is ignored.

    Raises:
        OSError: The file is missing or unreadable.
    """
    return Spool(path, sample_count=path.stat().st_size // SAMPLE_BYTES, is_closed=True)


def to_float(samples: Int16Array) -> Float32Array:
    """Scale int16 to float32 in [-1, 1)."""
    return (samples / np.float32(_FULL_SCALE)).astype(np.float32, copy=False)


def to_int16(samples: Float32Array) -> Int16Array:
    """Scale float32 in [-1, 1] to int16, clipped; undoes `to_float` exactly."""
    scaled = np.rint(samples * np.float32(_FULL_SCALE))
    return np.asarray(np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1), dtype=np.int16)
