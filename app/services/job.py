"""One meeting on its way from audio to a finished transcript.

Recording, a file at the pace of the clock and a file at full speed all pass through here:
live session, audio complete, final pass, names of enrolled people, done.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.errors import (
    Cancelled,
    Category,
    ErrorReport,
    KnownError,
    Severity,
)
from app.domain.ids import MeetingId, StreamId
from app.domain.marks import Hold, Marker
from app.domain.meeting import Meeting, MeetingState, MeetingTranscript, StreamInfo
from app.domain.messages import (
    Notice,
    NoticeKind,
    SpeakerTurn,
)
from app.domain.ports import Capture, EngineSession, SampleSource
from app.domain.selection import whole_lines
from app.domain.sentences import say
from app.domain.session import (
    MAX_PADDING_S,
    ModelChoice,
    OperatingPoint,
    Part,
    RefineJob,
    SessionConfig,
    SpeakerRange,
)
from app.domain.sidecar import RecordingSidecar, write_sidecar
from app.domain.units import SESSION_RATE_HZ, Span
from app.domain.vocabulary import Vocabulary, VocabularyTerm, merge_terms
from app.services.claims import claim, release
from app.services.core import Core
from app.services.events import Listener
from app.services.follower import Follower
from app.services.live_names import LiveNames
from app.services.memory import children_rss_mb, own_peak_rss_mb
from app.services.reporter import Reporter
from app.services.vocabulary import complaint_about, keep_terms, kept_terms, read_vocabulary

log = logging.getLogger(__name__)

CANCEL_CHECK_S = 0.2
"""How long a cancelled wait may go on; neither the engine nor a spool can wait for an event."""
_READ_SAMPLES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the user asked of the engine."""

    language: str
    models: ModelChoice
    speakers: SpeakerRange = field(default_factory=SpeakerRange)
    vocabulary: tuple[VocabularyTerm, ...] = ()
    is_echo_handled: bool = True
    padding_s: float = MAX_PADDING_S
    without: frozenset[Part] = frozenset()


