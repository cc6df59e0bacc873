"""Meetings: what is stored about one, and which states follow each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from app.domain.errors import BugError
from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.marks import Hold, Marker
from app.domain.messages import (
    NOT_RECORDED,
    ModelUse,
    Notice,
    OverlapRegion,
    SegmentUpdate,
    SpeakerTurn,
    TranscriptGap,
)
from app.domain.speakers import MeetingSpeaker
from app.domain.transcript import join_words
from app.domain.units import Span


class MeetingState(StrEnum):
    """Where a meeting is in its life; states survive a crash."""

    RECORDING = "recording"
    RECORDED = "recorded"
    """Audio complete, transcript pending."""
    REFINING = "refining"
    """A transcript exists; the final pass is running."""
    DONE = "done"


WORKED_ON = frozenset({MeetingState.RECORDING, MeetingState.REFINING})
"""The states in which a process works on a meeting, or has died over it."""

_NEXT_STATES: Mapping[MeetingState, frozenset[MeetingState]] = {
    MeetingState.RECORDING: frozenset({MeetingState.RECORDED, MeetingState.DONE}),
    MeetingState.RECORDED: frozenset({MeetingState.REFINING, MeetingState.DONE}),
    MeetingState.REFINING: frozenset({MeetingState.DONE, MeetingState.RECORDED}),
    MeetingState.DONE: frozenset({MeetingState.REFINING}),
}


def check_transition(old: MeetingState, new: MeetingState) -> None:
    """Raise `BugError` unless a meeting may go from `old` to `new`; staying is always legal."""
    if new is not old and new not in _NEXT_STATES[old]:
        raise BugError(f"a meeting cannot go from {old} to {new}")


class MeetingSource(StrEnum):
    """How a meeting came into the library."""

    RECORDING = "recording"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """One stream of one meeting.

    Attributes:
        device: Human-readable device or file name.
        rate_hz, channels: Of the original, before conversion.
        spool_path: Raw signed 16-bit little-endian mono PCM at 16 kHz; sample 0 is session time 0.
        original_paths: The untouched originals in order (kept segments, or the imported file).
        sample_count: Session samples in the spool; None while recording.
        dropped_samples: Samples lost in capture.
        lost: Where, as far as it is long enough to be missed; known when the recording ends.
    """

    stream: StreamId
    device: str
    rate_hz: int
    channels: int
    spool_path: Path
    original_paths: tuple[Path, ...] = ()
    sample_count: int | None = None
    dropped_samples: int = 0
    lost: tuple[Span, ...] = ()

    @property
    def gaps(self) -> tuple[TranscriptGap, ...]:
        """What was lost, as it stands in the transcript."""
        reason = NOT_RECORDED[self.stream]
        return tuple(TranscriptGap(stream=self.stream, span=s, reason=reason) for s in self.lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What the library knows about one meeting, without its transcript."""

    meeting_id: MeetingId
    title: str
    started_at: datetime
    state: MeetingState
    source: MeetingSource
    streams: tuple[StreamInfo, ...] = ()
    duration_s: float = 0.0
    language: str = "en"
    point: str = "final"
    models: tuple[ModelUse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingSummary:
    """One row of the library list."""

    meeting: Meeting
    speakers: tuple[str, ...]
    word_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingTranscript:
    """Everything an exporter or a review needs about one meeting.

    Attributes:
        speakers: The voices of segments and turns; one that only talks in turns has no words.
        segments: FINAL segments with words, sorted by start.
        edited_texts: Text typed by the user, where it replaces the words' own text.
        turns: Who talks when, from the final pass with the user's corrections, sorted by start.
            Those of one track in one stream neither overlap nor touch. A stream that no final
            pass has diarized has none.
        holds: Stretches that were neither stored nor transcribed, by start.
        markers: By time.
    """

    meeting: Meeting
    speakers: tuple[MeetingSpeaker, ...]
    segments: tuple[SegmentUpdate, ...]
    gaps: tuple[TranscriptGap, ...] = ()
    overlaps: tuple[OverlapRegion, ...] = ()
    notices: tuple[Notice, ...] = ()
    edited_texts: Mapping[SegmentId, str] = field(default_factory=dict)
    turns: tuple[SpeakerTurn, ...] = ()
    holds: tuple[Hold, ...] = ()
    markers: tuple[Marker, ...] = ()

    def speaker_of(self, segment: SegmentUpdate) -> MeetingSpeaker | None:
        """The voice of a segment; None for an unknown voice."""
        return next((s for s in self.speakers if s.track == segment.track), None)

    def label_of(self, track: TrackId | None) -> str:
        """What the user reads as the speaker of `track`; "Unknown" for None."""
        return next((s.label for s in self.speakers if s.track == track), "Unknown")

    def text_of(self, segment: SegmentUpdate) -> str:
        """The segment's text as the user sees it."""
        edited = self.edited_texts.get(segment.segment_id)
        return edited if edited is not None else join_words(segment.words, segment.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """One segment that a full-text search found.

    Attributes:
        snippet: Text around the match; matched terms between "[" and "]".
    """

    meeting_id: MeetingId
    meeting_title: str
    segment_id: SegmentId
    stream: StreamId
    span: Span
    speaker: str
    snippet: str
