"""Transcripts for tests: one with everything that is hard to write, and plain ones of any size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.domain.ids import MeetingId, SegmentId, SpeakerId, StreamId, TrackId
from app.domain.meeting import (
    Meeting,
    MeetingSource,
    MeetingState,
    MeetingTranscript,
    StreamInfo,
)
from app.domain.messages import (
    ModelUse,
    Notice,
    NoticeKind,
    SegmentStatus,
    SegmentUpdate,
    SpeakerTurn,
    TranscriptGap,
    Word,
)
from app.domain.speakers import MeetingSpeaker, NameSource
from app.domain.units import Span

RTL_NAME = "דנה \u202eלוי"  # noqa: RUF001
ARROW_NAME = 'Bob --> "<b>Lee</b>" & Co'
NEWLINE_NAME = "Anna\nMaria | O'Neil"


def make_meeting(title: str = "Weekly sync", *, duration_s: float = 60.0) -> Meeting:
    """A finished two-stream meeting."""
    return Meeting(
        meeting_id=MeetingId("0badcafe"),
        title=title,
        started_at=datetime(2026, 3, 4, 15, 30, tzinfo=UTC),
        state=MeetingState.DONE,
        source=MeetingSource.RECORDING,
        streams=(
            StreamInfo(
                stream=StreamId.MIC,
                device="Built-in",
                rate_hz=48_000,
                channels=1,
                spool_path=Path("/secret/mic.pcm"),
            ),
        ),
        duration_s=duration_s,
        models=(ModelUse(model_id="whisper-base", role="asr", version="1", sha256="ab" * 32),),
    )


def make_segment(
    segment_id: str,
    start_s: float,
    text: str,
    *,
    track: str | None = "S1",
    stream: StreamId = StreamId.SYSTEM,
    word_s: float = 0.4,
    pause_s: float = 0.0,
    probability: float | None = 0.9,
    language: str | None = "en",
) -> SegmentUpdate:
    """A segment whose words last `word_s` each, with `pause_s` between them."""
    return segment_of(
        segment_id,
        [
            Word(
                text=token,
                span=Span.from_seconds(
                    start_s + number * (word_s + pause_s),
                    start_s + number * (word_s + pause_s) + word_s,
                ),
                probability=probability,
            )
            for number, token in enumerate(text.split())
        ],
        track=track,
        stream=stream,
        language=language,
    )


def segment_of(
    segment_id: str,
    words: Sequence[Word],
    *,
    track: str | None = "S1",
    stream: StreamId = StreamId.SYSTEM,
    language: str | None = "en",
) -> SegmentUpdate:
    """A final segment that spans its words."""
    ends = [word.span.end for word in words]
    return SegmentUpdate(
        segment_id=SegmentId(segment_id),
        revision=3,
        stream=stream,
        span=Span(words[0].span.start, max(ends)) if words else Span(0, 0),
        track=None if track is None else TrackId(track),
        words=tuple(words),
        status=SegmentStatus.FINAL,
        committed=len(words),
        language=language,
    )


def make_turn(
    track: str | None,
    start_s: float,
    end_s: float,
    stream: StreamId = StreamId.SYSTEM,
    *,
    confidence: float | None = None,
) -> SpeakerTurn:
    """A turn between two times."""
    return SpeakerTurn(
        stream=stream,
        span=Span.from_seconds(start_s, end_s),
        track=None if track is None else TrackId(track),
        confidence=confidence,
    )


def make_transcript(
    segments: Sequence[SegmentUpdate] = (),
    *,
    speakers: Sequence[MeetingSpeaker] = (),
    edited_texts: dict[str, str] | None = None,
    title: str = "Weekly sync",
    turns: Sequence[SpeakerTurn] = (),
) -> MeetingTranscript:
    """A transcript with two unnamed speakers, unless others are given."""
    return MeetingTranscript(
        meeting=make_meeting(title),
        speakers=tuple(speakers)
        or (
            MeetingSpeaker(track=TrackId("S1"), index=1),
            MeetingSpeaker(track=TrackId("S2"), index=2),
        ),
        segments=tuple(segments),
        edited_texts={SegmentId(key): text for key, text in (edited_texts or {}).items()},
        turns=tuple(turns),
    )


def nasty_transcript() -> MeetingTranscript:
    """Overlap, odd names, markup, other scripts, edits, an unknown voice, a gap, a retraction."""
    speakers = (
        MeetingSpeaker(track=TrackId("S1"), index=1, name=NEWLINE_NAME, source=NameSource.USER),
        MeetingSpeaker(
            track=TrackId("S2"),
            index=2,
            name=ARROW_NAME,
            speaker_id=SpeakerId("p-1"),
            source=NameSource.ENROLLED,
            confidence=0.95,
        ),
        MeetingSpeaker(track=TrackId("S3"), index=3, name=RTL_NAME, source=NameSource.USER),
        MeetingSpeaker(track=TrackId("S4"), index=4),
    )
    mandarin = [
        Word(text=char, span=Span.from_seconds(40 + i / 5, 40.2 + i / 5))
        for i, char in enumerate("今天天气很好，我们开始吧。")  # noqa: RUF001
    ]
    segments = (
        make_segment("a", 1.0, "Good morning everyone and welcome.", stream=StreamId.MIC),
        # Two far voices at once, and a near one over both.
        make_segment("b", 5.0, "I would rather start with the budget now.", track="S2"),
        make_segment("c", 6.0, "No no, wait a moment please.", track="S3"),
        make_segment("d", 6.2, "Mhm.", track="S1", stream=StreamId.MIC),
        make_segment(
            "e", 10.0, "a --> b <i>and</i> {\\an8} *bold* [x](y) \\ `c` & <NA>", track="S2"
        ),
        make_segment("f", 16.0, "word " * 40 + "end.", track="S4", word_s=0.3),
        make_segment("g", 30.0, "Somebody spoke.", track=None, probability=None),
        make_segment("h", 33.0, "X" * 130, track="S4", word_s=2.0),
        make_segment("i", 36.0, "this was herd wrong", track="S1"),
        segment_of("j", mandarin, track="S4", language="zh"),
        make_segment("k", 45.0, "שלום לכולם", track="S3", language="he"),
        segment_of("l", [], track="S1"),
        make_segment("m", 50.0, "erased by the user", track="S1"),
        make_segment("n", 52.0, "- 1. # first", track="S9"),
    )
    return MeetingTranscript(
        meeting=make_meeting(";; Q1 <review>\n--> plan"),
        speakers=speakers,
        segments=segments,
        gaps=(
            TranscriptGap(
                stream=StreamId.SYSTEM,
                span=Span.from_seconds(28.0, 29.0),
                reason="the recogniser failed",
            ),
        ),
        notices=(Notice(kind=NoticeKind.CLIPPING, text="Too loud.", stream=StreamId.MIC),),
        edited_texts={SegmentId("i"): "This was\nheard quite wrong.", SegmentId("m"): " \n"},
    )


def long_transcript(word_count: int) -> MeetingTranscript:
    """Segments of 20 words by two voices in turn, three words a second; every tenth is edited."""
    segments = [
        make_segment(
            f"s{number:05}",
            number * 7.0,
            " ".join(f"word{(number * 20 + i) % 997}" for i in range(20)),
            track=f"S{number % 2 + 1}",
            word_s=1 / 3,
        )
        for number in range(word_count // 20)
    ]
    edited = {
        segment.segment_id: "Edited " + " ".join(word.text for word in segment.words[1:])
        for segment in segments[::10]
    }
    return make_transcript(segments, edited_texts=edited)
