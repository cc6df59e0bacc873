"""What the app process and the engine process say to each other.

One connection carries one activity at a time: a live session, or a job. All messages are frozen
dataclasses, sent by pickle between two processes of the same program and version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.errors import Category, ErrorReport
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import AudioBlock, Health, ModelUse, Notice, TrackState, TranscriptPatch
from app.domain.session import (
    CheckJob,
    ClipEmbedding,
    EmbedJob,
    OperatingPoint,
    RefineJob,
    SessionConfig,
)
from app.domain.units import SESSION_RATE_HZ

FEED_AHEAD_S = 20.0
"""Audio that may be under way to the engine beyond what it has acknowledged."""
RESUME_CONTEXT_S = 3.0
"""Audio in front of a resume point that is heard again, so that no word is cut there."""
HEARTBEAT_S = 1.0
SILENCE_LIMIT_S = 60.0
"""An engine that says nothing for this long hangs and is replaced."""


def first_sample(config: SessionConfig, stream: StreamId) -> int:
    """Where the audio of a stream begins: some context in front of its resume point."""
    context = round(RESUME_CONTEXT_S * SESSION_RATE_HZ)
    return max(0, config.resume_from.get(stream, 0) - context)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Start a live session; audio follows, of each stream from its `first_sample` on."""

    config: SessionConfig
    tracks: tuple[TrackState, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """Audio of one stream, consecutive."""

    block: AudioBlock


@dataclass(frozen=True, slots=True)
class Teach:
    """Whose lines some final segments are, as the user says; in place of what was said before."""

    lines: Mapping[SegmentId, TrackId]


@dataclass(frozen=True, slots=True)
class UsePoint:
    """Go on at another operating point, from what is said next."""

    point: OperatingPoint


@dataclass(frozen=True, slots=True)
class EndOfStream:
    """No more audio of this stream."""

    stream: StreamId


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the activity without finishing it."""


@dataclass(frozen=True, slots=True)
class RunJob:
    """Run one job."""

    job: RefineJob | EmbedJob | CheckJob


@dataclass(frozen=True, slots=True)
class Shutdown:
    """End the process when idle."""


Command = OpenSession | Feed | Teach | UsePoint | EndOfStream | Cancel | RunJob | Shutdown


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """Models are loaded."""

    models: tuple[ModelUse, ...]


@dataclass(frozen=True, slots=True)
class Patched:
    """The transcript changed; `tracks` are the centroids to resume from (None: unchanged)."""

    patch: TranscriptPatch
    tracks: tuple[TrackState, ...] | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Everything of `stream` before `position` has been taken in."""

    stream: StreamId
    position: int


@dataclass(frozen=True, slots=True)
class Beat:
    """Sent every `HEARTBEAT_S`; health is None outside a session."""

    health: Health | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A notice for the user."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Reported:
    """A stage failed; the activity goes on."""

    report: ErrorReport


@dataclass(frozen=True, slots=True)
class Progress:
    """Share done of a job, in [0, 1], and its step."""

    share: float
    step: str


@dataclass(frozen=True, slots=True)
class ActivityEnded:
    """The activity is done; the connection is free for the next one."""

    result: tuple[ClipEmbedding, ...] | tuple[ModelUse, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityFailed:
    """The activity could not be done; `user_text` says why.

    Attributes:
        is_known: The user can act on it; else it is a bug and the log has the traceback.
    """

    user_text: str
    category: Category
    is_known: bool
    is_cancelled: bool = False


Event = (
    SessionStarted
    | Patched
    | Acknowledged
    | Beat
    | Told
    | Reported
    | Progress
    | ActivityEnded
    | ActivityFailed
)
