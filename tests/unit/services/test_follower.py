from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.errors import Category, ErrorReport, KnownError, Severity
from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.messages import CorrectionReason, Notice, NoticeKind, OverlapRegion, TranscriptGap
from app.domain.selection import LineSelection
from app.domain.session import OperatingPoint
from app.domain.units import Span
from app.services.events import Failed, TranscriptChanged
from app.services.follower import Follower
from app.services.reporter import Reporter
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit

M = MeetingId("m")
A, S2 = SegmentId("a"), TrackId("S2")


@pytest.fixture
def follower(program):
    program.library.meetings.create(
        Meeting(
            meeting_id=M,
            title="Talk",
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            state=MeetingState.RECORDING,
            source=MeetingSource.RECORDING,
        )
    )
    made = Follower(program.core, M, Reporter(M, program.listen, program.clock))
    made.begin([StreamId.MIX], OperatingPoint.LIVE)
    return made


def test_gaps_and_overlaps_are_reported_once(program, follower):
    gap = TranscriptGap(stream=StreamId.MIX, span=Span(0, 10), reason="x")
    overlap = OverlapRegion(stream=StreamId.MIX, span=Span(0, 10), tracks=(TrackId("S1"),))

    follower.on_patch(patch(gaps=(gap,), overlaps=(overlap,)))
    follower.on_patch(patch(gaps=(gap,), overlaps=(overlap,)))

    (event,) = program.events_of(TranscriptChanged)
    assert (event.gaps, event.overlaps) == ((gap,), (overlap,))
    assert [s.label for s in event.speakers] == ["Speaker 1"]


def test_a_patch_with_nothing_new_is_not_reported(program, follower):
    follower.on_patch(patch(segment("a", "hello")))
    follower.on_patch(patch(segment("a", "hello")))

    assert len(program.events_of(TranscriptChanged)) == 1


def test_a_partial_behind_its_final_is_dropped(program, follower):
    follower.on_patch(patch(segment("a", "hello")))
    follower.on_patch(patch(segment("a", "hello you", revision=9, is_final=False)))

    assert len(program.events_of(TranscriptChanged)) == 1


def test_a_partial_that_the_engine_retracts_is_reported_as_withdrawn(program, follower):
    follower.on_patch(patch(segment("a", "hel", is_final=False)))
    retracted = replace(segment("a", "x", revision=2), words=(), committed=0)
    follower.on_patch(patch(retracted))
    follower.withdraw_partials()

    updates = [u for e in program.events_of(TranscriptChanged) for u in e.updates]
    assert [u.is_retracted for u in updates] == [False, True]


def test_the_next_revision_lies_above_withdrawn_partials(follower):
    assert follower.next_revision == 0

    follower.on_patch(patch(segment("a", "hel", is_final=False, revision=40)))
    follower.withdraw_partials()

    assert follower.next_revision == 42


def test_models_of_both_passes_are_stored_once_each(program, follower):
    follower.on_started(MODELS)
    follower.begin([StreamId.MIX], OperatingPoint.FINAL)
    follower.on_started(MODELS)

    assert program.library.meetings.get(M).models == MODELS


def test_a_library_that_refuses_ends_the_work_with_its_sentence(program, follower, monkeypatch):
    def refuse(meeting_id, patch):
        raise KnownError("The disk is full.", category=Category.DISK)

    monkeypatch.setattr(program.library.transcripts, "apply", refuse)

    follower.on_patch(patch(segment("a", "hello")))

    assert follower.failure.user_text == "The disk is full."
    assert follower.failure.category is Category.DISK
    assert len(program.events_of(Failed)) == 1


def test_metrics_and_notices_that_cannot_be_stored_are_still_reported(
    program, follower, monkeypatch
):
    def refuse(*arguments):
        raise KnownError("The disk is full.", category=Category.DISK)

    monkeypatch.setattr(program.library.meetings, "add_health", refuse)
    monkeypatch.setattr(program.library.meetings, "add_notice", refuse)

    follower.on_health(HEALTH)
    follower.on_notice(Notice(kind=NoticeKind.ECHO, text="echo"))

    assert len(program.events) == 2
    assert follower.peak_rss_mb == 300.0


def test_only_a_fatal_error_ends_the_work(follower):
    report = ErrorReport(
        severity=Severity.ERROR, category=Category.ENGINE, stage="asr", user_text="Once."
    )

    follower.on_error(report)
    assert follower.failure is None
    follower.on_error(replace(report, severity=Severity.FATAL))
    assert follower.failure is not None
    follower.begin([StreamId.MIX], OperatingPoint.FINAL)
    assert follower.failure is None


