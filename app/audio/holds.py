"""Which parts of a recording must not be stored."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator

_OPEN = math.inf


class Holds:
    """Stretches of session time that are neither stored nor heard by anything behind the disk.

    Thread: `begin` and `end` from any, `pieces` from the recorder's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Replaced as a whole, so that the recorder needs no lock to read it.
        self._spans: tuple[tuple[float, float], ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether a hold lasts."""
        return bool(self._spans) and self._spans[-1][1] == _OPEN

    def begin(self, at_s: float) -> float:
        """Hold from a session time on; returns since when, if it is held already."""
        with self._lock:
            if self.is_open:
                return self._spans[-1][0]
            self._spans = (*self._spans, (at_s, _OPEN))
            return at_s

    def end(self, at_s: float) -> float | None:
        """Store again from a session time on; None if nothing is held."""
        with self._lock:
            if not self.is_open:
                return None
            start_s = self._spans[-1][0]
            end_s = max(start_s, at_s)
            self._spans = (*self._spans[:-1], (start_s, end_s))
            return end_s

    def pieces(self, start_s: float, count: int, rate_hz: int) -> Iterator[tuple[int, int, bool]]:
        """Cut frames into what is stored and what is held.

        Args:
            start_s: Session time of the first frame.
            count: Frames.

        Yields:
            Consecutive parts [from, to) of the frames, not empty, and whether each is held. A
            frame is held when it begins inside a hold.
        """
        at = 0
        for held_from_s, held_to_s in self._spans:
            first = _frame_at(held_from_s - start_s, rate_hz, at, count)
            last = _frame_at(held_to_s - start_s, rate_hz, first, count)
            if at < first:
                yield at, first, False
            if first < last:
                yield first, last, True
            at = last
        if at < count:
            yield at, count, False


def _frame_at(offset_s: float, rate_hz: int, lowest: int, highest: int) -> int:
    """The first frame that does not begin before `offset_s`, within bounds."""
    if offset_s == _OPEN:
        return highest
    return min(highest, max(lowest, math.ceil(offset_s * rate_hz - _ROUNDING)))


_ROUNDING = 1e-6
"""Of a frame: what floating point adds to a time of some hours."""
