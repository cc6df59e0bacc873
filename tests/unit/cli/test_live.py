from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from app.cli.live import (
    LiveView,
    MeetingLog,
    interruptible,
    label_of,
    show_notes,
    show_progress,
    tell_all,
)
from app.domain.errors import Category, ErrorReport, Severity
from app.domain.ids import MeetingId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.meeting import MeetingState
from app.domain.messages import CorrectionReason, Notice, NoticeKind
from app.domain.session import OperatingPoint
from app.domain.speakers import MeetingSpeaker
from app.services.events import (
    Failed,
    Finished,
    HoldChanged,
    Marked,
    Noticed,
    Progressed,
    Started,
    StateChanged,
    TranscriptChanged,
)
from tests.fakes.engine import MODELS
from tests.fakes.program import segment

pytestmark = pytest.mark.unit

M = MeetingId("m")
ADA = MeetingSpeaker(track=TrackId("S1"), index=1, name="Ada")
NOTICE = Noticed(meeting_id=M, t=1, notice=Notice(kind=NoticeKind.ECHO, text="echo"))
FAILURE = Failed(
    meeting_id=M,
    t=1,
    report=ErrorReport(
        severity=Severity.ERROR, category=Category.ENGINE, stage="asr", user_text="It broke."
    ),
)


FINISHED = Finished(meeting_id=M, t=9, audio_s=9, wall_s=9, peak_rss_mb=1, segment_count=0)


class RecordingTail:
    def __init__(self):
        self.lines, self.tails = [], []

    def line(self, text):
        self.lines.append(text)

    def set(self, text):
        self.tails.append(text)

    def clear(self):
        self.tails.append("")


class RecordingWriter:
    def __init__(self):
        self.said = []

    def note(self, text):
        self.said.append(text)

    warning = note


@pytest.fixture
def view():
    made = LiveView(RecordingTail(), RecordingWriter())
    return made, made._tail, made._writer


def changed(*updates):
    return TranscriptChanged(
        meeting_id=M, t=1, updates=updates, gaps=(), overlaps=(), speakers=(ADA,)
    )


def test_both_voices_of_an_overlap_are_lines_of_their_own(view):
    show, tail, _ = view
    both = {"reason": CorrectionReason.SECOND_OPINION, "has_overlap": True}
    show(changed(segment("a", "so good day", start_s=61, end_s=62)))

    show(
        changed(
            replace(segment("a", "so good", start_s=61, revision=3), **both),
            replace(segment("b", "what a day", start_s=62, track="S2"), **both),
            replace(segment("c", "x", start_s=62), words=(), **both),
        )
    )
    show(changed(segment("d", "then", start_s=64)))

    assert tail.lines == [
        "[01:01] Ada: so good day",
        "[01:01] at once, Ada: so good",
        "[01:02] at once, Unknown: what a day",
    ]
    assert tail.tails[-1] == "[01:04] Ada: then"


def test_sentences_appear_once_when_final_and_what_is_unfinished_is_the_tail(view):
    show, tail, _ = view

    show(changed(segment("a", "hel", start_s=61, is_final=False)))
    show(changed(segment("a", "hello", start_s=61, end_s=62)))
    show(changed(segment("b", "you.", start_s=62), segment("c", "how", is_final=False)))
    show(changed(replace(segment("a", "hallo", revision=3), reason=CorrectionReason.RELABEL)))

    assert tail.lines == ["[01:01] Ada: hello you."]
    assert tail.tails == ["Ada: hel", "[01:01] Ada: hello", "Ada: how", "Ada: how"]


def test_what_was_begun_is_printed_at_the_end(view):
    show, tail, _ = view

    show(changed(segment("a", "hello")))
    show(StateChanged(meeting_id=M, t=2, state=MeetingState.DONE))
    show(FINISHED)

    assert tail.lines == ["[00:00] Ada: hello"]


def test_a_withdrawn_line_is_not_printed(view):
    show, tail, _ = view

    show(changed(segment("a", "hel", is_final=False)))
    show(changed(replace(segment("a", "x", revision=2), words=())))

    assert tail.lines == []
    assert tail.tails[-1] == ""


def test_the_final_pass_is_not_printed_line_by_line(view):
    show, tail, _ = view

    show(StateChanged(meeting_id=M, t=2, state=MeetingState.RECORDED))
    show(changed(segment("a", "hello")))
    show(StateChanged(meeting_id=M, t=2, state=MeetingState.REFINING))
    show(changed(segment("b", "new")))

    assert tail.lines == ["[00:00] Ada: hello"]


def test_notices_and_failures_are_said(view):
    show, _, writer = view

    show(NOTICE)
    show(FAILURE)
    show_notes(writer)(NOTICE)
    show_notes(writer)(FAILURE)

    assert writer.said == ["note: echo", "error: It broke."] * 2


def test_unknown_voices_have_a_label():
    assert label_of(segment("a", "hi", track=None), (ADA,)) == "Unknown"


def test_the_log_keeps_what_the_summary_needs():
    log = MeetingLog()
    everything = [
        Started(meeting_id=M, t=0, streams=("mic",), point=OperatingPoint.LIVE, models=MODELS),
        NOTICE,
        FAILURE,
        FINISHED,
    ]

    for event in everything:
        tell_all(log)(event)

    assert (log.meeting_id, log.models, log.finished) == (M, MODELS, FINISHED)
    assert [n.text for n in log.notices] == ["echo"]
    assert [f.user_text for f in log.failures] == ["It broke."]


def test_decoding_is_no_progress_at_the_pace_of_the_clock():
    seen = []

    class Line:
        def update(self, share, step):
            seen.append(step)

    for has_decoding in (True, False):
        listener = show_progress(Line(), has_decoding=has_decoding)
        listener(Progressed(meeting_id=M, t=0, share=0.5, step="decoding"))
        listener(Progressed(meeting_id=M, t=0, share=0.5, step="refining"))

    assert seen == ["decoding", "refining", "refining"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_interrupt_is_an_event_and_the_second_an_exception(number):
    told = []

    with interruptible(lambda: told.append("stop")) as interrupted:
        os.kill(os.getpid(), number)
        assert interrupted.wait(5)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)

    assert told == ["stop"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_marks_are_lines_of_their_own(view):
    show, tail, _ = view
    hold = Hold(start=16_000, end=None, reason=HoldReason.PAUSED)

    show(changed(segment("a", "begun")))
    show(HoldChanged(meeting_id=M, t=1, hold=hold))
    show(HoldChanged(meeting_id=M, t=2, hold=replace(hold, end=32_000)))
    show(Marked(meeting_id=M, t=3, marker=Marker(at=48_000, note="that")))

    assert tail.lines == [
        "[00:00] Ada: begun",
        "[00:01] (paused)",
        "[00:01] (paused until 00:02)",
        "[00:03] (marker: that)",
    ]
