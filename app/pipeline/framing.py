"""Blocks of any size in, exact hops and windows out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.domain.messages import Float32Array
from app.domain.units import Span


class RollingAudio:
    """The recent past of one stream, addressed by absolute sample index.

    Appends are amortised O(n): the buffer moves only when it has doubled. Not thread-safe.
    """

    def __init__(self, *, start: int = 0, capacity: int = 16_000 * 64) -> None:
        self._buffer = np.zeros(capacity, dtype=np.float32)
        self._origin = start
        self._length = 0

    @property
    def span(self) -> Span:
        """What is held."""
        return Span(self._origin, self._origin + self._length)

    def append(self, samples: Float32Array) -> None:
        """Add samples directly behind the newest."""
        needed = self._length + len(samples)
        if needed > len(self._buffer):
            grown = np.zeros(max(needed, 2 * len(self._buffer)), dtype=np.float32)
            grown[: self._length] = self._buffer[: self._length]
            self._buffer = grown
        self._buffer[self._length : needed] = samples
        self._length = needed

    def put(self, start: int, samples: Float32Array) -> None:
        """Write over what is held; what lies outside is passed over."""
        held = Span(start, start + len(samples)).clip(self.span)
        if held.length:
            offset = held.start - self._origin
            self._buffer[offset : offset + held.length] = samples[
                held.start - start : held.end - start
            ]

    def get(self, span: Span) -> Float32Array:
        """Copy a stretch; what lies outside the held span reads as silence."""
        held = span.clip(self.span)
        if held.length == span.length:
            offset = held.start - self._origin
            return self._buffer[offset : offset + held.length].copy()
        result = np.zeros(span.length, dtype=np.float32)
        if held.length:
            offset = held.start - self._origin
            result[held.start - span.start : held.end - span.start] = self._buffer[
                offset : offset + held.length
            ]
        return result

    def drop_before(self, sample: int) -> None:
        """Forget what lies before `sample`; cheap to call often."""
        count = min(max(sample - self._origin, 0), self._length)
        if count < len(self._buffer) // 2:
            return
        self._buffer[: self._length - count] = self._buffer[count : self._length]
        self._origin += count
        self._length -= count


class Hops:
    """Cuts a stream into hops of exactly `hop_samples`, whatever the size of the blocks."""

    def __init__(self, hop_samples: int, *, start: int = 0) -> None:
        self._hop_samples = hop_samples
        self._position = start
        self._rest = np.zeros(0, dtype=np.float32)

    def push(self, samples: Float32Array) -> Iterator[tuple[int, Float32Array]]:
        """Yield (start sample, hop) for every hop that `samples` completes."""
        joined = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        count = len(joined) // self._hop_samples
        self._rest = joined[count * self._hop_samples :].copy()
        for i in range(count):
            start = self._position
            self._position += self._hop_samples
            yield start, joined[i * self._hop_samples : (i + 1) * self._hop_samples]

    def flush(self) -> Iterator[tuple[int, Float32Array]]:
        """Yield the last hop, filled up with silence, if samples are left."""
        if len(self._rest):
            padded = np.zeros(self._hop_samples, dtype=np.float32)
            padded[: len(self._rest)] = self._rest
            self._rest = self._rest[:0]
            yield self._position, padded
            self._position += self._hop_samples
