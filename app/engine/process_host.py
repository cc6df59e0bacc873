"""The engine seen from the app: starts processes, feeds them, restarts what crashes."""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from app.domain.errors import Cancelled, Category, ErrorReport, KnownError, Severity
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import AudioBlock, ModelUse, Notice, NoticeKind, TrackState
from app.domain.ports import EngineListener, EngineSession, SampleSource
from app.domain.sentences import say
from app.domain.session import (
    CheckJob,
    ClipEmbedding,
    EmbedJob,
    OperatingPoint,
    RefineJob,
    SessionConfig,
)
from app.domain.units import SESSION_RATE_HZ, Span
from app.engine.protocol import (
    FEED_AHEAD_S,
    SILENCE_LIMIT_S,
    Acknowledged,
    ActivityEnded,
    ActivityFailed,
    Beat,
    Cancel,
    Command,
    EndOfStream,
    Event,
    Feed,
    OpenSession,
    Patched,
    Progress,
    Reported,
    RunJob,
    SessionStarted,
    Shutdown,
    Teach,
    Told,
    UsePoint,
    first_sample,
)
from app.lib.clock import Clock, SystemClock
from app.lib.threads import Crash, Worker

log = logging.getLogger(__name__)

BLOCK_S = 0.1
MAX_CRASHES, CRASH_WINDOW_S = 3, 300.0
REVISION_STEP = 1_000_000
"""A restarted engine's revisions lie this much above its predecessor's."""
SHUTDOWN_S = 5.0
WARM_UP_LIMIT_S = 30.0
"""An activity waits so long for an engine that loads models; then it starts another."""


class EngineProcess(Protocol):
    """One running engine, however it is run."""

    connection: Connection

    def is_alive(self) -> bool:
        """Whether it still runs."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...

    def join(self, timeout_s: float) -> bool:
        """Wait for its end; returns whether it has ended."""
        ...


class SpawnedEngine:
    """An engine in a process of its own, always spawned, on every operating system."""

    def __init__(self, logs_dir: Path | None, *, niceness: int = 5) -> None:
        from app.engine import child

        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=child.main, args=(theirs, logs_dir, niceness), name="crosstalk-engine"
        )
        self._process.daemon = True
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def kill(self) -> None:
        """SIGKILL, or its like."""
        self._process.kill()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the process."""
        self._process.join(timeout_s)
        return not self._process.is_alive()


