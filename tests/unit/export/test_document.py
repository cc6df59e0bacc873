import dataclasses
from datetime import datetime, timedelta, timezone

import pytest

from app.domain.ids import StreamId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.messages import NOT_RECORDED, TranscriptGap
from app.domain.ports import ExportOptions
from app.domain.units import Span
from app.export.document import Entry, to_document
from tests.fakes.transcripts import make_segment, make_transcript, nasty_transcript

pytestmark = pytest.mark.unit


def test_document_has_title_details_and_entries():
    transcript = make_transcript(
        [make_segment("a", 61.0, "hello\x0b there"), make_segment("b", 65.0, "yes", track="S2")]
    )

    document = to_document(transcript, ExportOptions())

    assert document.title == "Weekly sync"
    assert document.details == ("2026-03-04 15:30 UTC", "00:01:00", "Speaker 1, Speaker 2")
    assert document.entries == (
        Entry(time="00:01:01", speaker="Speaker 1", text="hello there"),
        Entry(time="00:01:05", speaker="Speaker 2", text="yes"),
    )


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("recognition failed", "[not transcribed: recognition failed]"),
        (NOT_RECORDED[StreamId.MIC], "[microphone not recorded]"),
    ],
)
def test_document_says_whether_a_gap_was_recorded(reason, text):
    gap = TranscriptGap(stream=StreamId.MIC, span=Span.from_seconds(2, 3), reason=reason)
    transcript = dataclasses.replace(make_transcript(), gaps=(gap,))

    entries = to_document(transcript, ExportOptions()).entries

    assert Entry(time="00:00:02", speaker=None, text=text) in entries


def test_document_says_who_talked_how_much_most_first():
    transcript = make_transcript(
        [make_segment("a", 61.0, "yes"), make_segment("b", 65.0, "hello there you", track="S2")]
    )

    facts = to_document(transcript, ExportOptions()).facts

    assert [line.split(":")[0] for line in facts] == ["Speaker 2", "Speaker 1"]
    assert facts[0].endswith(" %), 1 turn")
    assert to_document(transcript, ExportOptions(has_speakers=False)).facts == ()


@pytest.mark.parametrize(
    ("zone", "shown"),
    [(None, "2026-03-04 15:30"), (timezone(timedelta(hours=-7)), "2026-03-04 15:30 -0700")],
)
def test_document_shows_the_start_as_it_was_recorded(zone, shown):
    transcript = make_transcript()
    meeting = dataclasses.replace(
        transcript.meeting, started_at=datetime(2026, 3, 4, 15, 30, tzinfo=zone)
    )

    document = to_document(dataclasses.replace(transcript, meeting=meeting), ExportOptions())

    assert document.details[0] == shown


def test_document_without_options_names_nobody_and_no_time():
    options = ExportOptions(has_timestamps=False, has_speakers=False)

    document = to_document(nasty_transcript(), options)

    assert {(entry.time, entry.speaker) for entry in document.entries} == {(None, None)}
    assert len(document.details) == 2


def test_blank_title_becomes_meeting():
    assert to_document(make_transcript(title=" \n"), ExportOptions()).title == "Meeting"


def test_document_names_what_was_not_recorded_and_what_was_marked():
    transcript = dataclasses.replace(
        make_transcript([make_segment("a", 30.0, "hello")]),
        holds=(
            Hold(start=16_000, end=16_000 * 21, reason=HoldReason.OFF_RECORD),
            Hold(start=16_000 * 45, end=None, reason=HoldReason.PAUSED),
        ),
        markers=(Marker(at=16_000 * 40, note="a\nnote"), Marker(at=16_000 * 41)),
    )

    entries = to_document(transcript, ExportOptions()).entries

    assert [(entry.time, entry.speaker, entry.text) for entry in entries] == [
        ("00:00:01", None, "[off the record for 00:00:20]"),
        ("00:00:30", "Speaker 1", "hello"),
        ("00:00:40", None, "[marker: a note]"),
        ("00:00:41", None, "[marker]"),
        ("00:00:45", None, "[paused for 00:00:15]"),
    ]


def test_document_merges_what_one_person_says_in_a_row():
    transcript = make_transcript(
        [
            make_segment("a", 1.0, "hello"),
            make_segment("b", 4.0, "there"),
            make_segment("c", 8.0, "yes", track="S2"),
            make_segment("d", 12.0, "well"),
            make_segment("e", 20.0, "then"),
        ]
    )
    marked = dataclasses.replace(transcript, markers=(Marker(at=16_000 * 16),))

    entries = to_document(marked, ExportOptions(is_merged=True)).entries

    assert [(e.time, e.speaker, e.text) for e in entries] == [
        ("00:00:01", "Speaker 1", "hello there"),
        ("00:00:08", "Speaker 2", "yes"),
        ("00:00:12", "Speaker 1", "well"),
        ("00:00:16", None, "[marker]"),
        ("00:00:20", "Speaker 1", "then"),
    ]
