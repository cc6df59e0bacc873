from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.domain.errors import Category, ErrorReport, KnownError, Severity
from app.domain.ids import MeetingId, StreamId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.meeting import MeetingState
from app.domain.messages import (
    CorrectionReason,
    Notice,
    NoticeKind,
    OverlapRegion,
    TranscriptGap,
    Word,
)
from app.domain.session import OperatingPoint
from app.domain.speakers import MeetingSpeaker
from app.domain.units import Span
from app.services.events import (
    Failed,
    Finished,
    HealthMeasured,
    HoldChanged,
    Marked,
    Noticed,
    Progressed,
    Started,
    StateChanged,
    TranscriptChanged,
)
from app.services.events_file import EventComposer, EventsFile
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import segment

pytestmark = pytest.mark.unit

M = MeetingId("m")
S1 = MeetingSpeaker(track=TrackId("S1"), index=1)


def changed(*updates, speakers=(S1,), gaps=(), overlaps=(), t=1.0):
    return TranscriptChanged(
        meeting_id=M, t=t, updates=updates, gaps=gaps, overlaps=overlaps, speakers=speakers
    )


def lines(*events):
    composer = EventComposer()
    return [line for event in events for line in composer.lines_of(event)]


def test_a_segment_goes_from_partial_to_final_to_correction():
    partial = segment("a", "hel", is_final=False, revision=1, end_s=1.0)
    final = segment("a", "hello you", revision=2, end_s=2.0)
    better = replace(
        segment("a", "hallo you", revision=3, end_s=2.0), reason=CorrectionReason.SECOND_OPINION
    )

    first, second, third = lines(changed(partial), changed(final), changed(better))

    assert first == {
        "t": 1.0,
        "type": "partial",
        "stream": "mix",
        "segment": "a",
        "revision": 1,
        "speaker": "Speaker 1",
        "start": 0.0,
        "end": 1.0,
        "text": "hel",
        "words": [{"text": "hel", "start": 0.0, "end": 1.0, "p": None}],
        "committed": 0,
    }
    assert (second["type"], second["committed"]) == ("final", 2)
    assert second["words"][1] == {"text": "you", "start": 1.0, "end": 2.0, "p": 0.875}
    assert third == {
        "t": 1.0,
        "type": "correction",
        "stream": "mix",
        "segment": "a",
        "revision": 3,
        "reason": "second-opinion",
        "text": "hallo you",
        "words": [
            {"text": "hallo", "start": 0.0, "end": 1.0, "p": 0.875},
            {"text": "you", "start": 1.0, "end": 2.0, "p": 0.875},
        ],
    }


def test_both_voices_of_an_overlap_are_a_correction_and_a_final_at_the_same_time():
    plain = segment("a", "so what day", revision=1, end_s=3.0)
    both = {"reason": CorrectionReason.SECOND_OPINION, "has_overlap": True}
    mine = replace(segment("a", "so good day", revision=2, end_s=3.0), **both)
    other = replace(segment("b", "what a day", revision=3, start_s=1.0, track="S2"), **both)

    _, correction, final = lines(changed(plain), changed(mine, other))

    assert (correction["type"], correction["reason"]) == ("correction", "second-opinion")
    assert correction["text"] == "so good day"
    assert (final["type"], final["text"], final["committed"]) == ("final", "what a day", 3)
    assert final["start"] < plain.span.end_s


def test_a_correction_holds_only_what_changed():
    final = segment("a", "hello", revision=1)
    relabelled = replace(final, revision=2, track=TrackId("S2"), reason=CorrectionReason.RELABEL)
    two = (S1, MeetingSpeaker(track=TrackId("S2"), index=2))

    line = lines(changed(final), changed(relabelled, speakers=two))[-1]

    assert (line["reason"], line["speaker"]) == ("relabel", "Speaker 2")
    assert "text" not in line
    assert "start" not in line


def test_a_withdrawn_segment_ends_without_words():
    partial = segment("a", "hel", is_final=False)
    gone = replace(segment("a", "x", revision=2), words=(), committed=0)
    final = segment("b", "hello")
    gone_too = replace(final, words=(), revision=2, reason=CorrectionReason.REFINE)

    result = lines(changed(partial), changed(gone), changed(final), changed(gone_too))

    assert [line["type"] for line in result] == ["partial", "final", "final", "correction"]
    assert result[1]["words"] == []
    assert (result[3]["text"], result[3]["words"]) == ("", [])


def test_what_was_never_shown_needs_no_withdrawal():
    assert lines(changed(replace(segment("a", "x"), words=()))) == []


def test_stale_and_repeated_updates_write_nothing():
    final = segment("a", "hello", revision=5)
    stale = segment("a", "helo", revision=4)
    late_partial = segment("a", "hello there", revision=9, is_final=False)

    result = lines(changed(final), changed(stale), changed(final), changed(late_partial))

    assert [line["revision"] for line in result] == [5]


def test_a_new_name_corrects_every_line_of_the_voice():
    mine = segment("a", "hello")
    other = segment("b", "hi", track="S2", start_s=3)
    half = segment("c", "ye", start_s=5, is_final=False)
    two = (S1, MeetingSpeaker(track=TrackId("S2"), index=2))
    named = (replace(S1, name="Ada"), two[1])

    result = lines(changed(mine, other, half, speakers=two), changed(speakers=named))[3:]

    assert [(r["segment"], r["reason"], r["speaker"]) for r in result] == [("a", "relabel", "Ada")]