class ProcessHost:
    """Implements `EngineHost`; every activity has an engine to itself, an idle one is kept."""

    def __init__(
        self,
        start_engine: Callable[[], EngineProcess],
        *,
        clock: Clock | None = None,
    ) -> None:
        self._start_engine = start_engine
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._idle: list[EngineProcess] = []
        self._sessions: list[_Session] = []
        self._warming: Worker | None = None
        self._warmed: EngineProcess | None = None
        self._is_closed = False

    def warm_up(self, job: CheckJob) -> None:
        """Load models ahead of their first use; see `EngineHost.warm_up`."""
        with self._lock:
            if self._is_closed or (self._warming is not None and self._warming.is_alive):
                return
            self._warming = Worker("engine-warm-up", lambda stop: self._warm_up(job)).start()

    def open_session(
        self,
        config: SessionConfig,
        sources: Mapping[StreamId, SampleSource],
        listener: EngineListener,
    ) -> EngineSession:
        """Start a live session; see `EngineHost.open_session`."""
        session = _Session(self, config, sources, listener, self._clock)
        with self._lock:
            self._sessions = [*(s for s in self._sessions if not s.wait(0.0)), session]
        session.start()
        return session

    def refine(
        self,
        job: RefineJob,
        listener: EngineListener,
        *,
        on_progress: Callable[[float, str], None],
        cancel: threading.Event,
    ) -> None:
        """Run the final pass; see `EngineHost.refine`."""
        models: list[tuple[ModelUse, ...]] = []

        def handle(event: Event) -> None:
            if isinstance(event, Patched):
                listener.on_patch(event.patch)
            elif isinstance(event, Progress):
                on_progress(event.share, event.step)
            elif isinstance(event, SessionStarted) and not models:
                models.append(event.models)
                listener.on_started(event.models)
            elif isinstance(event, Told):
                listener.on_notice(event.notice)
            elif isinstance(event, Reported):
                listener.on_error(event.report)

        self._run_job(RunJob(job), handle, cancel)

    def embed(self, job: EmbedJob) -> tuple[ClipEmbedding, ...]:
        """Embed clips; see `EngineHost.embed`."""
        ended = self._run_job(RunJob(job), lambda event: None, threading.Event())
        return tuple(r for r in ended.result if isinstance(r, ClipEmbedding))

    def check(self, job: CheckJob) -> tuple[ModelUse, ...]:
        """Load every model once; see `EngineHost.check`."""
        ended = self._run_job(RunJob(job), lambda event: None, threading.Event())
        return tuple(r for r in ended.result if isinstance(r, ModelUse))

    def close(self) -> None:
        """End sessions and engines; idempotent."""
        with self._lock:
            self._is_closed = True
            sessions, self._sessions = self._sessions, []
            idle, self._idle = self._idle, []
            warming = self._warming
        for session in sessions:
            session.cancel()
        for engine in idle:
            _shut_down(engine)
        if warming is not None and warming.is_alive and self._warmed is not None:
            self._warmed.kill()
            warming.join(SHUTDOWN_S)

    def _warm_up(self, job: CheckJob) -> None:
        def take() -> EngineProcess:
            self._warmed = self._take()
            return self._warmed

        try:
            self._run_job(RunJob(job), lambda event: None, threading.Event(), take)
        except KnownError as error:
            log.info("no models loaded ahead: %s", error.category)

    def _acquire(self) -> EngineProcess:
        """An engine of one's own; one that is being warmed up is waited for."""
        warming = self._warming
        if warming is not None:
            warming.join(WARM_UP_LIMIT_S)
        return self._take()

    def _take(self) -> EngineProcess:
        with self._lock:
            while self._idle:
                engine = self._idle.pop()
                if engine.is_alive():
                    return engine
        return self._start_engine()

    def _release(self, engine: EngineProcess) -> None:
        with self._lock:
            if not self._is_closed and not self._idle and engine.is_alive():
                self._idle.append(engine)
                return
        _shut_down(engine)

    def _run_job(
        self,
        command: RunJob,
        handle: Callable[[Event], None],
        cancel: threading.Event,
        acquire: Callable[[], EngineProcess] | None = None,
    ) -> ActivityEnded:
        engine = (acquire or self._acquire)()
        is_healthy = False
        try:
            engine.connection.send(command)
            closing = _receive_until_closed(engine, handle, cancel)
            is_healthy = True
        except (EOFError, OSError) as error:
            raise KnownError(
                "The speech engine stopped unexpectedly; the recording is kept. Try again.",
                category=Category.ENGINE,
            ) from error
        finally:
            if is_healthy:
                self._release(engine)
            else:
                engine.kill()
                engine.connection.close()
        if isinstance(closing, ActivityFailed):
            _raise(closing)
        assert isinstance(closing, ActivityEnded)
        return closing


def _receive_until_closed(
    engine: EngineProcess, handle: Callable[[Event], None], cancel: threading.Event
) -> ActivityEnded | ActivityFailed:
    """Pass events on until the activity's closing event.

    Raises:
        EOFError, OSError: The engine died, or said nothing for `SILENCE_LIMIT_S`.
    """
    silent_s = 0.0
    is_cancel_sent = False
    while True:
        if cancel.is_set() and not is_cancel_sent:
            engine.connection.send(Cancel())
            is_cancel_sent = True
        if not engine.connection.poll(0.2):
            silent_s += 0.2
            if silent_s > SILENCE_LIMIT_S:
                raise EOFError("the engine hangs")
            continue
        silent_s = 0.0
        event: Event = engine.connection.recv()
        if isinstance(event, ActivityEnded | ActivityFailed):
            return event
        handle(event)


def _raise(failure: ActivityFailed) -> None:
    if failure.is_cancelled:
        raise Cancelled(failure.user_text)
    if failure.is_known:
        raise KnownError(failure.user_text, category=failure.category)
    raise KnownError(
        say(
            "The speech engine failed; the recording is kept. Try again, and report it if it "
            "stays ({problem}).",
            problem=failure.user_text,
        ),
        category=Category.ENGINE,
    )


