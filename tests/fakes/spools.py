"""Raw spools, on disk and growing."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from app.domain.messages import Float32Array


def write_spool(path: Path, samples: Float32Array) -> Path:
    """Store samples as a recorder does; returns `path`."""
    path.write_bytes((samples * 32_768).astype("<i2").tobytes())
    return path


class MemorySource:
    """A `SampleSource` in memory, complete or held back by the test.

    Attributes:
        limit: Samples that may be read so far; `release` lifts it.
    """

    def __init__(self, samples: Float32Array, *, limit: int | None = None) -> None:
        self._samples = np.asarray(samples, dtype=np.float32)
        self.limit = len(samples) if limit is None else limit
        self._changed = threading.Condition()

    def release(self, limit: int | None = None) -> None:
        """Let more be read: up to `limit`, or everything."""
        with self._changed:
            self.limit = len(self._samples) if limit is None else limit
            self._changed.notify_all()

    def read(self, start: int, max_samples: int, timeout_s: float) -> Float32Array | None:
        with self._changed:
            if start >= len(self._samples):
                return None
            self._changed.wait_for(lambda: self.limit > start, timeout_s)
            return self._samples[start : min(start + max_samples, self.limit)]

    @property
    def sample_count(self) -> int:
        return self.limit
