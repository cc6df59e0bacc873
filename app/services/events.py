"""What a running meeting tells its front end: one stream of events for window and terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.errors import ErrorReport
from app.domain.ids import MeetingId
from app.domain.marks import Hold, Marker
from app.domain.meeting import MeetingState
from app.domain.messages import (
    Health,
    ModelUse,
    Notice,
    OverlapRegion,
    SegmentUpdate,
    TranscriptGap,
)
from app.domain.session import OperatingPoint
from app.domain.speakers import MeetingSpeaker


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingEvent:
    """Base of all events.

    Attributes:
        t: Seconds on a monotonic clock since the first sample was fed.
    """

    meeting_id: MeetingId
    t: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(MeetingEvent):
    """The models are loaded; words follow."""

    streams: tuple[str, ...]
    point: OperatingPoint
    models: tuple[ModelUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptChanged(MeetingEvent):
    """Segments as they now stand (FINAL ones are already in the database).

    Attributes:
        speakers: All voices of the meeting so far, for labels and colours.
    """

    updates: tuple[SegmentUpdate, ...]
    gaps: tuple[TranscriptGap, ...]
    overlaps: tuple[OverlapRegion, ...]
    speakers: tuple[MeetingSpeaker, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed(MeetingEvent):
    """Something the user should see."""

    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChanged(MeetingEvent):
    """The recording is held from here on, or goes on again: then the hold has an end."""

    hold: Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked(MeetingEvent):
    """Somebody marked a moment."""

    marker: Marker


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthMeasured(MeetingEvent):
    """Once a second while the engine works."""

    health: Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(MeetingEvent):
    """A stage failed; the meeting goes on unless the severity is FATAL."""

    report: ErrorReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed(MeetingEvent):
    """How far long work is: share in [0, 1] and the step's name ("decoding", "refining")."""

    share: float
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged(MeetingEvent):
    """The meeting entered another state."""

    state: MeetingState


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(MeetingEvent):
    """All work on the meeting is done; always the last event."""

    audio_s: float
    wall_s: float
    peak_rss_mb: float
    segment_count: int


Listener = Callable[[MeetingEvent], None]
"""Called from background threads, one call at a time; must return quickly."""
