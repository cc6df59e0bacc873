from __future__ import annotations

import pytest

from app.bench.tape import Tape, final_segments
from app.domain.errors import Category, ErrorReport, Severity
from app.domain.ids import MeetingId, StreamId
from app.domain.meeting import MeetingState
from app.domain.messages import TranscriptGap
from app.domain.session import OperatingPoint
from app.domain.units import Span
from app.services.events import (
    Failed,
    Finished,
    HealthMeasured,
    Started,
    StateChanged,
    TranscriptChanged,
)
from tests.fakes.engine import HEALTH
from tests.fakes.program import segment
from tests.fakes.shown import final, partial

pytestmark = pytest.mark.unit
MEETING = MeetingId("m")


def changed(t, *updates, gaps=()):
    return TranscriptChanged(
        meeting_id=MEETING, t=t, updates=updates, gaps=gaps, overlaps=(), speakers=()
    )


def test_what_the_final_pass_changes_was_not_shown_live():
    tape = Tape()
    tape(changed(1.0, segment("a", "live")))
    tape(StateChanged(meeting_id=MEETING, t=2.0, state=MeetingState.REFINING))
    tape(changed(3.0, segment("a", "refined", revision=2)))

    assert [change.t for change in tape.shown()] == [1.0]


def test_health_failures_gaps_and_duration_are_kept():
    tape = Tape()
    gap = TranscriptGap(stream=StreamId.MIX, span=Span.from_seconds(1, 3), reason="x")
    report = ErrorReport(
        severity=Severity.ERROR, category=Category.ENGINE, stage="asr", user_text="It broke."
    )
    tape(HealthMeasured(meeting_id=MEETING, t=1.5, health=HEALTH))
    tape(Failed(meeting_id=MEETING, t=2.0, report=report))
    tape(changed(2.0, gaps=(gap,)))
    tape(changed(2.5, gaps=(gap,)))
    tape(Finished(meeting_id=MEETING, t=4, audio_s=3, wall_s=4, peak_rss_mb=1, segment_count=0))

    assert tape.health() == ((1.5, HEALTH),)
    assert tape.failures() == ("It broke.",)
    assert tape.gap_s == 2.0
    assert tape.wall_s == 4


def test_the_meter_looks_once_a_second_and_at_both_ends():
    looks = []
    tape = Tape(on_second=lambda: looks.append(len(tape.events)))
    started = Started(
        meeting_id=MEETING, t=0, streams=("mix",), point=OperatingPoint.LIVE, models=()
    )

    for event in (started, changed(1.0), HealthMeasured(meeting_id=MEETING, t=1, health=HEALTH)):
        tape(event)

    assert looks == [1, 3]


def test_the_final_transcript_is_what_stands_last():
    shown = [
        partial(1, "one"),
        final(2, "one two"),
        partial(3, "never final", segment_id="b"),
    ]

    assert [[w.text for w in s.words] for s in final_segments(shown)] == [["one", "two"]]
