"""Transcribe files, resume what a crash left behind, run the final pass again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.errors import Cancelled, KnownError
from app.domain.ids import MeetingId, StreamId, new_meeting_id
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.messages import Notice, NoticeKind
from app.domain.ports import AudioFiles, Capture
from app.domain.sentences import say
from app.domain.session import CheckJob, ModelChoice, OperatingPoint, Part, SpeakerRange
from app.domain.units import Span
from app.domain.vocabulary import VocabularyTerm
from app.services.claims import doing
from app.services.core import Core
from app.services.events import Listener
from app.services.job import Hints, MeetingJob


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribeRequest:
    """One meeting from files.

    Attributes:
        inputs: One file per stream (MIX alone, or MIC and SYSTEM).
        point: None or FINAL ends with the final pass; another point stores the live result as is.
        is_realtime: Feed at the pace of the clock through the live path, once the models are
            loaded.
        is_echo_handled: None leaves it to the setting.
        without: Parts of the captions to leave out; for benches.
    """

    inputs: Mapping[StreamId, Path]
    title: str | None = None
    point: OperatingPoint | None = None
    is_realtime: bool = False
    language: str | None = None
    speakers: SpeakerRange = field(default_factory=SpeakerRange)
    vocabulary: tuple[VocabularyTerm, ...] = ()
    models: ModelChoice | None = None
    is_echo_handled: bool | None = None
    without: frozenset[Part] = frozenset()

    @property
    def wants_refine(self) -> bool:
        """Whether the final pass ends the work."""
        return self.point in (None, OperatingPoint.FINAL)

    @property
    def wants_live(self) -> bool:
        """Whether the audio goes through the live path."""
        return self.is_realtime or not self.wants_refine


PLAIN_NAMES = frozenset({"audio", "meeting", "mic", "mix", "recording", "sound", "system", "track"})
"""File names that say nothing: the folder's name is the better title."""


def default_title(inputs: Mapping[StreamId, Path]) -> str:
    """Name a meeting after its files: their name, or their folder's where theirs says nothing."""
    path = next(iter(inputs.values()))
    is_plain = len(inputs) > 1 or path.stem.lower() in PLAIN_NAMES
    return (path.resolve().parent.name if is_plain else "") or path.stem


