"""Bounded hand-over between threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueClosed(Exception):  # noqa: N818 - the end of a stream is no error
    """The queue was closed and everything in it has been taken."""


class BoundedQueue(Generic[T]):
    """A first-in first-out queue bounded by a weight, for example seconds of audio.

    `put` blocks while the queue is full; one item is always accepted by an empty queue, however
    heavy. All methods are safe from any thread.
    """

    def __init__(self, *, max_weight: float, weigh: Callable[[T], float]) -> None:
        self._items: deque[T] = deque()
        self._max_weight = max_weight
        self._weigh = weigh
        self._weight = 0.0
        self._is_closed = False
        self._changed = threading.Condition()

    @property
    def weight(self) -> float:
        """The summed weight of what waits."""
        with self._changed:
            return self._weight

    def __len__(self) -> int:
        with self._changed:
            return len(self._items)

    def put(self, item: T, *, timeout_s: float | None = None) -> bool:
        """Append `item`; returns False if the queue stayed full for `timeout_s`.

        Raises:
            QueueClosed: The queue was closed.
        """
        weight = self._weigh(item)
        with self._changed:
            has_room = self._changed.wait_for(
                lambda: (
                    self._is_closed or not self._items or self._weight + weight <= self._max_weight
                ),
                timeout_s,
            )
            if self._is_closed:
                raise QueueClosed
            if not has_room:
                return False
            self._items.append(item)
            self._weight += weight
            self._changed.notify_all()
            return True

    def push_out(self, item: T) -> tuple[T, ...]:
        """Append `item` without waiting; returns the oldest ones that had to make room for it.

        Raises:
            QueueClosed: The queue was closed.
        """
        gone: list[T] = []
        weight = self._weigh(item)
        with self._changed:
            if self._is_closed:
                raise QueueClosed
            while self._items and self._weight + weight > self._max_weight:
                gone.append(self._items.popleft())
                self._weight -= self._weigh(gone[-1])
            self._items.append(item)
            self._weight += weight
            self._changed.notify_all()
        return tuple(gone)

    def get(self, *, timeout_s: float | None = None) -> T | None:
        """Take the oldest item; None if nothing came within `timeout_s`.

        Raises:
            QueueClosed: The queue is closed and empty.
        """
        with self._changed:
            self._changed.wait_for(lambda: bool(self._items) or self._is_closed, timeout_s)
            if self._items:
                item = self._items.popleft()
                self._weight -= self._weigh(item)
                self._changed.notify_all()
                return item
            if self._is_closed:
                raise QueueClosed
            return None

    def close(self) -> None:
        """Refuse further items; what waits can still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
