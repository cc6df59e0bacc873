"""Runs service calls in background threads and brings the result to the main thread."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.domain.errors import Cancelled
from app.lib.threads import Worker
from app.ui.errors import Problem, problem_of

log = logging.getLogger(__name__)

T = TypeVar("T")
POOL_SIZE = 3
JOIN_TIMEOUT_S = 5.0


@dataclass(slots=True)
class Task:
    """A handle on running work.

    Attributes:
        cancelled: Set to ask work that looks at it to end early; no callback comes then.
    """

    cancelled: threading.Event

    def cancel(self) -> None:
        """Ask the work to end, and drop its result."""
        self.cancelled.set()


@dataclass(slots=True)
class _Job:
    task: Task
    run: Callable[[], Any]
    done: Callable[[Any], None] | None
    failed: Callable[[Problem], None] | None
    ended: Callable[[], None] | None = None
    outcome: Any = None
    error: BaseException | None = None


class TaskRunner(QObject):
    """Two pools of three threads: short calls never wait behind hours of transcribing.

    Callbacks run on the main thread, and not at all once their widget is gone. A failure without
    a `failed` callback goes to `unhandled`.
    """

    unhandled = Signal(object)
    _finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._results: deque[_Job] = deque()
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._is_closed = False
        self._short: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._long: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._workers = [
            Worker(f"ui-{name}-{number}", partial(self._work, waiting)).start()
            for name, waiting in (("short", self._short), ("long", self._long))
            for number in range(1, POOL_SIZE + 1)
        ]
        self._tasks: dict[int, Task] = {}

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[Problem], None] | None = None,
    ) -> Task:
        """Run a call of up to a few seconds; main thread."""
        return self._enqueue(self._short, _Job(Task(threading.Event()), work, done, failed))

    def run_long(
        self,
        work: Callable[[threading.Event], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[Problem], None] | None = None,
        ended: Callable[[], None] | None = None,
    ) -> Task:
        """Run work of minutes or hours, which gets the event that asks it to end.

        Args:
            ended: Called last in every case, also when the work was cancelled.
        """
        task = Task(threading.Event())
        job = _Job(task, lambda: work(task.cancelled), done, failed, ended)
        return self._enqueue(self._long, job)

    def close(self, timeout_s: float = JOIN_TIMEOUT_S) -> bool:
        """Cancel everything and join the threads; returns whether all ended in time."""
        if not self._is_closed:
            self._is_closed = True
            for task in self._tasks.values():
                task.cancel()
            for waiting in (self._short, self._long):
                for _ in range(POOL_SIZE):
                    waiting.put(None)
        return all([worker.join(timeout_s) for worker in self._workers])

    def _enqueue(self, waiting: queue.SimpleQueue[_Job | None], job: _Job) -> Task:
        if not self._is_closed:
            self._tasks[id(job.task)] = job.task
            waiting.put(job)
        return job.task

    def _work(self, waiting: queue.SimpleQueue[_Job | None], _stop: threading.Event) -> None:
        while (job := waiting.get()) is not None:
            if not job.task.cancelled.is_set():
                try:
                    job.outcome = job.run()
                except Exception as error:  # the thread boundary: shown as a banner
                    job.error = error
                    _log(error)
            self._results.append(job)
            self._finished.emit()

    @Slot()
    def _deliver(self) -> None:
        while self._results:
            job = self._results.popleft()
            self._tasks.pop(id(job.task), None)
            if not job.task.cancelled.is_set():
                self._tell(job)
            if job.ended is not None and _is_reachable(job.ended):
                job.ended()

    def _tell(self, job: _Job) -> None:
        if job.error is None:
            if job.done is not None and _is_reachable(job.done):
                job.done(job.outcome)
        elif not isinstance(job.error, Cancelled):
            problem = problem_of(job.error)
            if job.failed is None:
                self.unhandled.emit(problem)
            elif _is_reachable(job.failed):
                job.failed(problem)


def _is_reachable(callback: Callable[..., None]) -> bool:
    """Whether the widget behind a bound method still exists."""
    owner = getattr(callback, "__self__", None)
    return not isinstance(owner, QObject) or shiboken6.isValid(owner)


def _log(error: Exception) -> None:
    if isinstance(error, Cancelled):
        return
    if problem_of(error).is_known:
        log.warning("a task was refused: %s", type(error).__name__)
    else:
        log.error("a task failed", exc_info=error)
