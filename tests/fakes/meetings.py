"""Meetings, segments and patches for tests of the library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from app.domain.ids import MeetingId, ModelId, SegmentId, StreamId, TrackId
from app.domain.meeting import Meeting, MeetingSource, MeetingState, StreamInfo
from app.domain.messages import (
    ModelUse,
    SegmentStatus,
    SegmentUpdate,
    SpeakerTurn,
    TranscriptPatch,
    Word,
)
from app.domain.ports import TranscriptStore
from app.domain.selection import LineSelection
from app.domain.speakers import MeetingSpeaker, NameSource, SpeakerProfile, Voiceprint
from app.domain.units import SESSION_RATE_HZ, Span

MEETING = MeetingId("0badcafe")
START = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
WORD_SAMPLES = SESSION_RATE_HZ // 2


class SteppingClock:
    """A clock that goes on by one second at every look."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._seconds = 0.0

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def monotonic(self) -> float:
        self._seconds += 1.0
        return self._seconds


def make_meeting(
    meeting_id: MeetingId = MEETING,
    title: str = "Weekly sync",
    *,
    started_at: datetime = START,
    state: MeetingState = MeetingState.RECORDING,
    streams: tuple[StreamInfo, ...] = (),
) -> Meeting:
    return Meeting(
        meeting_id=meeting_id,
        title=title,
        started_at=started_at,
        state=state,
        source=MeetingSource.RECORDING,
        streams=streams,
    )


def make_stream(folder: Path, stream: StreamId = StreamId.MIC) -> StreamInfo:
    return StreamInfo(
        stream=stream,
        device="Built-in",
        rate_hz=48_000,
        channels=2,
        spool_path=folder / f"{stream.value}.pcm",
        original_paths=(folder / f"{stream.value}-1.flac", folder / f"{stream.value}-2.flac"),
        sample_count=32_000,
        dropped_samples=3,
    )


def make_model(role: str = "asr") -> ModelUse:
    return ModelUse(model_id=f"{role}-model", role=role, version="1", sha256="ab" * 32)


def make_words(text: str, start: int = 0) -> tuple[Word, ...]:
    """One word of half a second per token, without pauses."""
    return tuple(
        Word(
            text=token,
            span=Span(start + i * WORD_SAMPLES, start + (i + 1) * WORD_SAMPLES),
            probability=0.5,
        )
        for i, token in enumerate(text.split())
    )


def make_update(
    segment_id: str,
    text: str,
    *,
    revision: int = 1,
    start: int = 0,
    track: str | None = "S1",
    stream: StreamId = StreamId.MIC,
    status: SegmentStatus = SegmentStatus.FINAL,
    language: str | None = "en",
) -> SegmentUpdate:
    """A segment of half a second per word; an empty text retracts it."""
    words = make_words(text, start)
    return SegmentUpdate(
        segment_id=SegmentId(segment_id),
        revision=revision,
        stream=stream,
        span=Span(start, words[-1].span.end if words else start),
        track=None if track is None else TrackId(track),
        words=words,
        status=status,
        committed=len(words),
        speaker_confidence=0.75,
        language=language,
    )


def patch_of(*updates: SegmentUpdate) -> TranscriptPatch:
    return TranscriptPatch(updates=updates)


def make_turn(
    track: str | None, start: int, end: int, stream: StreamId = StreamId.MIC
) -> SpeakerTurn:
    """A turn between two samples."""
    return SpeakerTurn(
        stream=stream, span=Span(start, end), track=None if track is None else TrackId(track)
    )


def turns_patch(*turns: SpeakerTurn, revision: int = 1) -> TranscriptPatch:
    """All turns of every stream that one of `turns` is of."""
    return TranscriptPatch(
        turns={
            stream: tuple(turn for turn in turns if turn.stream is stream)
            for stream in {turn.stream for turn in turns}
        },
        turns_revision=revision,
    )


def make_voiceprint(person: SpeakerProfile, seed: int = 1) -> Voiceprint:
    vector = np.random.default_rng(seed).standard_normal(192).astype(np.float32)
    return Voiceprint(
        speaker_id=person.speaker_id,
        model_id=ModelId("campplus-zh-en"),
        vector=vector / np.linalg.norm(vector),
        speech_s=12.5,
        created_at=START,
    )


def name_voice(store: TranscriptStore, person: SpeakerProfile) -> None:
    """Give the meeting one line, and recognise its voice."""
    track = TrackId("S1")
    store.apply(MEETING, patch_of(make_update("a", "one")))
    store.name_track(
        MEETING,
        track,
        MeetingSpeaker(
            track=track,
            index=1,
            name=person.name,
            speaker_id=person.speaker_id,
            source=NameSource.ENROLLED,
        ),
    )


def give(store: TranscriptStore, line: str, track: TrackId | None, **options: int) -> TrackId:
    """Give a whole line, or its words from `first` to `last`, to a voice."""
    selection = LineSelection(segment_id=SegmentId(line), **options)
    return store.give_lines(MEETING, [selection], track)
