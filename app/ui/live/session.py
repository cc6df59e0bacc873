"""One running meeting as the window follows it: states, events, the transcript's model."""

from __future__ import annotations

import logging
import threading
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import Severity
from app.domain.ids import MeetingId, StreamId
from app.domain.marks import Hold, HoldReason
from app.domain.meeting import MeetingState
from app.domain.messages import Notice, NoticeKind
from app.domain.session import OperatingPoint
from app.services.events import (
    Failed,
    Finished,
    HealthMeasured,
    HoldChanged,
    Marked,
    MeetingEvent,
    Noticed,
    Progressed,
    Started,
    StateChanged,
    TranscriptChanged,
)
from app.services.recording import LiveMeeting, RecordingRequest
from app.services.transcribing import TranscribeRequest
from app.ui.bridge import EventBridge
from app.ui.errors import Problem, problem_of_report
from app.ui.kit import Kit
from app.ui.tasks import Task
from app.ui.transcript.model import TranscriptModel
from app.ui.translation import translated

log = logging.getLogger(__name__)

BEHIND_FROM_S = 1.0
"""Less lag than this is normal and not worth a badge."""


class LiveState(StrEnum):
    """How far a running meeting is."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHING = "finishing"
    """The recording is complete; the rest of the transcript is being made."""
    ENDED = "ended"


class LiveSession(QObject):
    """Follows one meeting from start to `Finished`; main thread only."""

    state_changed = Signal(object)
    models_ready = Signal(tuple)
    """The `ModelUse` of every model that runs."""
    transcript_changed = Signal(object)
    """The `TranscriptChanged` that the model has taken over."""
    health_changed = Signal(object)
    progressed = Signal(float, str)
    problem_found = Signal(object)
    noticed = Signal(object)
    hold_changed = Signal(object)
    """Why nothing is recorded from now on; None when everything is recorded again."""
    settled = Signal()
    """The work behind a sample has ended, a little later than its stop."""
    finished = Signal(object)
    """The meeting's id when all work on it is done; None when nothing came of it."""

    def __init__(self, kit: Kit, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self.title = title
        self.state = LiveState.STARTING
        self.meeting_id: MeetingId | None = None
        self.transcript = TranscriptModel(self)
        self.are_models_ready = False
        self.hold_reason: HoldReason | None = None
        """Why nothing is recorded at the moment."""
        self._live: LiveMeeting | None = None
        self._sample: Task | None = None
        self._newest_s = 0.0
        self._bridge = EventBridge()
        self._bridge.setParent(self)
        self._bridge.arrived.connect(self._take)

    # --- Commands --------------------------------------------------------------------------

    def record(self, request: RecordingRequest) -> None:
        """Start to record."""
        service, post = self._kit.context.recording, self._bridge.post
        self._kit.tasks.run(lambda: service.start(request, post), self._started, self._refused)

    def play_sample(self, mic: Path, system: Path, point: OperatingPoint) -> None:
        """Feed the sample meeting at the pace of the clock, as if it were live."""
        request = TranscribeRequest(
            inputs={StreamId.MIC: mic, StreamId.SYSTEM: system},
            title=self.title,
            point=point,
            is_realtime=True,
        )
        service, post = self._kit.context.transcribing, self._bridge.post

        def work(cancel: threading.Event) -> MeetingId:
            return service.transcribe(request, post, cancel)

        self._sample = self._kit.tasks.run_long(
            work, self._sample_done, self._refused, self.settled.emit
        )
        self._enter(LiveState.RUNNING)

    def stop(self) -> None:
        """End the recording; what follows is made in the background."""
        if self.state is not LiveState.RUNNING:
            return
        if self._sample is not None:
            self._sample.cancel()
            self._end()
        elif self._live is not None:
            self._enter(LiveState.STOPPING)
            self._kit.tasks.run(self._live.stop, self._stopped, self._stop_failed)

    def hold(self, reason: HoldReason) -> None:
        """Record nothing from now on; when it is held already, record again."""
        live = self._live
        if live is None or self.state is not LiveState.RUNNING:
            return
        if self.hold_reason is None:
            self._kit.tasks.run(lambda: live.pause(reason), lambda _hold: None)
        else:
            self._kit.tasks.run(live.resume, lambda _hold: None)

    @property
    def can_change_point(self) -> bool:
        """Whether the promised delay may change: a recording runs."""
        return self._live is not None and self.state is LiveState.RUNNING

    def use_point(self, point: OperatingPoint) -> None:
        """Promise another delay from now on."""
        if self._live is not None and self.can_change_point:
            self._live.use_point(point)

    def now(self) -> int | None:
        """The session sample that is being stored; None when no device is recorded."""
        return self._live.now() if self._live is not None else None

    def mark(self, at: int, note: str) -> None:
        """Mark a moment."""
        live = self._live
        if live is not None:
            self._kit.tasks.run(lambda: live.mark(note, at), lambda _marker: None)

    # --- Reading ---------------------------------------------------------------------------

    @property
    def is_sample(self) -> bool:
        """Whether a file plays instead of a device."""
        return self._sample is not None

    @property
    def elapsed_s(self) -> float:
        """Seconds stored so far."""
        return self._live.elapsed().total_seconds() if self._live is not None else self._newest_s

    def level_dbfs(self, stream: StreamId) -> float | None:
        """The newest level of a stream; None when it is not recorded."""
        return self._live.levels_dbfs().get(stream) if self._live is not None else None

    # --- What comes back -------------------------------------------------------------------

    def _started(self, live: LiveMeeting) -> None:
        self._live = live
        self.meeting_id = live.meeting_id
        self._enter(LiveState.FINISHING if live.is_stopped else LiveState.RUNNING)

    def _refused(self, problem: Problem) -> None:
        self.meeting_id = None
        self.problem_found.emit(problem)
        self._end()

    def _stopped(self, _nothing: None) -> None:
        if self.state is LiveState.STOPPING:
            self._enter(LiveState.FINISHING)

    def _stop_failed(self, problem: Problem) -> None:
        self.problem_found.emit(problem)
        self._enter(LiveState.FINISHING)

    def _sample_done(self, meeting_id: MeetingId) -> None:
        self.meeting_id = meeting_id
        self._end()

    def _end(self) -> None:
        if self.state is not LiveState.ENDED:
            self._enter(LiveState.ENDED)
            self.finished.emit(self.meeting_id)

    def _enter(self, state: LiveState) -> None:
        self.state = state
        self.state_changed.emit(state)

    @Slot(tuple)
    def _take(self, events: tuple[MeetingEvent, ...]) -> None:
        for event in events:
            self.meeting_id = event.meeting_id
            self._newest_s = max(self._newest_s, event.t)
            match event:
                case TranscriptChanged():
                    self.transcript.apply(event)
                    self.transcript_changed.emit(event)
                case HealthMeasured():
                    self.health_changed.emit(event.health)
                case Started():
                    self.are_models_ready = True
                    self.models_ready.emit(event.models)
                case Progressed():
                    self.progressed.emit(event.share, translated(event.step))
                case HoldChanged():
                    self._show_hold(event.hold)
                case Marked():
                    self.transcript.remark(event.marker)
                case Noticed():
                    self._show_notice(event.notice)
                case Failed():
                    self._show_failure(event)
                case StateChanged():
                    self._follow(event.state)
                case Finished():
                    self._end()
                case _:
                    log.debug("no view for %s", type(event).__name__)

    def _follow(self, state: MeetingState) -> None:
        # A recorder that gave up has stopped the meeting by itself.
        if state is MeetingState.RECORDED and self._live and self.state is LiveState.RUNNING:
            self._enter(LiveState.FINISHING)

    def _show_hold(self, hold: Hold) -> None:
        self.hold_reason = hold.reason if hold.end is None else None
        self.transcript.remark(hold)
        self.hold_changed.emit(self.hold_reason)

    def _show_notice(self, notice: Notice) -> None:
        if notice.kind is not NoticeKind.BEHIND:
            self.noticed.emit(notice)

    def _show_failure(self, event: Failed) -> None:
        self.problem_found.emit(problem_of_report(event.report))
        if event.report.severity is Severity.FATAL and self.state is LiveState.FINISHING:
            self._end()