def test_seeding_reports_what_the_library_holds(program, follower):
    program.library.transcripts.apply(M, patch(segment("a", "hello")))

    follower.seed(program.library.transcripts.transcript(M).segments, ())
    follower.on_patch(patch(segment("a", "hel", revision=9, is_final=False)))

    (event,) = program.events_of(TranscriptChanged)
    assert [u.segment_id for u in event.updates] == ["a"]


def test_what_the_user_corrects_meanwhile_is_reported_with_the_next_second(program, follower):
    follower.on_patch(patch(segment("a", "hello"), segment("b", "hi", start_s=5, track="S2")))
    line = LineSelection(segment_id=SegmentId("b"))
    program.library.transcripts.give_lines(M, [line], TrackId("S1"))

    follower.on_health(HEALTH)
    follower.on_health(HEALTH)

    _first, event = program.events_of(TranscriptChanged)
    (update,) = event.updates
    assert (update.segment_id, update.track) == ("b", "S1")
    assert update.reason is CorrectionReason.USER
    assert update.supersedes(segment("b", "hi", start_s=5, track="S2"))


def test_a_name_given_meanwhile_is_reported(program, follower):
    follower.on_patch(patch(segment("a", "hello")))
    program.library.transcripts.rename_track(M, TrackId("S1"), "Ada")

    follower.on_health(HEALTH)

    assert [s.label for s in program.events_of(TranscriptChanged)[-1].speakers] == ["Ada"]


class Pupil:
    def __init__(self):
        self.lessons = []

    def teach(self, lines):
        self.lessons.append(dict(lines))


def test_lines_that_the_user_gives_teach_the_running_session(program, follower):
    follower.session = Pupil()
    follower.on_patch(patch(segment("a", "one"), segment("b", "two", start_s=3, track="S2")))
    given = program.library.transcripts.give_lines(M, [LineSelection(segment_id=A)], S2)

    follower.on_health(HEALTH)
    follower.on_health(HEALTH)
    program.library.transcripts.rename_track(M, S2, "Bob")
    follower.on_health(HEALTH)

    assert given == "S2"
    assert follower.session.lessons == [{"a": "S2"}]


def test_a_line_given_on_is_learned_anew(program, follower):
    follower.session = Pupil()
    follower.on_patch(patch(segment("a", "one"), segment("b", "two", start_s=3, track="S2")))
    program.library.transcripts.give_lines(M, [LineSelection(segment_id=A)], S2)
    follower.on_health(HEALTH)

    program.library.transcripts.give_lines(M, [LineSelection(segment_id=A)], TrackId("S1"))
    follower.on_health(HEALTH)

    assert follower.session.lessons == [{"a": "S2"}, {"a": "S1"}]


def written(program):
    """The lines in the library, as the user sees them."""
    transcript = program.library.transcripts.transcript(M)
    machine = {s.segment_id: " ".join(word.text for word in s.words) for s in transcript.segments}
    return list((machine | transcript.edited_texts).values())


def both_voices(revision=5):
    """What the engine makes of segment "a" and a new one, where two people talk at once."""
    return replace(
        patch(
            replace(segment("a", "hello all", revision=revision), has_overlap=True),
            replace(segment("b", "good day", revision=revision, track="S2"), has_overlap=True),
        ),
        is_whole=True,
    )


def test_both_voices_of_an_overlap_take_the_place_of_the_plain_text(program, follower):
    follower.on_patch(patch(segment("a", "hello day")))

    follower.on_patch(both_voices())

    assert written(program) == ["hello all", "good day"]


@pytest.mark.parametrize("correct", ["edit", "give"])
def test_user_keeps_the_last_word_over_a_correction_of_several_segments(program, follower, correct):
    follower.on_patch(patch(segment("a", "hello day")))
    if correct == "edit":
        program.library.transcripts.edit_text(M, A, "hello Dave")
    else:
        program.library.transcripts.give_lines(M, [LineSelection(segment_id=A)], None)
    text = written(program)

    follower.on_patch(both_voices())
    follower.on_patch(patch(segment("b", "good day", revision=9, track="S1")))

    assert written(program) == text
    updates = [u for e in program.events_of(TranscriptChanged) for u in e.updates]
    assert SegmentId("b") not in {update.segment_id for update in updates}


def test_next_pass_may_write_what_was_refused(program, follower):
    follower.on_patch(patch(segment("a", "hello day")))
    program.library.transcripts.edit_text(M, A, "hello Dave")
    follower.on_patch(both_voices())

    follower.begin([StreamId.MIX], OperatingPoint.FINAL)
    follower.on_patch(patch(segment("b", "good day", revision=9)))

    assert written(program) == ["hello Dave", "good day"]