def _shut_down(engine: EngineProcess) -> None:
    try:
        engine.connection.send(Shutdown())
    except OSError:
        log.info("engine already gone")
    if not engine.join(SHUTDOWN_S):
        engine.kill()
        engine.join(SHUTDOWN_S)
    engine.connection.close()


def _send(connection: Connection, command: Command) -> bool:
    """Returns whether the engine is still there."""
    try:
        connection.send(command)
    except OSError:
        return False
    return True


class _Session:
    """One live session: a feeder thread, an events thread, and restarts between them."""

    def __init__(
        self,
        host: ProcessHost,
        config: SessionConfig,
        sources: Mapping[StreamId, SampleSource],
        listener: EngineListener,
        clock: Clock,
    ) -> None:
        self._host = host
        self._config = config
        self._sources = sources
        self._listener = listener
        self._clock = clock
        self._done = threading.Event()
        self._cancel = threading.Event()
        self._moved = threading.Condition()
        self._acknowledged: dict[StreamId, int] = {}
        self._resume: dict[StreamId, int] = dict(config.resume_from)
        self._tracks: tuple[TrackState, ...] = ()
        self._crashes: deque[float] = deque(maxlen=MAX_CRASHES)
        self._fed: dict[StreamId, int] = {}
        self._lesson: Teach | None = None
        self._wish: UsePoint | None = None
        self._events = Worker("engine-events", self._run, on_crash=self._on_crash)

    def start(self) -> None:
        self._events.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the closed sources are processed."""
        return self._done.wait(timeout_s)

    def cancel(self) -> None:
        """Stop now; idempotent."""
        self._cancel.set()
        with self._moved:
            self._moved.notify_all()
        self._events.join(SHUTDOWN_S * 2)

    def teach(self, lines: Mapping[SegmentId, TrackId]) -> None:
        """Sent with the next audio; a restarted engine is told again."""
        self._lesson = Teach(dict(lines))

    def use_point(self, point: OperatingPoint) -> None:
        """Sent with the next audio; a restarted engine begins with it."""
        self._wish = UsePoint(point)

    def _run(self, stop: threading.Event) -> None:
        del stop
        config = self._config
        try:
            while not self._cancel.is_set():
                if self._run_engine(config):
                    return
                if not self._may_restart():
                    return
                config = replace(
                    self._config,
                    resume_from=dict(self._resume),
                    revision_base=config.revision_base + REVISION_STEP,
                )
        finally:
            self._done.set()

    def _run_engine(self, config: SessionConfig) -> bool:
        """One engine's life; returns False when it crashed and another should go on."""
        engine = self._host._acquire()
        feeder: Worker | None = None
        is_healthy = False
        try:
            engine.connection.send(OpenSession(config, self._tracks))
            self._acknowledged = dict(self._resume)
            feeder = Worker(
                "engine-feed",
                lambda stop: self._feed(config, engine.connection, stop),
                on_crash=self._on_feeder_crash,
            ).start()
            closing = _receive_until_closed(engine, self._handle, self._cancel)
            is_healthy = isinstance(closing, ActivityEnded) or (
                isinstance(closing, ActivityFailed) and closing.is_known
            )
            if isinstance(closing, ActivityFailed):
                return self._close_failed(closing)
            return True
        except (EOFError, OSError):
            log.warning("the engine process died")
            return False
        finally:
            if feeder is not None:
                feeder.request_stop()
                with self._moved:
                    self._moved.notify_all()
                feeder.join(SHUTDOWN_S)
            if is_healthy:
                self._host._release(engine)
            else:
                engine.kill()
                engine.connection.close()
                engine.join(SHUTDOWN_S)

    def _on_crash(self, crash: Crash) -> None:
        """The events thread itself failed: a bug in us or in the listener."""
        self._listener.on_error(
            ErrorReport(
                severity=Severity.FATAL,
                category=Category.INTERNAL,
                stage=crash.thread_name,
                user_text=say(
                    "Captions stopped by a fault of ours. The recording goes on; "
                    "transcribe it afterwards with: crosstalk library refine"
                ),
                detail=crash.error,
                traceback_text=crash.traceback_text,
            )
        )
        self._done.set()

    def _on_feeder_crash(self, crash: Crash) -> None:
        """The stored audio cannot be read: end the session instead of waiting for more."""
        self._on_crash(crash)
        self._cancel.set()

    def _close_failed(self, failure: ActivityFailed) -> bool:
        if failure.is_cancelled:
            return True
        if failure.is_known:
            self._report(failure.user_text, failure.category)
            return True
        return False

    def _may_restart(self) -> bool:
        if self._cancel.is_set():
            return False
        now = self._clock.monotonic()
        self._crashes.append(now)
        is_hopeless = len(self._crashes) == MAX_CRASHES and now - self._crashes[0] < CRASH_WINDOW_S
        if is_hopeless:
            self._report(
                say(
                    "The speech engine failed three times. The recording goes on; "
                    "transcribe it afterwards with: crosstalk library refine"
                ),
                Category.ENGINE,
            )
            return False
        self._listener.on_notice(
            Notice(
                kind=NoticeKind.ENGINE_RESTARTED,
                text="The speech engine was started again; captions catch up, nothing is lost.",
            )
        )
        return True

    def _report(self, text: str, category: Category) -> None:
        self._listener.on_error(
            ErrorReport(severity=Severity.FATAL, category=category, stage="engine", user_text=text)
        )

    def _handle(self, event: Event) -> None:
        if isinstance(event, Patched):
            self._resume.update(event.patch.processed_until)
            if event.tracks is not None:
                self._tracks = event.tracks
            self._listener.on_patch(event.patch)
            if event.tracks:
                self._listener.on_voices(event.tracks)
        elif isinstance(event, Acknowledged):
            with self._moved:
                self._acknowledged[event.stream] = event.position
                self._moved.notify_all()
        elif isinstance(event, Beat):
            if event.health is not None:
                waiting = max(
                    (s.sample_count - self._fed.get(k, 0) for k, s in self._sources.items()),
                    default=0,
                )
                lag_s = event.health.lag_s + max(waiting, 0) / SESSION_RATE_HZ
                self._listener.on_health(replace(event.health, lag_s=round(lag_s, 3)))
        elif isinstance(event, SessionStarted):
            self._listener.on_started(event.models)
        elif isinstance(event, Told):
            self._listener.on_notice(event.notice)
        elif isinstance(event, Reported):
            if event.report.severity is not Severity.FATAL:
                self._listener.on_error(event.report)

    def _feed(self, config: SessionConfig, connection: Connection, stop: threading.Event) -> None:
        """Pass on what the sources hold, in turn, never far ahead of the engine."""
        positions = {stream: first_sample(config, stream) for stream in self._sources}
        self._fed = dict(positions)
        is_open = dict.fromkeys(positions, True)
        block_samples = int(BLOCK_S * SESSION_RATE_HZ)
        taught: Teach | None = None
        wished: UsePoint | None = None
        while any(is_open.values()) and not stop.is_set() and not self._cancel.is_set():
            for stream, source in self._sources.items():
                if not is_open[stream] or not self._has_room(stream, positions[stream], stop):
                    continue
                others_s = sum(is_open.values()) - 1
                samples = source.read(positions[stream], block_samples, 0.05 if others_s else 0.2)
                command: Command
                lesson = self._lesson
                if lesson is not None and lesson is not taught:
                    taught = lesson
                    if not _send(connection, lesson):
                        return
                wish = self._wish
                if wish is not None and wish is not wished:
                    wished = wish
                    if not _send(connection, wish):
                        return
                if samples is None:
                    is_open[stream] = False
                    command = EndOfStream(stream)
                elif len(samples) == 0:
                    continue
                else:
                    span = Span(positions[stream], positions[stream] + len(samples))
                    positions[stream] = span.end
                    self._fed[stream] = span.end
                    command = Feed(AudioBlock(stream=stream, span=span, samples=samples))
                if not _send(connection, command):
                    return

    def _has_room(self, stream: StreamId, position: int, stop: threading.Event) -> bool:
        ahead = int(FEED_AHEAD_S * SESSION_RATE_HZ)
        with self._moved:
            return self._moved.wait_for(
                lambda: (
                    stop.is_set()
                    or self._cancel.is_set()
                    or position - self._acknowledged.get(stream, 0) < ahead
                ),
                0.1,
            )
