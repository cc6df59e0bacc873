from __future__ import annotations

from dataclasses import replace

import pytest

from app.cli.wording import (
    LONG_LINE,
    LineJoiner,
    clock_time,
    megabytes,
    model_record,
    name_reason,
    transcript_lines,
    transcript_record,
)
from app.domain.ids import TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.speakers import MeetingSpeaker, NameSource
from tests.fakes.program import segment
from tests.fakes.transcripts import make_segment, make_transcript
from tests.fakes.weights import FakeWeights

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00"), (59.99, "00:59"), (61, "01:01"), (3599, "59:59"), (3661.5, "1:01:01")],
)
def test_times_are_minutes_and_hours_from_one_hour_on(seconds, text):
    assert clock_time(seconds) == text


def test_sizes_are_decimal():
    assert megabytes(1_550_000) == "1.6 MB"


def test_a_model_record_is_complete():
    record = model_record(FakeWeights().list()[0])

    assert record["fits"] is True
    assert record["languages"] == ["en"]


def joined(*segments):
    joiner = LineJoiner()
    lines = [
        line
        for s in segments
        for line in joiner.push(s, s.track or "Unknown", " ".join(w.text for w in s.words))
    ]
    return lines + joiner.flush()


def test_a_line_goes_to_the_end_of_the_sentence():
    lines = joined(
        segment("a", "I must", start_s=0, end_s=1),
        segment("b", "go.", start_s=1, end_s=2),
        segment("c", "Bye", start_s=2, end_s=3),
    )

    assert lines == ["[00:00] S1: I must go.", "[00:02] S1: Bye"]


def test_a_line_ends_with_the_voice_and_at_a_pause():
    lines = joined(
        segment("a", "one", start_s=0, end_s=1),
        segment("b", "two", start_s=1, end_s=2, track="S2"),
        segment("c", "three", start_s=4.5, end_s=5, track="S2"),
        segment("d", "four", start_s=5, end_s=6, track=None),
    )

    assert [line.split("] ")[1] for line in lines] == [
        "S1: one",
        "S2: two",
        "S2: three",
        "Unknown: four",
    ]


def test_a_line_does_not_grow_without_end():
    word = "x" * 90
    lines = joined(*(segment(str(n), word, start_s=n, end_s=n + 1) for n in range(4)))

    assert len(lines) == 2
    assert all(len(line) < 2 * LONG_LINE for line in lines)


def test_languages_without_blanks_are_joined_without_them():
    lines = joined(
        segment("a", "你", start_s=0, end_s=1, language="zh"),
        segment("b", "好", start_s=1, end_s=2, language="zh"),
    )

    assert lines == ["[00:00] S1: 你好"]


@pytest.mark.parametrize(
    ("source", "confidence", "reason"),
    [
        (NameSource.USER, None, "you"),
        (NameSource.ENROLLED, 0.997, "voice, 99 %"),
        (NameSource.NONE, None, "-"),
    ],
)
def test_the_reason_for_a_name_is_worded(source, confidence, reason):
    speaker = MeetingSpeaker(
        track=TrackId("S1"), index=1, name="Anna", source=source, confidence=confidence
    )

    assert name_reason(speaker) == reason
    assert name_reason(MeetingSpeaker(track=TrackId("S1"), index=1)) == "-"


def test_a_transcript_names_holds_and_markers_where_they_stand():
    transcript = replace(
        make_transcript([make_segment("a", 30.0, "Hello."), make_segment("b", 70.0, "Yes.")]),
        holds=(
            Hold(start=16_000, end=16_000 * 21, reason=HoldReason.OFF_RECORD),
            Hold(start=16_000 * 90, end=None, reason=HoldReason.PAUSED),
        ),
        markers=(Marker(at=16_000 * 65, note="that"), Marker(at=16_000 * 66)),
    )

    assert transcript_lines(transcript) == [
        "[00:01] (off the record until 00:21)",
        "[00:30] Speaker 1: Hello.",
        "[01:05] (marker: that)",
        "[01:06] (marker)",
        "[01:10] Speaker 1: Yes.",
        "[01:30] (paused)",
    ]
    record = transcript_record(transcript)
    assert record["holds"][0] == {"reason": "off-record", "start": 1.0, "end": 21.0}
    assert record["markers"] == [{"at": 65.0, "note": "that"}, {"at": 66.0, "note": ""}]
