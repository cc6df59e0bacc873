"""The model against one that starts over with every event."""

from __future__ import annotations

import random
import tracemalloc
from dataclasses import replace

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.messages import NOT_RECORDED, SegmentStatus, SegmentUpdate, TranscriptGap, Word
from app.domain.speakers import MeetingSpeaker
from app.domain.units import Span
from app.services.events import TranscriptChanged
from app.ui.transcript.lines import Row, build_rows
from app.ui.transcript.model import TranscriptModel, aside_text
from tests.fakes import ui_meetings as made

pytestmark = pytest.mark.ui

MEETING = MeetingId("m")


@pytest.fixture
def model(qapp):
    made_model = TranscriptModel()
    tester = QAbstractItemModelTester(
        made_model, QAbstractItemModelTester.FailureReportingMode.Warning
    )
    assert tester.parent() is None
    yield made_model
    made_model.deleteLater()


def _rows(model: TranscriptModel) -> list[Row]:
    return [model.row(number) for number in range(model.rowCount())]


def _change(*updates, gaps=(), speakers=()) -> TranscriptChanged:
    return TranscriptChanged(
        meeting_id=MEETING, t=0, updates=updates, gaps=gaps, overlaps=(), speakers=speakers
    )


def test_a_live_tape_ends_as_the_stored_meeting(model):
    for event in made.tape(MEETING):
        if isinstance(event, TranscriptChanged):
            model.apply(event)
    live = [(line.label, line.text, line.is_final) for line in model.lines()]

    model.load(made.transcript(made.meeting("m", "M")))

    assert live == [(line.label, line.text, line.is_final) for line in model.lines()]


def test_events_in_any_order_give_the_rows_of_a_fresh_grouping(model):
    chooser = random.Random(11)
    events = [e for e in made.tape(MEETING) if isinstance(e, TranscriptChanged)]
    chooser.shuffle(events)

    for event in events:
        model.apply(event)
        model.apply(event)

        assert _rows(model) == build_rows(list(model.lines()))
    assert all(line.is_final for line in model.lines())


def test_short_overlapping_lines_in_any_order_give_the_rows_of_a_fresh_grouping(model):
    chooser = random.Random(23)
    updates = [
        made.segment(
            f"s{n:03}",
            (f"S{chooser.randint(1, 3)}", n * 0.9, n * 0.9 + chooser.random() * 2.5 + 0.3, "a b."),
        )
        for n in range(80)
    ]
    chooser.shuffle(updates)

    for update in updates:
        model.apply(_change(update))

        assert _rows(model) == build_rows(list(model.lines()))
    assert any(row.is_overlap for row in _rows(model))


def test_an_older_revision_changes_nothing(model):
    model.apply(_change(made.segment("a", ("S1", 0, 1, "new"), revision=5)))

    model.apply(_change(made.segment("a", ("S1", 0, 1, "old"), revision=4)))

    assert [line.text for line in model.lines()] == ["new"]


def test_a_retracted_segment_disappears(model):
    model.apply(_change(made.segment("a", ("S1", 0, 1, "noise"))))

    model.apply(_change(made.segment("a", ("S1", 0, 1, ""), revision=2)))

    assert model.rowCount() == 0
    assert model.row_of(SegmentId("a")) is None


def test_a_new_name_reaches_every_line_of_the_voice(model, qtbot):
    before = made.speakers({"S1": None})
    model.apply(
        _change(
            made.segment("a", ("S1", 0, 1, "one")),
            made.segment("b", ("S1", 20, 21, "two")),
            speakers=before,
        )
    )

    with qtbot.waitSignal(model.dataChanged):
        model.apply(_change(speakers=made.speakers({"S1": "Anna Keller"})))

    assert [line.label for line in model.lines()] == ["Anna Keller", "Anna Keller"]


def test_only_what_differs_is_touched(model, qtbot):
    for number in range(50):
        model.apply(
            _change(made.segment(f"s{number:02}", ("S1", number * 10, number * 10 + 2, "x")))
        )
    touched = []
    model.dataChanged.connect(lambda first, last: touched.append((first.row(), last.row())))

    model.apply(_change(made.segment("s30", ("S1", 300, 302, "y"), revision=2)))

    assert touched == [(30, 30)]


