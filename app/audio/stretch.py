"""Plays speech faster or slower at its own pitch."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from app.audio.ring import Int16Array
from app.domain.messages import Float32Array

HOP_SAMPLES = 320
"""20 ms: what one step writes; windows are twice as long and overlap by half."""
SEARCH_SAMPLES = 160
"""10 ms to either side: one period of the deepest voices (100 Hz) is always inside."""
_CHUNK_SAMPLES = 16_000

Read = Callable[[int, int], Int16Array]
"""Returns `count` samples from `start`; silence outside the recording."""


def stretched(read: Read, start: int, end: int, speed: float) -> Iterator[tuple[Int16Array, int]]:
    """Read [start, end) at `speed`, voices keeping their pitch.

    Args:
        read: Gives samples at 16 kHz.
        speed: 2 is twice as fast; above 0.

    Yields:
        int16 (HOP_SAMPLES,), and the sample of the source that is reached with it.

    Source: Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA)
    for high quality time-scale modification of speech", ICASSP 1993.
    """
    source = _Chunks(read)
    window = np.hanning(2 * HOP_SAMPLES + 1)[:-1].astype(np.float32)
    tail = source.at(start, HOP_SAMPLES) * window[HOP_SAMPLES:]
    natural = start
    step_count = int(np.ceil((end - start) / (HOP_SAMPLES * speed)))
    for step in range(step_count):
        ideal = start + round(step * HOP_SAMPLES * speed)
        chosen = _most_alike(source, ideal, natural)
        frame = source.at(chosen, 2 * HOP_SAMPLES) * window
        block = np.clip(np.rint(tail + frame[:HOP_SAMPLES]), -32_768, 32_767)
        tail = frame[HOP_SAMPLES:]
        natural = chosen + HOP_SAMPLES
        yield block.astype(np.int16), min(end, ideal + round(HOP_SAMPLES * speed))


def _most_alike(source: _Chunks, ideal: int, natural: int) -> int:
    """Of the places near `ideal`, the one that sounds most like what follows naturally."""
    wanted = source.at(natural, HOP_SAMPLES)
    region = source.at(ideal - SEARCH_SAMPLES, 2 * SEARCH_SAMPLES + HOP_SAMPLES)
    likeness = np.correlate(region, wanted, mode="valid")
    if not likeness.any():
        return ideal
    return ideal - SEARCH_SAMPLES + int(np.argmax(likeness))


class _Chunks:
    """Reads a second at a time, so that a step costs no system call."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._start = 0
        self._samples: Float32Array = np.zeros(0, dtype=np.float32)

    def at(self, start: int, count: int) -> Float32Array:
        """float32 (count,), silent before the recording."""
        if start < self._start or start + count > self._start + len(self._samples):
            self._start = start - SEARCH_SAMPLES - 2 * HOP_SAMPLES
            before = max(0, -self._start)
            length = _CHUNK_SAMPLES - before
            read = self._read(self._start + before, length).astype(np.float32)
            self._samples = np.concatenate([np.zeros(before, dtype=np.float32), read])
        offset = start - self._start
        return self._samples[offset : offset + count]
