"""Named threads that are always joined and never die unseen."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """What is known of a thread that ended by an exception (strings only: always picklable)."""

    thread_name: str
    error: str
    traceback_text: str


class Worker:
    """A named thread with a stop event and a crash callback.

    The body is `run(stop)`; it returns soon after `stop` is set.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[threading.Event], None],
        *,
        on_crash: Callable[[Crash], None] | None = None,
    ) -> None:
        self.stop_event = threading.Event()
        self._run = run
        self._on_crash = on_crash
        self._thread = threading.Thread(target=self._body, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def start(self) -> Worker:
        """Start the thread and return self."""
        self._thread.start()
        return self

    def request_stop(self) -> None:
        """Ask the body to return; does not wait."""
        self.stop_event.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; returns whether the thread has ended. Safe before `start`."""
        if self._thread.ident is None:
            return True
        if self._thread is threading.current_thread():
            return False
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Request a stop and wait; returns whether the thread has ended."""
        self.request_stop()
        return self.join(timeout_s)

    def _body(self) -> None:
        try:
            self._run(self.stop_event)
        except Exception as error:  # the thread boundary: nothing above could see it
            crash = Crash(
                thread_name=self._thread.name,
                error=f"{type(error).__name__}: {error}",
                traceback_text=traceback.format_exc(),
            )
            log.exception("thread %s crashed", crash.thread_name)
            if self._on_crash is not None:
                self._on_crash(crash)


def yield_to_others(niceness: int) -> None:
    """Lower the priority of the calling thread, and of threads it starts from now on.

    Works on Linux, where each thread has a priority of its own; elsewhere it changes nothing.

    Args:
        niceness: Steps down, of 19; they cannot be taken back.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(19, now + niceness))