def test_unknown_voice_is_null():
    assert lines(changed(segment("a", "hello", track=None)))[0]["speaker"] is None


def test_gaps_and_overlaps_have_times_and_labels():
    gap = TranscriptGap(stream=StreamId.MIC, span=Span(0, 8000), reason="engine")
    overlap = OverlapRegion(
        stream=StreamId.SYSTEM, span=Span(8000, 16000), tracks=(TrackId("S1"), TrackId("S9"))
    )

    result = lines(changed(gaps=(gap,), overlaps=(overlap,), t=2.00049))

    assert result == [
        {"t": 2.0, "type": "gap", "stream": "mic", "start": 0.0, "end": 0.5, "reason": "engine"},
        {
            "t": 2.0,
            "type": "overlap",
            "stream": "system",
            "start": 0.5,
            "end": 1.0,
            "speakers": ["Speaker 1", "S9"],
        },
    ]


def test_the_other_events_have_the_promised_fields():
    report = ErrorReport(
        severity=Severity.ERROR, category=Category.ENGINE, stage="asr", user_text="It broke."
    )
    result = lines(
        Started(
            meeting_id=M, t=0.5, streams=("mic",), point=OperatingPoint.LIVE, models=MODELS[:1]
        ),
        Noticed(
            meeting_id=M,
            t=1,
            notice=Notice(kind=NoticeKind.ECHO, text="echo", stream=StreamId.MIC),
        ),
        Failed(meeting_id=M, t=1, report=report),
        HealthMeasured(meeting_id=M, t=2, health=HEALTH),
        StateChanged(meeting_id=M, t=3, state=MeetingState.DONE),
        Progressed(meeting_id=M, t=3, share=0.5, step="refining"),
        Finished(meeting_id=M, t=4, audio_s=10, wall_s=4, peak_rss_mb=512.34, segment_count=3),
    )

    start, notice, failure, health, done = result
    assert start == {
        "t": 0.5,
        "type": "start",
        "schema": "crosstalk.events/1",
        "streams": ["mic"],
        "point": "live",
        "models": [
            {"id": "whisper-base", "role": "asr_final", "version": "1", "sha256": "ab" * 32}
        ],
    }
    assert notice == {"t": 1, "type": "notice", "kind": "echo", "text": "echo", "stream": "mic"}
    assert (failure["type"], failure["text"]) == ("notice", "It broke.")
    assert health == {
        "t": 2,
        "type": "health",
        "lag_s": 0.25,
        "stages": {"transcribe": {"queue_s": 0.1, "rtf": 0.5}},
        "rss_mb": 300.0,
        "dropped_samples": 0,
        "promised_s": None,
        "observed_s": None,
        "relief": 0,
    }
    assert done == {
        "t": 4,
        "type": "done",
        "audio_s": 10,
        "wall_s": 4,
        "peak_rss_mb": 512.3,
        "segments": 3,
    }


def test_languages_without_blanks_are_joined_without_them():
    words = (Word(text="你", span=Span(0, 100)), Word(text="好", span=Span(100, 200)))
    update = replace(segment("a", "x"), words=words, language="zh")

    assert lines(changed(update))[0]["text"] == "你好"


def test_every_line_is_on_disk_as_soon_as_it_is_written(tmp_path):
    path = tmp_path / "sub" / "live.jsonl"

    with EventsFile(path) as file:
        file(changed(segment("a", "hällo")))
        written = path.read_text(encoding="utf-8")

    assert written.endswith("\n")
    assert json.loads(written)["text"] == "hällo"


def test_a_file_that_cannot_be_made_is_a_sentence(tmp_path):
    with pytest.raises(KnownError, match="cannot be written"):
        EventsFile(tmp_path)


def test_a_full_disk_ends_the_file_and_not_the_meeting(tmp_path, monkeypatch):
    file = EventsFile(tmp_path / "live.jsonl")

    def refuse(text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file._file, "write", refuse)
    file(changed(segment("a", "hello")))
    file(changed(segment("b", "hello")))

    with pytest.raises(KnownError, match="not complete") as caught:
        file.close()
    assert caught.value.category is Category.DISK


def test_events_after_the_end_are_dropped(tmp_path):
    file = EventsFile(tmp_path / "live.jsonl")
    file.close()

    file(changed(segment("a", "hello")))

    assert (tmp_path / "live.jsonl").read_text() == ""


def test_marks_are_notices_with_their_times():
    composer = EventComposer()
    hold = Hold(start=16_000, end=None, reason=HoldReason.OFF_RECORD)
    events = [
        HoldChanged(meeting_id=M, t=1.5, hold=hold),
        HoldChanged(meeting_id=M, t=3.5, hold=replace(hold, end=48_000)),
        Marked(meeting_id=M, t=4.0, marker=Marker(at=56_000, note="that")),
    ]

    lines = [line for event in events for line in composer.lines_of(event)]

    assert [(line["type"], line["kind"]) for line in lines] == [
        ("notice", "off-record"),
        ("notice", "resumed"),
        ("notice", "marker"),
    ]
    assert lines[0]["start"] == 1.0
    assert (lines[1]["start"], lines[1]["end"]) == (1.0, 3.0)
    assert (lines[2]["at"], lines[2]["text"]) == (3.5, "that")
