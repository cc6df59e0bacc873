"""Devices whose library hands over packets on a thread of its own, and none while nothing plays."""

from __future__ import annotations

import logging
import os
import queue
import threading
from abc import ABC, abstractmethod
from typing import Any

from app.audio.capture import ring_for
from app.audio.filler import GAP_S, SilenceFiller
from app.domain.ports import InputDevice
from app.lib.clock import Clock
from app.lib.threads import Worker

log = logging.getLogger(__name__)

_IDLE_S = 0.1
_JOIN_S = 5.0


class PacketInput(ABC):
    """An `Input` that is fed by `take`.

    The library's thread only passes packets on; a thread of this program writes them to the ring,
    and silence for the time in which none came. A subclass opens the library, then calls `begin`.
    """

    def __init__(self, clock: Clock) -> None:
        self.process_id = os.getpid()
        self._clock = clock
        self._is_closed = False
        self._packets: queue.SimpleQueue[tuple[Any, float]] = queue.SimpleQueue()
        self._started_or_ended = threading.Event()

    def begin(self, device: InputDevice, started_at_s: float, *, gap_s: float = GAP_S) -> None:
        """Start to write what came and comes.

        Args:
            started_at_s: When the device was opened, on the monotonic clock.
            gap_s: How long packets may be on their way before silence is written.
        """
        self.device = device
        self.ring = ring_for(device)
        self._filler = SilenceFiller(self.ring, started_at_s, gap_s=gap_s)
        self._worker = Worker("capture-system", self._run).start()

    def take(self, packet: Any) -> None:
        """Called by the library's thread, which must not wait."""
        # `SimpleQueue.put` takes no lock that another thread can hold for long.
        self._packets.put((packet, self._clock.monotonic()))

    @abstractmethod
    def write(self, packet: Any, taken_at_s: float) -> None:
        """Write one packet by `_filler`."""

    @abstractmethod
    def is_running(self) -> bool:
        """Whether packets may still come."""

    @abstractmethod
    def end(self) -> None:
        """Close the library's stream."""

    @property
    def is_lost(self) -> bool:
        """Whether the device ended by itself."""
        return not self._worker.is_alive and not self._is_closed

    def wait_started(self, timeout_s: float) -> bool:
        """Wait for the first frame; an idle output has silence to give."""
        self._started_or_ended.wait(timeout_s)
        return self.ring.last_position > 0

    def close(self) -> None:
        """Stop capturing."""
        if self._is_closed:
            return
        self._is_closed = True
        if not self._worker.stop(_JOIN_S):
            log.error("%s did not end within %g s", self.device.key, _JOIN_S)
        self.end()

    def _run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                try:
                    packet, taken_at_s = self._packets.get(timeout=_IDLE_S)
                except queue.Empty:
                    if not self.is_running():
                        return
                    self._filler.idle(self._clock.monotonic())
                else:
                    self.write(packet, taken_at_s)
                if self.ring.last_position:
                    self._started_or_ended.set()
        finally:
            self._started_or_ended.set()
