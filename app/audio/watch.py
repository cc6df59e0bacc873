"""Tells when the Pulse server changes its defaults or moves streams."""

from __future__ import annotations

import logging
import threading
from typing import Any

from app.lib.threads import Worker

log = logging.getLogger(__name__)

_LISTEN_S = 0.25
_RETRY_S = 1.0
_JOIN_S = 5.0


class ServerWatch:
    """Sets `changed` whenever a recording may no longer record what it should.

    That is: a default changed, a source came or went, or the server moved a recording stream to
    another source, as it does when a device is unplugged. A server that goes away is waited for.

    Thread: its own; `close` from any other.
    """

    def __init__(self) -> None:
        self.changed = threading.Event()
        self._worker = Worker("device-watch", self._run).start()

    def close(self) -> None:
        """Stop watching; idempotent."""
        self._worker.stop(_JOIN_S)

    def _run(self, stop: threading.Event) -> None:
        try:
            import pulsectl
        except (ImportError, OSError) as error:
            log.info("devices are not watched: %s", error)
            return
        while not stop.is_set():
            try:
                self._listen(stop, pulsectl)
            except pulsectl.PulseError as error:
                log.info("the server cannot be watched: %s", error)
                stop.wait(_RETRY_S)

    def _listen(self, stop: threading.Event, pulsectl: Any) -> None:
        with pulsectl.Pulse("crosstalk-watch", connect=False) as pulse:
            pulse.connect()
            pulse.event_mask_set("server", "source", "source_output")
            pulse.event_callback_set(self._take)
            while not stop.is_set():
                pulse.event_listen(timeout=_LISTEN_S)

    def _take(self, event: Any) -> None:
        # A source changes with every step of its volume.
        if event.facility != "source" or event.t in ("new", "remove"):
            self.changed.set()