def test_gaps_are_shown_once(model):
    gap = TranscriptGap(stream=StreamId.MIC, span=Span.from_seconds(2, 3), reason="lost")

    model.apply(_change(gaps=(gap,)))
    model.apply(_change(gaps=(gap,)))

    assert [row.aside for row in _rows(model)] == [gap]


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("recognition failed", "0:02 - 0:03 could not be transcribed; the audio is kept"),
        (NOT_RECORDED[StreamId.MIC], "0:02 - 0:03: the microphone was not recorded"),
        (NOT_RECORDED[StreamId.SYSTEM], "0:02 - 0:03: the system audio was not recorded"),
        (NOT_RECORDED[StreamId.MIX], "0:02 - 0:03 was not recorded"),
    ],
)
def test_gap_says_whether_there_is_audio(reason, text):
    gap = TranscriptGap(stream=StreamId.MIC, span=Span.from_seconds(2, 3), reason=reason)

    assert aside_text(gap) == text


def test_moments_and_segments_are_found(model):
    model.load(made.transcript(made.meeting("m", "M")))

    row = model.row_at(32.5)

    assert row is not None
    assert model.row(row).lines[0].span.start_s == pytest.approx(31.9)
    assert model.row_of(SegmentId("g0006")) == row
    assert model.row_at(0) == 0


def test_rows_speak_to_screen_readers(model):
    model.load(made.transcript(made.meeting("m", "M")))

    assert model.data(model.index(0)).startswith("Anna Keller, 0:01: Good morning")


def test_a_hold_that_ends_replaces_its_beginning_and_reads_as_such(model):
    begun = Hold(start=32_000, end=None, reason=HoldReason.OFF_RECORD)
    ended = replace(begun, end=64_000)

    model.remark(begun)
    first = model.text_of(model.row(0))
    model.remark(ended)
    model.remark(ended)
    model.remark(Marker(at=80_000, note="that"))
    model.remark(Marker(at=96_000))

    assert first == "0:02  off the record"
    assert [model.text_of(row) for row in _rows(model)] == [
        "0:02 - 0:04  off the record",
        "0:05  ⚑  that",
        "0:06  ⚑",
    ]


def test_stored_marks_are_shown(model):
    hold = Hold(start=0, end=16_000, reason=HoldReason.PAUSED)
    stored = replace(
        made.transcript(made.meeting("m", "M")), holds=(hold,), markers=(Marker(at=5, note="x"),)
    )

    model.load(stored)

    asides = [row.aside for row in _rows(model) if row.aside is not None]
    assert asides == [hold, Marker(at=5, note="x")]


def _spoken(number: int, words: int = 5) -> SegmentUpdate:
    start = 32_000 * number
    spans = [Span(start + 6_000 * n, start + 6_000 * n + 5_000) for n in range(words)]
    return SegmentUpdate(
        segment_id=SegmentId(f"system-{start}-0"),
        revision=number,
        stream=StreamId.SYSTEM,
        span=Span(start, spans[-1].end),
        track=TrackId("S1"),
        words=tuple(
            Word(text=f"word{number}{n}", span=span, probability=(n + 1) / (words + 1.5))
            for n, span in enumerate(spans)
        ),
        status=SegmentStatus.FINAL,
        committed=words,
    )


def test_a_running_meeting_keeps_little_per_word(model):
    words, segments = 5, 1_500
    speakers = (MeetingSpeaker(track=TrackId("S1"), index=1),)
    model.apply(_change(_spoken(0), speakers=speakers))
    tracemalloc.start()
    try:
        for number in range(1, segments):
            model.apply(_change(_spoken(number), speakers=speakers))
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert sum(len(line.words) for line in model.lines()) == words * segments
    assert kept / (words * segments) < 250  # 460 with a `Word` for each


def test_a_name_does_not_bring_a_withdrawn_line_back(model):
    line = _spoken(1)
    model.apply(_change(line, speakers=(MeetingSpeaker(track=TrackId("S1"), index=1),)))
    model.apply(_change(replace(line, revision=2, words=(), committed=0)))

    model.apply(
        _change(speakers=(MeetingSpeaker(track=TrackId("S1"), index=1, name="Anna Keller"),))
    )

    assert list(model.lines()) == []
    assert model.rowCount() == 0


def test_a_late_update_does_not_bring_a_withdrawn_line_back(model):
    line = _spoken(3)
    model.apply(_change(replace(line, revision=9, words=(), committed=0)))

    model.apply(_change(line))

    assert list(model.lines()) == []


def test_the_newest_lines_are_the_last_ones_by_time(model):
    for number in (3, 1, 2):
        model.apply(_change(_spoken(number)))
    model.remark(Marker(at=32_000 * 5, note="Agreed"))

    assert [line.span.start for line in model.newest_lines(2)] == [64_000, 96_000]
    assert len(model.newest_lines(9)) == 3
