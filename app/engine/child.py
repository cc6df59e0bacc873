"""The engine process: one activity at a time, commands in, events out."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from threadpoolctl import threadpool_limits

from app.domain.errors import Cancelled, Category, KnownError
from app.domain.ids import StreamId
from app.domain.messages import ModelUse
from app.domain.session import CheckJob, EmbedJob
from app.engine.embed import embed_clips
from app.engine.models import LoadedModels, for_language
from app.engine.protocol import (
    HEARTBEAT_S,
    ActivityEnded,
    ActivityFailed,
    Beat,
    Cancel,
    Command,
    EndOfStream,
    Event,
    Feed,
    OpenSession,
    Progress,
    RunJob,
    SessionStarted,
    Shutdown,
    Teach,
    UsePoint,
)
from app.engine.refine import refine
from app.engine.session import LiveSession
from app.lib import log as log_setup
from app.lib.heap import share_heaps
from app.lib.queues import QueueClosed
from app.lib.threads import Worker

log = logging.getLogger(__name__)


def main(connection: Connection, logs_dir: Path | None, niceness: int) -> None:
    """Entry point of the spawned process."""
    share_heaps()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the app's to handle
    os.environ["HF_HUB_OFFLINE"] = "1"
    log_setup.configure(logs_dir)
    logging.captureWarnings(True)  # advice of libraries belongs in the log
    # A second thread of numpy's BLAS mostly spins: it doubled the cost of every voice embedding.
    threadpool_limits(1, user_api="blas")
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)
    serve(connection)


def serve(connection: Connection) -> None:
    """Serve activities until Shutdown, or until the other side is gone."""
    server = _Server(connection)
    try:
        server.run()
    finally:
        connection.close()


class _Server:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._send_lock = threading.Lock()
        self._inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._cancel = threading.Event()
        self._models: LoadedModels | None = None
        self._session: LiveSession | None = None

    def run(self) -> None:
        reader = Worker("control", self._read).start()
        while True:
            command = self._inbox.get()
            if isinstance(command, Shutdown):
                break
            if isinstance(command, OpenSession):
                self._guard(lambda c=command: self._run_session(c))  # type: ignore[misc]
            elif isinstance(command, RunJob):
                self._guard(lambda c=command: self._run_job(c))  # type: ignore[misc]
        reader.request_stop()

    def _read(self, stop: threading.Event) -> None:
        """Receive commands; a closed connection means that the app has gone.

        The cancel flag is lowered here, not when the activity begins: a Cancel that follows its
        command closely must not be lost.
        """
        while not stop.is_set():
            try:
                command: Command = self._connection.recv()
            except (EOFError, OSError):
                command = Shutdown()
            if isinstance(command, OpenSession | RunJob):
                self._cancel.clear()
            if isinstance(command, Cancel | Shutdown):
                self._cancel.set()
                session = self._session
                if session is not None:
                    session.cancel()
            if isinstance(command, Shutdown):
                self._inbox.put(command)
                return
            if not isinstance(command, Cancel):
                self._inbox.put(command)

    def _emit(self, event: Event) -> None:
        with self._send_lock:
            try:
                self._connection.send(event)
            except (BrokenPipeError, OSError):
                self._cancel.set()

    def _guard(self, activity: Callable[[], ActivityEnded]) -> None:
        """Run an activity; whatever happens, one closing event tells the host."""
        beat = Worker("heartbeat", self._beat).start()
        try:
            closing: Event = activity()
        except Cancelled as error:
            closing = ActivityFailed(str(error), Category.ENGINE, is_known=True, is_cancelled=True)
        except KnownError as error:
            closing = ActivityFailed(error.message, error.category, is_known=True)
        except Exception as error:  # the process boundary: the host reports it
            log.exception("activity failed")
            closing = ActivityFailed(
                f"{type(error).__name__}: {error}", Category.INTERNAL, is_known=False
            )
        finally:
            self._session = None
            beat.stop()
        self._emit(closing)

    def _beat(self, stop: threading.Event) -> None:
        while not stop.wait(HEARTBEAT_S):
            session = self._session
            self._emit(Beat(session.health() if session is not None else None))

    def _loaded(self, models_dir: Path) -> LoadedModels:
        if self._models is None or self._models.models_dir != models_dir:
            self._models = LoadedModels(models_dir)
        return self._models

    def _run_session(self, command: OpenSession) -> ActivityEnded:
        models = self._loaded(command.config.models_dir)
        session = LiveSession(command.config, models, self._emit, tracks=command.tracks)
        session.start()
        self._session = session
        self._emit(SessionStarted(models.used()))
        with contextlib.suppress(QueueClosed):  # cancelled, or a lane crashed
            self._feed(session, set(command.config.streams))
        if self._cancel.is_set():
            session.cancel()
        session.wait()
        if session.has_crashed and not self._cancel.is_set():
            raise RuntimeError("a lane crashed")
        if self._cancel.is_set():
            raise Cancelled("The session was cancelled.")
        return ActivityEnded()

    def _feed(self, session: LiveSession, open_streams: set[StreamId]) -> None:
        """Pass audio on until every stream has ended, or the session."""
        while open_streams and not self._cancel.is_set():
            try:
                item = self._inbox.get(timeout=0.5)
            except queue.Empty:
                if session.has_crashed:
                    break
                continue
            if isinstance(item, Shutdown):
                self._inbox.put(item)
                break
            if isinstance(item, Feed):
                session.feed(item.block)
            elif isinstance(item, Teach):
                session.teach(item.lines)
            elif isinstance(item, UsePoint):
                session.use_point(item.point)
            elif isinstance(item, EndOfStream):
                open_streams.discard(item.stream)
                session.end(item.stream)

    def _check(self, job: CheckJob) -> tuple[ModelUse, ...]:
        return self._loaded(job.models_dir).load_choice(for_language(job.models, job.language))

    def _run_job(self, command: RunJob) -> ActivityEnded:
        job = command.job
        if isinstance(job, EmbedJob):
            return ActivityEnded(embed_clips(job, self._loaded(job.models_dir)))
        if isinstance(job, CheckJob):
            return ActivityEnded(self._check(job))
        models = self._loaded(job.config.models_dir)
        refine(
            job,
            models,
            self._emit,
            on_progress=lambda share, step: self._emit(Progress(share, step)),
            cancel=self._cancel,
        )
        log.info("refined; %d MB", psutil.Process().memory_info().rss // 2**20)
        return ActivityEnded(models.used())
