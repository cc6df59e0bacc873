"""Follows the engine at work on one meeting: stores what is final, tells what is new."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from app.domain.errors import ErrorReport, KnownError, Severity
from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.messages import (
    CorrectionReason,
    Health,
    ModelUse,
    Notice,
    OverlapRegion,
    SegmentStatus,
    SegmentUpdate,
    TrackState,
    TranscriptGap,
    TranscriptPatch,
)
from app.domain.ports import EngineSession
from app.domain.session import OperatingPoint
from app.domain.speakers import MeetingSpeaker
from app.domain.units import Span
from app.services.core import Core
from app.services.live_names import LiveNames
from app.services.reporter import Reporter

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Final:
    """What is remembered of a final segment for the length of a meeting.

    Attributes:
        words: Their hash; None when the segment is retracted.
    """

    revision: int = field(compare=False)
    stream: StreamId
    span: Span
    track: TrackId | None
    words: int | None

    @classmethod
    def of(cls, segment: SegmentUpdate) -> _Final:
        words = hash(segment.words) if segment.words else None
        return cls(segment.revision, segment.stream, segment.span, segment.track, words)

    def withdrawn(self, segment_id: SegmentId) -> SegmentUpdate:
        """The update that takes the segment out of the transcript."""
        return SegmentUpdate(
            segment_id=segment_id,
            revision=self.revision,
            stream=self.stream,
            span=self.span,
            track=self.track,
            words=(),
            status=SegmentStatus.FINAL,
            committed=0,
        )


class Follower:
    """The engine listener of one meeting, through its live session and its final pass.

    What comes out as events ends in the same state as the library: final segments are reported
    as the store returns them, partial ones are withdrawn when their session ends without them.
    Engine methods are called from the engine-events thread; `begin` and `withdraw_partials` while
    no session runs.
    """

    def __init__(
        self,
        core: Core,
        meeting_id: MeetingId,
        reporter: Reporter,
        *,
        names: LiveNames | None = None,
    ) -> None:
        """Start to follow.

        Args:
            names: Names voices while the meeting runs; None leaves that to the pass after it.
        """
        self._core = core
        self._names = names
        self._meeting_id = meeting_id
        self._reporter = reporter
        self._streams: tuple[StreamId, ...] = ()
        self._point = OperatingPoint.FINAL
        self._is_started = False
        self.is_loaded = False
        """Whether the current session or pass has its models."""
        self._partials: dict[SegmentId, SegmentUpdate] = {}
        self._revisions: dict[SegmentId, int] = {}
        """Of what was reported and is not final."""
        self._finals: dict[SegmentId, _Final] = {}
        self._corrections_mark = ""
        self._correction_count = 0
        self._gaps: set[TranscriptGap] = set()
        self._overlaps: set[OverlapRegion] = set()
        self._models: dict[tuple[str, str], ModelUse] = {}
        self._speakers: tuple[MeetingSpeaker, ...] = ()
        self.session: EngineSession | None = None
        """Learns from the user's corrections; None while no live session runs."""
        self._given: dict[SegmentId, TrackId] = {}
        self._refused: set[SegmentId] = set()
        """Segments of which the engine has another idea than the user."""
        self.failure: ErrorReport | None = None
        """What ended the current session or pass; None while all is well."""
        self.peak_rss_mb = 0.0
        """The largest engine seen so far."""

    def begin(self, streams: Sequence[StreamId], point: OperatingPoint) -> None:
        """A session or a final pass is about to start."""
        self._streams = tuple(streams)
        self._point = point
        self._refused.clear()
        self.is_loaded = False
        self.failure = None

    def seed(self, segments: Iterable[SegmentUpdate], models: Iterable[ModelUse]) -> None:
        """Report what the library already holds, so that the events alone tell the end state."""
        known = tuple(segments)
        self._models.update({(use.role, use.model_id): use for use in models})
        for segment in known:
            self._finals[segment.segment_id] = _Final.of(segment)
        if known:
            self._reporter.changed(known, self._refreshed_speakers())

    def withdraw_partials(self) -> None:
        """Take back the segments that never became final."""
        if not self._partials:
            return
        withdrawn = [
            replace(
                partial,
                revision=partial.revision + 1,
                words=(),
                committed=0,
                status=SegmentStatus.FINAL,
                alternatives=(),
            )
            for partial in self._partials.values()
        ]
        self._partials.clear()
        for update in withdrawn:
            self._revisions[update.segment_id] = update.revision
        self._reporter.changed(withdrawn, self._speakers)

    @property
    def next_revision(self) -> int:
        """A revision above everything that was reported, withdrawn partial text included."""
        finals = (final.revision for final in self._finals.values())
        return max((*self._revisions.values(), *finals), default=-1) + 1

    def see_memory(self, engine_rss_mb: float) -> None:
        """Remember the largest engine."""
        self.peak_rss_mb = max(self.peak_rss_mb, engine_rss_mb)

    def mark_gaps(self, gaps: Iterable[TranscriptGap]) -> None:
        """Store and report stretches that were not recorded.

        Raises:
            KnownError: The library refuses.
        """
        new = tuple(gap for gap in gaps if gap not in self._gaps)
        if new:
            self._core.transcripts.apply(self._meeting_id, TranscriptPatch(gaps=new))
            self._gaps.update(new)
            self._reporter.changed((), self._speakers, gaps=new)

    def report_speakers(self) -> None:
        """Report the voices again, after names were given."""
        self.catch_up()
        self._reporter.changed((), self._refreshed_speakers())

    def catch_up(self) -> None:
        """Report what the user has corrected meanwhile, in this program or in another one."""
        try:
            mark = self._core.transcripts.corrections_mark(self._meeting_id)
            if mark == self._corrections_mark:
                return
            seen = self._core.transcripts.transcript(self._meeting_id).segments
            given = dict(self._core.transcripts.given_lines(self._meeting_id))
        except KnownError:  # the next look will find it
            log.warning("meeting %s: corrections could not be read", self._meeting_id)
            return
        self._corrections_mark = mark
        self._correction_count += 1
        if self.session is not None and given != self._given:
            self._given = given
            self.session.teach(given)
        changed = [s for s in seen if self._finals.get(s.segment_id) != _Final.of(s)]
        ids = {segment.segment_id for segment in seen}
        gone = [
            final.withdrawn(segment_id)
            for segment_id, final in self._finals.items()
            if final.words is not None and segment_id not in ids
        ]
        updates = [
            replace(s, reason=CorrectionReason.USER, user_revision=self._correction_count)
            for s in (*changed, *gone)
        ]
        self._finals.update({update.segment_id: _Final.of(update) for update in updates})
        before = self._speakers
        if self._refreshed_speakers() != before or updates:
            self._reporter.changed(updates, self._speakers)

    # --- EngineListener --------------------------------------------------------------------

    def on_started(self, models: tuple[ModelUse, ...]) -> None:
        """Models are loaded (again, after a restart: the lost engine's partials are withdrawn)."""
        if self.is_loaded:
            self.withdraw_partials()
        self.is_loaded = True
        self._models.update({(use.role, use.model_id): use for use in models})
        self._core.meetings.set_models(self._meeting_id, tuple(self._models.values()))
        if not self._is_started:
            self._is_started = True
            self._reporter.started(self._streams, self._point, models)

    def on_patch(self, patch: TranscriptPatch) -> None:
        """Store the final updates, report them as stored, and report the partial ones."""
        self.catch_up()
        try:
            patch = self._without_refused(patch)
            stored = self._core.transcripts.apply(self._meeting_id, patch)
        except KnownError as error:
            self._fail(error, stage="library")
            return
        for update in stored:
            self._finals[update.segment_id] = _Final.of(update)
            self._revisions.pop(update.segment_id, None)
            self._partials.pop(update.segment_id, None)
        partials = self._new_partials(patch.updates)
        gaps = [gap for gap in patch.gaps if gap not in self._gaps]
        overlaps = [region for region in patch.overlaps if region not in self._overlaps]
        self._gaps.update(gaps)
        self._overlaps.update(overlaps)
        self._forget_retracted(patch.updates)
        if stored or partials or gaps or overlaps:
            speakers = self._refreshed_speakers() if stored else self._speakers
            updates = (*stored, *partials)
            tracks = [u.track for u in updates] + [t for o in overlaps for t in o.tracks]
            self._speakers = _with_new_voices(speakers, tracks)
            self._reporter.changed(updates, self._speakers, gaps=gaps, overlaps=overlaps)

    def on_voices(self, voices: tuple[TrackState, ...]) -> None:
        """Name those that are enrolled, and report the names that changed."""
        if self._names is not None and self._names.look(voices):
            self._reporter.changed((), self._refreshed_speakers())

    def on_health(self, health: Health) -> None:
        """Store and report how the engine keeps up; corrections by the user come with it."""
        self.catch_up()
        self.see_memory(health.rss_mb)
        try:
            self._core.meetings.add_health(self._meeting_id, health, self._reporter.t)
        except KnownError:  # a full disk must not end the transcript over a metric
            log.warning("meeting %s: a health record was not stored", self._meeting_id)
        self._reporter.measured(health)

    def on_notice(self, notice: Notice) -> None:
        """Store and report a notice; also called by the recorder."""
        try:
            self._core.meetings.add_notice(self._meeting_id, notice, self._reporter.t)
        except KnownError:
            log.warning("meeting %s: a %s notice was not stored", self._meeting_id, notice.kind)
        self._reporter.noticed(notice)

    def on_error(self, report: ErrorReport) -> None:
        """Report a failure; a fatal one ends the work."""
        log.error("%s: %s %s", report.stage, report.category, report.detail)
        if report.severity is Severity.FATAL:
            self.failure = report
        self._reporter.failed(report)

    # --- helpers ---------------------------------------------------------------------------

    def _without_refused(self, patch: TranscriptPatch) -> TranscriptPatch:
        """The patch without corrections of what the user has corrected.

        A correction of several segments counts as a whole or not at all, or words would be said
        twice; what the engine says of its segments later does not count then either.

        Raises:
            KnownError: The library cannot be read.
        """
        ids = {update.segment_id for update in patch.updates}
        if patch.is_whole and ids & self._core.transcripts.locked_segments(self._meeting_id):
            self._refused |= ids
        if not ids & self._refused:
            return patch
        kept = tuple(u for u in patch.updates if u.segment_id not in self._refused)
        return replace(patch, updates=kept)

    def _new_partials(self, updates: Iterable[SegmentUpdate]) -> list[SegmentUpdate]:
        new = []
        for update in updates:
            if update.status is not SegmentStatus.PARTIAL or update.segment_id in self._finals:
                continue
            if update.revision > self._revisions.get(update.segment_id, -1):
                self._revisions[update.segment_id] = update.revision
                self._partials[update.segment_id] = update
                new.append(update)
        return new

    def _forget_retracted(self, updates: Iterable[SegmentUpdate]) -> None:
        """Withdraw partials that the engine retracts and that the store therefore never saw."""
        gone = []
        for update in updates:
            partial = self._partials.get(update.segment_id)
            if partial is not None and update.is_retracted and update.revision >= partial.revision:
                del self._partials[update.segment_id]
                self._revisions[update.segment_id] = update.revision
                gone.append(update)
        if gone:
            self._reporter.changed(gone, self._speakers)

    def _refreshed_speakers(self) -> tuple[MeetingSpeaker, ...]:
        self._speakers = self._core.transcripts.speakers(self._meeting_id)
        return self._speakers

    def _fail(self, error: KnownError, *, stage: str) -> None:
        self.on_error(
            ErrorReport(
                severity=Severity.FATAL,
                category=error.category,
                stage=stage,
                user_text=error.message,
                detail=type(error).__name__,
            )
        )


def _with_new_voices(
    speakers: tuple[MeetingSpeaker, ...], tracks: Iterable[TrackId | None]
) -> tuple[MeetingSpeaker, ...]:
    """Add the voices that only partial text has yet; the store numbers them the same way."""
    known = {speaker.track for speaker in speakers}
    result = list(speakers)
    for track in tracks:
        if track is not None and track not in known:
            known.add(track)
            index = max((speaker.index for speaker in result), default=0) + 1
            result.append(MeetingSpeaker(track=track, index=index))
    return tuple(result)
