"""The same engine in a thread: for tests and the debugger."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

from app.engine import child
from app.lib.threads import Worker


class ThreadEngine:
    """An engine that shares this process; a crash of the interpreter takes both."""

    def __init__(self) -> None:
        self.connection: Connection
        self.connection, theirs = multiprocessing.Pipe()
        self._worker = Worker("engine", lambda stop: child.serve(theirs)).start()

    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._worker.is_alive

    def kill(self) -> None:
        """Threads cannot be killed: cut the connection, which ends it soon.

        From this side: closing the other one under the engine's own threads would be a race.
        """
        self.connection.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread."""
        return self._worker.join(timeout_s)