class MeetingJob:
    """The work on one meeting; made after its row exists.

    Blocking methods raise `Cancelled` soon after `cancel` is set; what was done by then is kept.
    """

    def __init__(
        self,
        core: Core,
        meeting: Meeting,
        hints: Hints,
        listener: Listener,
        *,
        recognise: Callable[[MeetingId], None],
        cancel: threading.Event | None = None,
    ) -> None:
        self.meeting_id = meeting.meeting_id
        self.folder = core.folder_of(meeting.meeting_id)
        self.reporter = Reporter(meeting.meeting_id, listener, core.clock)
        names = LiveNames(core, meeting.meeting_id, hints.models.embedding)
        self.follower = Follower(core, meeting.meeting_id, self.reporter, names=names)
        self.cancel = cancel or threading.Event()
        self._core = core
        self._hints = hints
        self._terms: tuple[VocabularyTerm, ...] | None = None
        self._has_headphones: bool | None = None
        self._recognise = recognise

    def enter(self, state: MeetingState) -> None:
        """Move the meeting to `state` and tell the listener."""
        self._core.meetings.set_state(self.meeting_id, state)
        self.reporter.entered(state)

    def describe(self, streams: Sequence[StreamInfo] = ()) -> None:
        """Claim the meeting's folder and write the sidecar from which a lost library is rebuilt.

        Args:
            streams: Empty before the capture runs; without counts while it does.

        Raises:
            KnownError: The disk refuses.
        """
        meeting = self._core.meetings.get(self.meeting_id)
        sidecar = RecordingSidecar(
            meeting_id=meeting.meeting_id,
            title=meeting.title,
            started_at=meeting.started_at,
            streams=tuple(streams),
            source=meeting.source,
            language=meeting.language,
        )
        try:
            claim(self.folder)
            write_sidecar(self.folder, sidecar)
            keep_terms(self.folder, self._hints.vocabulary)
        except OSError as error:
            raise KnownError(
                say(
                    "The folder {folder} cannot be written: {cause}. Free some disk, or "
                    "choose another place with --data-dir.",
                    folder=self.folder,
                    cause=error.strerror or error,
                ),
                category=Category.DISK,
            ) from error

    def open_live(
        self,
        sources: Mapping[StreamId, SampleSource],
        point: OperatingPoint,
        *,
        is_realtime: bool,
        has_headphones: bool | None = None,
    ) -> EngineSession:
        """Start the live session.

        Args:
            has_headphones: Whether the system audio plays into ears only; None if nobody knows.

        Raises:
            KnownError: Weights are missing or the engine cannot start.
        """
        self._core.require_weights(self._hints.models)
        self.follower.begin(tuple(sources), point)
        self._has_headphones = has_headphones
        config = self._config(tuple(sources), point, is_realtime=is_realtime)
        session = self._core.engine.open_session(config, sources, self.follower)
        self.follower.session = session
        return session

    def wait_live(self, session: EngineSession) -> None:
        """Wait until the closed sources are transcribed; partial text left over is withdrawn.

        Raises:
            Cancelled: The session was stopped early.
            KnownError: The engine failed for good.
        """
        try:
            while not session.wait(CANCEL_CHECK_S):
                if self.cancel.is_set():
                    session.cancel()
                    session.wait(5.0)
                    raise Cancelled
        finally:
            self.follower.session = None
            self.follower.withdraw_partials()
        self._raise_failure()
        if not self.follower.is_loaded:
            raise KnownError(
                say(
                    "The speech engine ended before its models were loaded; the recording is "
                    "kept. Run `crosstalk library refine {meeting}`, and see the log if that "
                    "fails.",
                    meeting=self.meeting_id,
                ),
                category=Category.ENGINE,
            )

    def wait_decoded(self, sources: Mapping[StreamId, SampleSource]) -> None:
        """Wait until every source is closed.

        Raises:
            Cancelled: `cancel` was set.
        """
        for source in sources.values():
            position = 0
            while True:
                if self.cancel.is_set():
                    raise Cancelled
                block = source.read(position, _READ_SAMPLES, CANCEL_CHECK_S)
                if block is None:
                    break
                position += len(block)

    def keep_hold(self, hold: Hold) -> None:
        """Store and report a stretch that is not recorded; it is held even if the store refuses."""
        try:
            self._core.meetings.put_hold(self.meeting_id, hold)
        except KnownError as error:
            self.report(error, stage="library")
        self.reporter.held(hold)

    def keep_marker(self, marker: Marker) -> None:
        """Store and report a marker.

        Raises:
            KnownError: The store refuses.
        """
        self._core.meetings.add_marker(self.meeting_id, marker)
        self.reporter.marked(marker)

    def store_audio(self, capture: Capture) -> None:
        """Close the capture and make the meeting RECORDED.

        Raises:
            KnownError: The audio could not be completed.
        """
        streams = capture.stop()
        duration_s = max((s.sample_count or 0 for s in streams), default=0) / SESSION_RATE_HZ
        self._core.meetings.set_streams(self.meeting_id, streams, duration_s)
        self.follower.mark_gaps(gap for info in streams for gap in info.gaps)
        self.enter(MeetingState.RECORDED)
        self.describe(streams)

    def refine(self, part: Span | None = None) -> None:
        """Run the final pass over the stored audio.

        The meeting becomes RECORDED again when the pass does not end; what it had stored by then
        is kept, and so are the user's corrections.

        Args:
            part: Only decode this stretch again, lines that it cuts as a whole; speakers stay as
                they are, and a meeting whose pass does not end is DONE as it was.

        Raises:
            Cancelled: `cancel` was set.
            KnownError: Weights are missing or the engine failed for good.
        """
        self._core.require_weights(self._hints.models)
        meeting = self._core.meetings.get(self.meeting_id)
        spools = {info.stream: info.spool_path for info in meeting.streams}
        absent = [path for path in spools.values() if not path.exists()]
        if absent or not spools:
            raise KnownError(
                say(
                    "The recording of {title} is not on this disk any more ({path}). Its "
                    "transcript was left as it is.",
                    title=repr(meeting.title),
                    path=absent[0] if absent else "no stream",
                ),
                category=Category.LIBRARY,
            )
        transcript = self._core.transcripts.transcript(self.meeting_id)
        if part is not None:
            part = whole_lines(transcript.segments, part)
        job = RefineJob(
            config=self._config(tuple(spools), OperatingPoint.FINAL, is_realtime=False),
            spools=spools,
            sample_counts={info.stream: _count_samples(info, part) for info in meeting.streams},
            live_segments=transcript.segments,
            locked=self._core.transcripts.locked_segments(self.meeting_id),
            part=part,
            turns=turns_so_far(transcript) if part is not None else {},
        )
        self.follower.begin(tuple(spools), OperatingPoint.FINAL)
        self.describe(meeting.streams)
        self.enter(MeetingState.REFINING)
        try:
            self._core.engine.refine(
                job, self.follower, on_progress=self._on_refine_progress, cancel=self.cancel
            )
            self._raise_failure()
        except BaseException:
            self.enter(MeetingState.RECORDED if part is None else MeetingState.DONE)
            raise
        finally:
            self.follower.withdraw_partials()

    def name_enrolled(self) -> None:
        """Name the voices that are enrolled; a failure is a notice, the transcript stands."""
        try:
            self._recognise(self.meeting_id)
        except KnownError as error:
            text = say("Enrolled voices were not looked for: {problem}", problem=error.message)
            self.follower.on_notice(Notice(kind=NoticeKind.OTHER, text=text))
        self.follower.report_speakers()

    def finish(self) -> None:
        """Release the meeting and send `Finished`, always the last event."""
        release(self.folder)
        meeting = self._core.meetings.get(self.meeting_id)
        segments = self._core.transcripts.transcript(self.meeting_id).segments
        self.reporter.finished(
            audio_s=meeting.duration_s,
            peak_rss_mb=own_peak_rss_mb() + self.follower.peak_rss_mb,
            segment_count=len(segments),
        )

    def report(self, error: KnownError, stage: str) -> None:
        """Tell the listener about an error that does not end the meeting, once."""
        failure = self.follower.failure
        if failure is not None and failure.user_text == str(error):
            return
        self.reporter.failed(
            ErrorReport(
                severity=Severity.ERROR,
                category=error.category,
                stage=stage,
                user_text=error.message,
                is_retryable=True,
            )
        )

    def _on_refine_progress(self, share: float, step: str) -> None:
        self.follower.see_memory(children_rss_mb())
        self.reporter.progressed(share, step)

    def _raise_failure(self) -> None:
        failure = self.follower.failure
        if failure is not None:
            raise KnownError(failure.user_text, category=failure.category)

    def _vocabulary(self) -> tuple[VocabularyTerm, ...]:
        """The meeting's terms and the general ones; a list that cannot be read is only told."""
        if self._terms is not None:
            return self._terms
        own, general = self._hints.vocabulary, Vocabulary()
        text = None
        try:
            own = own or kept_terms(self.folder)
            general = read_vocabulary(self._core.paths.vocabulary_file)
            text = complaint_about(general.bad, say("Your vocabulary"))
        except KnownError as error:
            text = error.message
        if text is not None:
            self.follower.on_notice(Notice(kind=NoticeKind.OTHER, text=text))
        self._terms = merge_terms(own, general.terms)
        return self._terms

    def _config(
        self, streams: tuple[StreamId, ...], point: OperatingPoint, *, is_realtime: bool
    ) -> SessionConfig:
        return SessionConfig(
            meeting_id=self.meeting_id,
            streams=streams,
            models_dir=self._core.paths.models_dir,
            models=self._hints.models,
            point=point,
            language=self._hints.language,
            speakers=self._hints.speakers,
            vocabulary=self._vocabulary(),
            is_realtime=is_realtime,
            is_echo_handled=self._hints.is_echo_handled,
            has_headphones=self._has_headphones,
            padding_s=self._hints.padding_s,
            is_level_evened=Part.EVENING not in self._hints.without,
            without=self._hints.without,
            revision_base=max(
                self._core.transcripts.next_revision_base(self.meeting_id),
                self.follower.next_revision,
            ),
        )


def turns_so_far(transcript: MeetingTranscript) -> dict[StreamId, tuple[SpeakerTurn, ...]]:
    """Who talks when, per stream: the turns of the final pass, else the lines as turns."""
    found: dict[StreamId, list[SpeakerTurn]] = {}
    for turn in transcript.turns:
        found.setdefault(turn.stream, []).append(turn)
    diarized = frozenset(found)
    for segment in transcript.segments:
        if segment.stream not in diarized:
            turn = SpeakerTurn(stream=segment.stream, span=segment.span, track=segment.track)
            found.setdefault(segment.stream, []).append(turn)
    return {stream: tuple(turns) for stream, turns in found.items()}


def _count_samples(info: StreamInfo, part: Span | None) -> int:
    """What of a stream is looked at: all of it, or as far as the part reaches."""
    stored = info.spool_path.stat().st_size // 2
    count = stored if info.sample_count is None else min(info.sample_count, stored)
    return count if part is None else min(count, part.end)
