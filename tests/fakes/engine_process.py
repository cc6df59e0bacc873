"""Engines whose side of the connection a test writes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from app.engine.protocol import ActivityEnded, Command, EndOfStream, Shutdown
from app.engine.thread_host import ThreadEngine
from app.lib.threads import Worker


class ScriptedEngineProcess:
    """An `EngineProcess` that plays `part` and then dies, as by SIGKILL.

    Attributes:
        commands: What `part` received through `receive`.
    """

    def __init__(self, part: Callable[[ScriptedEngineProcess], None]) -> None:
        self.connection: Connection
        self.connection, self.theirs = multiprocessing.Pipe()
        self.commands: list[Command] = []
        self.is_killed = False
        self._part = part
        self._worker = Worker("engine", lambda stop: self._play()).start()

    def receive(self) -> Command:
        """The next command; Shutdown when the host is gone."""
        try:
            command: Command = self.theirs.recv()
        except (EOFError, OSError):
            command = Shutdown()
        self.commands.append(command)
        return command

    def receive_until(self, kind: type[Command]) -> Command:
        """Take commands up to one of `kind`, or the end."""
        while True:
            command = self.receive()
            if isinstance(command, kind | Shutdown):
                return command

    def is_alive(self) -> bool:
        return self._worker.is_alive

    def kill(self) -> None:
        self.is_killed = True

    def join(self, timeout_s: float) -> bool:
        return self._worker.join(timeout_s)

    def _play(self) -> None:
        try:
            self._part(self)
        except (BrokenPipeError, OSError):
            self.commands.append(Shutdown())
        finally:
            self.theirs.close()


Part = Callable[[ScriptedEngineProcess], None]


class Engines:
    """Starts the engines that a test lists, one after the other; the last one again and again.

    A part of None is a whole engine in a thread.
    """

    def __init__(self, *parts: Part | None) -> None:
        self.parts = list(parts)
        self.started: list[Any] = []

    def __call__(self) -> Any:
        part = self.parts[min(len(self.started), len(self.parts) - 1)]
        engine = ThreadEngine() if part is None else ScriptedEngineProcess(part)
        self.started.append(engine)
        return engine


def serve_to_the_end(engine: ScriptedEngineProcess) -> None:
    """A session that says nothing."""
    engine.receive()
    engine.receive_until(EndOfStream)
    engine.theirs.send(ActivityEnded())
    engine.receive()


def die_at_once(engine: ScriptedEngineProcess) -> None:
    """A session that ends with its first command."""
    engine.receive()
