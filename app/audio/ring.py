"""A ring between a real-time callback and the recorder: one producer, one consumer, no lock."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int16Array = npt.NDArray[np.int16]

_GAP_SLOTS = 256
WINDOW_S = 10.0


class Ring:
    """Preallocated frames that one thread writes and another reads.

    `write` never blocks and never grows anything: what does not fit is dropped, counted, and
    reported to the reader as a gap at the place where it was lost.

    Why it is safe without a lock: `_written` and the gap table are stored only by the producer,
    `_read`, `_lost_read` and `_gaps_done` only by the consumer, frames are copied before
    `_written` moves, and CPython publishes attribute stores in program order.

    Thread: `write` from the producer, `read` from the consumer, properties from any.

    Args:
        capacity_frames: Frames that can wait.
        channels: Samples per frame.
        rate_hz: Of the frames; turns arrival times into `origin_s`.
    """

    def __init__(self, *, capacity_frames: int, channels: int, rate_hz: int) -> None:
        if capacity_frames < 1 or channels < 1 or rate_hz < 1:
            raise ValueError("a ring needs a capacity, channels and a rate of at least 1")
        self.rate_hz = rate_hz
        self._frames = np.zeros((capacity_frames, channels), dtype=np.int16)
        self._written = 0
        self._read = 0
        self._gap_positions = np.zeros(_GAP_SLOTS, dtype=np.int64)
        self._gap_counts = np.zeros(_GAP_SLOTS, dtype=np.int64)
        self._gaps_made = 0
        self._gaps_done = 0
        self._gap_taken = 0
        self._dropped = 0
        self._origin_s = np.inf
        self._window_frames = round(WINDOW_S * rate_hz)
        self._window_ends_at = self._window_frames
        self._window_low_s = np.inf
        self._window: tuple[int, float] | None = None
        self._lost_read = 0

    @property
    def channels(self) -> int:
        """Samples per frame."""
        return int(self._frames.shape[1])

    @property
    def dropped_frames(self) -> int:
        """Frames that found the ring full, ever."""
        return self._dropped

    @property
    def waiting_frames(self) -> int:
        """Frames written and not yet read."""
        return self._written - self._read

    @property
    def last_position(self) -> int:
        """Frames offered so far, dropped ones included."""
        return self._written + self._dropped

    @property
    def origin_s(self) -> float | None:
        """When the first frame was captured, on the clock of `write`; None before it.

        A block can arrive late, never early, so the earliest start that any block implies is the
        best estimate; it gets better over the first few blocks.
        """
        return None if np.isinf(self._origin_s) else float(self._origin_s)

    @property
    def read_position(self) -> int:
        """Frames taken by the reader so far, those it was told to be lost included."""
        return self._read + self._lost_read

    @property
    def window(self) -> tuple[int, float] | None:
        """The latest whole `WINDOW_S` seconds: where they end, and the origin they imply.

        Unlike `origin_s` it moves with a device whose clock is not the computer's.
        """
        return self._window

    def write(self, frames: Int16Array, captured_until_s: float) -> None:
        """Append frames (n, channels); what does not fit is dropped and counted.

        Args:
            frames: int16 (n, channels).
            captured_until_s: Monotonic time at which the last of them had been captured.
        """
        count = len(frames)
        written = self._written
        capacity = len(self._frames)
        fitting = min(count, capacity - (written - self._read))
        start = written % capacity
        head = min(fitting, capacity - start)
        self._frames[start : start + head] = frames[:head]
        self._frames[: fitting - head] = frames[head:fitting]
        self._written = written + fitting
        if fitting < count:
            self._mark_gap(count - fitting)
        position = self.last_position
        implied_s = captured_until_s - position / self.rate_hz
        self._origin_s = min(self._origin_s, implied_s)
        self._window_low_s = min(self._window_low_s, implied_s)
        if position >= self._window_ends_at:
            self._window = (position, self._window_low_s)
            self._window_low_s = np.inf
            self._window_ends_at = position + self._window_frames

    def read(self, max_frames: int) -> tuple[Int16Array, int]:
        """Take up to `max_frames` consecutive frames.

        Returns:
            A copy, int16 (n, channels), n = 0 when nothing waits; and how many frames were lost
            directly before it. Frames on both sides of a loss never share one answer.
        """
        written = self._written
        read = self._read
        end = min(written, read + max_frames)
        lost = 0
        while self._gaps_done < self._gaps_made:
            slot = self._gaps_done % _GAP_SLOTS
            position = int(self._gap_positions[slot])
            if position > read:
                end = min(end, position)
                break
            untold = int(self._gap_counts[slot]) - self._gap_taken
            lost += untold
            if written <= position:
                # The producer may still add to this gap: nothing lies behind it so far.
                self._gap_taken += untold
                break
            self._gap_taken = 0
            self._gaps_done += 1
        frames = self._copy(read, end)
        self._read = end
        self._lost_read += lost
        return frames, lost

    def _copy(self, start: int, end: int) -> Int16Array:
        capacity = len(self._frames)
        frames = np.empty((end - start, self.channels), dtype=np.int16)
        first = start % capacity
        head = min(end - start, capacity - first)
        frames[:head] = self._frames[first : first + head]
        frames[head:] = self._frames[: end - start - head]
        return frames

    def _mark_gap(self, lost: int) -> None:
        self._dropped += lost
        last = (self._gaps_made - 1) % _GAP_SLOTS
        is_same_place = self._gaps_made > 0 and self._gap_positions[last] == self._written
        is_table_full = self._gaps_made - self._gaps_done >= _GAP_SLOTS
        if is_same_place or is_table_full:
            # A full table moves the loss to the previous gap: the count stays exact.
            self._gap_counts[last] += lost
            return
        slot = self._gaps_made % _GAP_SLOTS
        self._gap_positions[slot] = self._written
        self._gap_counts[slot] = lost
        self._gaps_made += 1
