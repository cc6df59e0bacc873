"""Read a finished spool without loading it: raw signed 16-bit little-endian mono PCM at 16 kHz."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from app.domain.messages import Float32Array
from app.pipeline.level import amplified

FULL_SCALE = 32_768.0


class SpoolView:
    """Random access to a stored stream; memory stays with the operating system.

    Attributes:
        sample_count: Samples that may be read.
        gain_db: By how much what is read is louder than what is stored, as far as it fits.
    """

    def __init__(self, path: Path, sample_count: int | None = None) -> None:
        stored = path.stat().st_size // 2
        self.gain_db = 0.0
        self.sample_count = stored if sample_count is None else min(stored, sample_count)
        self._samples: npt.NDArray[np.int16] = (
            np.memmap(path, dtype="<i2", mode="r", shape=(self.sample_count,))
            if self.sample_count
            else np.zeros(0, dtype=np.int16)
        )

    @classmethod
    def of_file(cls, file: IO[bytes], sample_count: int) -> SpoolView:
        """A view of an open file that may have no name; the file may be closed at once."""
        view = cls.__new__(cls)
        view.gain_db = 0.0
        view.sample_count = sample_count
        view._samples = np.memmap(file, dtype="<i2", mode="r", shape=(sample_count,))
        return view

    def __len__(self) -> int:
        return self.sample_count

    def read(self, start: int, end: int) -> Float32Array:
        """float32 samples [start, end) in [-1, 1]; cut at the end of the spool."""
        piece = self._samples[max(start, 0) : max(end, 0)]
        samples = np.asarray(piece, dtype=np.float32) / np.float32(FULL_SCALE)
        return amplified(samples, self.gain_db)