class TranscribingService:
    """Makes transcripts of audio that exists; methods block and may run in any thread."""

    def __init__(
        self, core: Core, files: AudioFiles, *, recognise: Callable[[MeetingId], None]
    ) -> None:
        self._core = core
        self._files = files
        self._recognise = recognise

    def transcribe(
        self,
        request: TranscribeRequest,
        listener: Listener,
        cancel: threading.Event | None = None,
    ) -> MeetingId:
        """Import and transcribe; blocks until `Finished`.

        Raises:
            KnownError: An input is unreadable, empty or silent, weights are missing, or the
                recogniser does not know the language: no meeting is left behind. Or the engine
                or the disk failed part-way: the meeting is RECORDED and keeps what was done.
            Cancelled: `cancel` was set; what was transcribed is kept, the meeting is RECORDED.
        """
        core = self._core
        settings = core.settings()
        if not request.inputs:
            raise KnownError("Nothing to transcribe: name a file.")
        models = request.models or settings.model_choice
        core.require_weights(models)
        language = request.language or settings.transcript.language
        core.require_language(models, language)
        for path in request.inputs.values():
            self._files.probe(path)
        if request.is_realtime and Part.PRELOADING not in request.without:
            core.engine.check(
                CheckJob(models_dir=core.paths.models_dir, models=models, language=language)
            )
        point = OperatingPoint.FINAL
        if not request.wants_refine and request.point is not None:
            point = request.point
        meeting = Meeting(
            meeting_id=new_meeting_id(),
            title=request.title or default_title(request.inputs),
            started_at=core.clock.now(),
            state=MeetingState.RECORDING,
            source=MeetingSource.FILE,
            language=language,
            point=point.value,
        )
        hints = Hints(
            language=meeting.language,
            models=models,
            speakers=request.speakers,
            vocabulary=request.vocabulary,
            is_echo_handled=(
                settings.transcript.is_echo_handled
                if request.is_echo_handled is None
                else request.is_echo_handled
            ),
            padding_s=settings.transcript.padding_s,
            without=request.without,
        )
        job = MeetingJob(core, meeting, hints, listener, recognise=self._recognise, cancel=cancel)
        core.meetings.create(meeting)
        try:
            job.describe()
            self._import(job, request)
        except BaseException:
            if core.meetings.get(meeting.meeting_id).state is MeetingState.RECORDING:
                core.discard(meeting.meeting_id)
            else:
                job.finish()
            raise
        self._complete(job, wants_refine=request.wants_refine)
        return meeting.meeting_id

    def refine(
        self,
        meeting_id: MeetingId,
        listener: Listener,
        cancel: threading.Event | None = None,
        *,
        part: Span | None = None,
    ) -> None:
        """Run the final pass (again); the user's corrections stay. Blocks.

        Args:
            part: Only transcribe this stretch of a finished meeting again; who speaks stays.

        Raises:
            KnownError: The meeting is being worked on, its audio is gone, weights are missing, or
                the engine failed; the transcript keeps what it had. Or it has a part asked for
                before it is finished.
            Cancelled: `cancel` was set; the meeting is RECORDED, or DONE where a part was asked
                for.
        """
        core = self._core
        meeting = core.meetings.get(meeting_id)
        at_work = doing(core, meeting)
        if at_work is not None:
            raise KnownError(
                say(
                    "{title} is being {doing} right now. Wait until that is done, then refine it.",
                    title=repr(meeting.title),
                    doing=at_work,
                )
            )
        if part is not None and meeting.state is not MeetingState.DONE:
            raise KnownError(
                say(
                    "The transcript of {title} is not finished. Refine all of it first.",
                    title=repr(meeting.title),
                )
            )
        settings = core.settings()
        hints = Hints(
            language=meeting.language,
            models=settings.model_choice,
            is_echo_handled=settings.transcript.is_echo_handled,
        )
        job = MeetingJob(core, meeting, hints, listener, recognise=self._recognise, cancel=cancel)
        job.reporter.start_clock()
        core.require_weights(hints.models)
        job.follower.seed(core.transcripts.transcript(meeting_id).segments, meeting.models)
        if part is None:
            self._complete(job, wants_refine=True)
        else:
            self._redo(job, part)

    def pending(self) -> tuple[Meeting, ...]:
        """Meetings whose audio is complete but whose transcript is not, and nobody makes it."""
        return tuple(
            summary.meeting
            for summary in self._core.meetings.list()
            if summary.meeting.state is MeetingState.RECORDED
            and doing(self._core, summary.meeting) is None
        )

    def _import(self, job: MeetingJob, request: TranscribeRequest) -> None:
        """Bring the audio in, live text with it where that is asked for; ends RECORDED.

        An error while the meeting is still RECORDING means that nothing worth keeping came in.
        """
        job.reporter.start_clock()
        capture = self._files.start_import(
            request.inputs,
            job.folder,
            is_realtime=request.is_realtime,
            on_progress=lambda share: job.reporter.progressed(share, say("decoding")),
            on_notice=job.follower.on_notice,
            cancel=job.cancel,
        )
        if request.is_realtime:
            job.reporter.start_clock(capture.duration_s)
        try:
            job.reporter.entered(MeetingState.RECORDING)
            if request.wants_live:
                self._transcribe_live(job, request, capture)
            else:
                job.wait_decoded(capture.sources())
        finally:
            capture.stop()
        job.store_audio(capture)

    def _transcribe_live(
        self, job: MeetingJob, request: TranscribeRequest, capture: Capture
    ) -> None:
        point = request.point
        if point is None or point is OperatingPoint.FINAL:
            point = self._core.settings().point
        session = job.open_live(capture.sources(), point, is_realtime=request.is_realtime)
        try:
            job.wait_live(session)
        except (Cancelled, KnownError, KeyboardInterrupt):
            if any(info.sample_count for info in capture.stop()):
                job.store_audio(capture)
            raise

    def _redo(self, job: MeetingJob, part: Span) -> None:
        try:
            job.refine(part)
            job.enter(MeetingState.DONE)
        finally:
            job.finish()

    def _complete(self, job: MeetingJob, *, wants_refine: bool) -> None:
        try:
            if wants_refine:
                job.refine()
            job.name_enrolled()
            transcript = self._core.transcripts.transcript(job.meeting_id)
            if not transcript.segments:
                text = say("No speech was found in this recording.")
                job.follower.on_notice(Notice(kind=NoticeKind.NO_SPEECH, text=text))
            job.enter(MeetingState.DONE)
        finally:
            job.finish()
