"""Record a meeting: capture, spool, engine and store together."""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from app.domain.errors import Cancelled, Category, KnownError
from app.domain.ids import MeetingId, StreamId, new_meeting_id
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.messages import Notice
from app.domain.ports import CaptureBackend, EngineSession, InputDevice, Recording
from app.domain.sentences import say
from app.domain.session import CheckJob, OperatingPoint
from app.domain.units import to_samples
from app.domain.vocabulary import VocabularyTerm
from app.lib.threads import Crash, Worker
from app.services.claims import expected_streams
from app.services.core import Core
from app.services.events import Listener
from app.services.job import Hints, MeetingJob

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRequest:
    """What to record.

    Attributes:
        devices: Per stream a device key, part of a name, or "default"; one stream at least.
        title: None makes one from the time.
        point, language: None takes the setting.
        wants_refine: Run the final pass after the meeting.
    """

    devices: Mapping[StreamId, str]
    title: str | None = None
    point: OperatingPoint | None = None
    language: str | None = None
    wants_refine: bool = True
    vocabulary: tuple[VocabularyTerm, ...] = ()


class LiveMeeting:
    """A running recording; every method may be called from any thread."""

    def __init__(
        self,
        job: MeetingJob,
        capture: Recording,
        session: EngineSession | None,
        *,
        wants_refine: bool,
        on_stop: Callable[[LiveMeeting], None],
        on_end: Callable[[LiveMeeting], None],
    ) -> None:
        self.meeting_id: MeetingId = job.meeting_id
        self._job = job
        self._capture = capture
        self._session = session
        self._wants_refine = wants_refine
        self._on_stop = on_stop
        self._on_end = on_end
        self._lock = threading.Lock()
        self._is_stopped = False
        self._is_stored = False
        self._hold: Hold | None = None
        self._finished = threading.Event()
        self._worker = Worker(f"meeting-{job.meeting_id}", self._complete, on_crash=self._crashed)

    def levels_dbfs(self) -> Mapping[StreamId, float]:
        """The RMS level of the last 100 ms per stream."""
        return self._capture.levels_dbfs()

    def elapsed(self) -> timedelta:
        """Time stored so far."""
        return timedelta(seconds=self._capture.duration_s())

    @property
    def hold(self) -> Hold | None:
        """Why and since when nothing is recorded; None while all is."""
        return self._hold

    def pause(self, reason: HoldReason = HoldReason.PAUSED) -> Hold:
        """Neither store nor transcribe what is said from now on, until `resume`.

        The devices stay open and the time line goes on; transcript and exports name the stretch.
        Harmless when it is paused already or stopped.
        """
        with self._lock:
            if self._hold is None:
                self._hold = Hold(start=self._capture.hold(), end=None, reason=reason)
                if not self._is_stopped:
                    self._job.keep_hold(self._hold)
            return self._hold

    def resume(self) -> Hold | None:
        """Record again; returns the stretch that was left out, None when nothing was paused."""
        with self._lock:
            hold, end = self._hold, self._capture.release()
            if hold is None or end is None or self._is_stopped:
                return None
            self._hold = None
            ended = replace(hold, end=max(end, hold.start + 1))
            self._job.keep_hold(ended)
            return ended

    def now(self) -> int:
        """The session sample that is being stored."""
        return to_samples(self._capture.duration_s())

    def mark(self, note: str = "", at: int | None = None) -> Marker:
        """Mark a moment.

        Args:
            note: What it is about; "" for nothing.
            at: A session sample; None for now.

        Raises:
            KnownError: The library cannot be written.
        """
        marker = Marker(at=self.now() if at is None else at, note=" ".join(note.split()))
        self._job.keep_marker(marker)
        return marker

    def use_point(self, point: OperatingPoint) -> None:
        """Go on at another operating point; FINAL is none of a meeting that runs.

        Raises:
            ValueError: The point promises no delay.
        """
        if point.delay_s is None:
            raise ValueError(f"{point} is not an operating point of a running meeting")
        if self._session is not None:
            self._session.use_point(point)

    def stop(self) -> None:
        """Close the devices and let the rest of the work go on in the background; idempotent.

        `Finished` is the last event. Returns when the recording is complete on disk.

        Raises:
            KnownError: The recorder could not complete a file; what is on disk stays.
        """
        self._close(is_told=False)

    def _close(self, *, is_told: bool) -> None:
        """Stop.

        Args:
            is_told: Report what could not be completed, in place of raising it.
        """
        with self._lock:
            if self._is_stopped:
                return
            self._is_stopped = True
            try:
                self._job.store_audio(self._capture)
                self._is_stored = True
            except KnownError as error:
                if not is_told:
                    raise
                # Now: once the worker has started, `Finished` may be sent at any moment.
                self._job.report(error, stage="recording")
            finally:
                self._on_stop(self)
                self._worker.start()

    @property
    def is_stopped(self) -> bool:
        """Whether nothing is recorded any more."""
        return self._is_stopped

    def give_up(self) -> None:
        """Stop because the recorder has; what could not be completed is told."""
        self._close(is_told=True)

    def cancel(self) -> None:
        """Give up the work that follows `stop`; the meeting stays RECORDED. Does not wait."""
        self._job.cancel.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for `Finished`; returns False on timeout."""
        return self._finished.wait(timeout_s)

    def _complete(self, stop: threading.Event) -> None:
        """Finish the transcript (in the thread of this meeting)."""
        job = self._job
        is_transcribed = False
        try:
            if self._session is not None:
                job.wait_live(self._session)
                is_transcribed = True
            if self._wants_refine and self._is_stored:
                job.refine()
                is_transcribed = True
        except Cancelled:
            is_transcribed = False
        except KnownError as error:
            is_transcribed = False
            job.report(error, stage="transcript")
        if is_transcribed and self._is_stored:
            job.name_enrolled()
            job.enter(MeetingState.DONE)
        self._end()

    def _crashed(self, crash: Crash) -> None:
        self._job.report(
            KnownError(
                say(
                    "The transcript could not be completed because of a fault in Crosstalk. "
                    "The recording is kept: run `crosstalk library refine {meeting}`.",
                    meeting=self.meeting_id,
                ),
                category=Category.INTERNAL,
            ),
            stage=crash.thread_name,
        )
        self._end()

    def _end(self) -> None:
        self._on_end(self)
        try:
            self._job.finish()
        finally:
            self._finished.set()


class RecordingService:
    """Starts recordings; one at a time.

    A stopped recording frees the devices at once, while its transcript is completed in the
    background; when another one starts by then, the earlier meeting stays RECORDED.
    """

    def __init__(
        self, core: Core, backend: CaptureBackend, *, recognise: Callable[[MeetingId], None]
    ) -> None:
        self._core = core
        self._backend = backend
        self._recognise = recognise
        self._lock = threading.Lock()
        self._current: LiveMeeting | None = None
        self._unfinished: list[LiveMeeting] = []

    def list_devices(self) -> tuple[InputDevice, ...]:
        """Everything that can be recorded now."""
        return self._backend.list_devices()

    def prepare(self) -> None:
        """Load the models of a meeting that may begin soon, if the setting says so.

        Returns at once. Without it the captions of a meeting's first seconds come late.
        """
        core = self._core
        settings = core.settings()
        if settings.models.is_preloaded and self._current is None:
            job = CheckJob(
                models_dir=core.paths.models_dir,
                models=settings.model_choice,
                language=settings.transcript.language,
            )
            core.engine.warm_up(job)

    def start(self, request: RecordingRequest, listener: Listener) -> LiveMeeting:
        """Start to record; audio is stored at once, captions follow when the models are up.

        Raises:
            KnownError: A device cannot be opened, a meeting is already being recorded, the
                recogniser does not know the language asked for, or the disk has less free than
                the setting asks for.
        """
        with self._lock:
            if self._current is not None:
                raise KnownError("A meeting is already being recorded. Stop it first.")
            if not request.devices:
                raise KnownError("Nothing to record: choose a microphone or system audio.")
            if request.language is not None:
                self._core.require_language(self._core.settings().model_choice, request.language)
            self._require_disk()
            for earlier in self._unfinished:
                # The final pass of an earlier meeting can wait; live text cannot.
                earlier.cancel()
            live = self._start(request, listener)
            self._current = live
            self._unfinished.append(live)
            return live

    @property
    def current(self) -> LiveMeeting | None:
        """The running recording, if any."""
        return self._current

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop what is being recorded and give up unfinished transcripts; audio is kept."""
        for live in list(self._unfinished):
            live.cancel()
            try:
                live.stop()
            except KnownError as error:
                log.error("meeting %s did not stop cleanly: %s", live.meeting_id, error.category)
            if not live.wait(timeout_s):
                log.error("meeting %s did not end in %g s", live.meeting_id, timeout_s)

    def _require_disk(self) -> None:
        folder = self._core.paths.recordings_dir
        folder.mkdir(parents=True, exist_ok=True)
        free_gb = shutil.disk_usage(folder).free / 1e9
        needed_gb = self._core.settings().capture.minimum_free_gb
        if free_gb < needed_gb:
            raise KnownError(
                say(
                    "The disk of {folder} has {free} GB free, and a recording needs {needed} "
                    "GB. Nothing was recorded; free some disk.",
                    folder=folder,
                    free=f"{free_gb:.1f}",
                    needed=f"{needed_gb:g}",
                ),
                category=Category.DISK,
            )

    def _start(self, request: RecordingRequest, listener: Listener) -> LiveMeeting:
        core = self._core
        settings = core.settings()
        point = request.point
        live_point = settings.point if point in (None, OperatingPoint.FINAL) else point
        meeting = Meeting(
            meeting_id=new_meeting_id(),
            title=request.title or default_title(core),
            started_at=core.clock.now(),
            state=MeetingState.RECORDING,
            source=MeetingSource.RECORDING,
            language=request.language or settings.transcript.language,
            point=OperatingPoint.FINAL.value if request.wants_refine else live_point.value,
        )
        hints = Hints(
            language=meeting.language,
            models=settings.model_choice,
            vocabulary=request.vocabulary,
            is_echo_handled=settings.transcript.is_echo_handled,
            padding_s=settings.transcript.padding_s,
        )
        job = MeetingJob(core, meeting, hints, listener, recognise=self._recognise)
        core.meetings.create(meeting)
        try:
            job.describe()
            capture = self._backend.start(request.devices, job.folder, self._noticing(job))
        except BaseException:
            core.discard(meeting.meeting_id)
            raise
        try:
            job.reporter.start_clock(capture.duration_s)
            expected = expected_streams(job.folder, dict(request.devices))
            core.meetings.set_streams(meeting.meeting_id, expected, 0.0)
            job.describe(expected)
            job.reporter.entered(MeetingState.RECORDING)
        except BaseException:
            with contextlib.suppress(KnownError):
                capture.stop()
            core.discard(meeting.meeting_id)
            raise
        session: EngineSession | None = None
        try:
            session = job.open_live(
                capture.sources(),
                live_point,
                is_realtime=True,
                has_headphones=capture.has_headphones,
            )
        except KnownError as error:
            job.report(_recording_goes_on(error), stage="engine")
        return LiveMeeting(
            job,
            capture,
            session,
            wants_refine=request.wants_refine,
            on_stop=self._stopped,
            on_end=self._ended,
        )

    def _noticing(self, job: MeetingJob) -> Callable[[Notice], None]:
        def listen(notice: Notice) -> None:
            job.follower.on_notice(notice)
            if notice.marked_at is not None:
                try:
                    job.keep_marker(Marker(at=notice.marked_at, note=str(notice.text)))
                except KnownError as error:
                    job.report(error, stage="library")
            if notice.ends_recording:
                # The recorder's thread, which calls this, cannot wait for its own end.
                Worker(f"ending-{job.meeting_id}", lambda _stop: self._give_up(job)).start()

        return listen

    def _give_up(self, job: MeetingJob) -> None:
        with self._lock:
            live = self._current
        if live is not None and live.meeting_id == job.meeting_id:
            live.give_up()

    def _stopped(self, live: LiveMeeting) -> None:
        with self._lock:
            if self._current is live:
                self._current = None

    def _ended(self, live: LiveMeeting) -> None:
        with self._lock:
            if live in self._unfinished:
                self._unfinished.remove(live)


def default_title(core: Core) -> str:
    """A title made of the local time: "Meeting 2026-03-01 14.30"."""
    return f"Meeting {core.clock.now().astimezone():%Y-%m-%d %H.%M}"


def _recording_goes_on(error: KnownError) -> KnownError:
    return KnownError(
        say(
            "The recording goes on without live text. {problem} Then run `crosstalk library "
            "refine last`.",
            problem=error.message,
        ),
        category=error.category,
    )
