"""Every dataclass that crosses a stage, a thread or a process.

All are frozen; times are `Span`s in session samples; arrays are read-only by convention.
Unknown is None, never -1 or "".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.units import Span

if TYPE_CHECKING:  # a tenth of a second, for two names
    import numpy as np
    import numpy.typing as npt

Float32Array: TypeAlias = "npt.NDArray[np.float32]"
IntArray: TypeAlias = "npt.NDArray[np.int64]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioBlock:
    """Consecutive samples of one stream.

    Attributes:
        samples: float32 (n,) in [-1, 1] at 16 kHz; n equals the span's length.
        gap_before: Samples lost between the previous block and this one (on the time line).
    """

    stream: StreamId
    span: Span
    samples: Float32Array
    gap_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSpan:
    """A stretch of one stream that holds speech, pre-roll and hangover included.

    Attributes:
        is_final: False while the speech goes on; the span then ends at the last processed sample.
        is_continued: True when the stretch was cut for length and speech goes on behind it.
        mean_probability: Mean of the VAD over the span, in [0, 1].
        is_sure: Whether the VAD was sure of speech somewhere in it.
    """

    stream: StreamId
    span: Span
    is_final: bool
    is_continued: bool = False
    mean_probability: float = 1.0
    is_sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalActivity:
    """Who speaks when inside one segmentation window; speakers are local to the window.

    Attributes:
        activity: float32 (frames, local_speakers), values in [0, 1].
        frame_step: Samples from one frame to the next.
    """

    stream: StreamId
    span: Span
    activity: Float32Array
    frame_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerTurn:
    """One voice talking without a long pause.

    Attributes:
        track: None while nobody can be named honestly.
        confidence: In [0, 1]; None when the assignment carries none.
    """

    stream: StreamId
    span: Span
    track: TrackId | None
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapRegion:
    """A stretch in which several people talk at once."""

    stream: StreamId
    span: Span
    tracks: tuple[TrackId, ...]


DOUBT_BELOW = 0.7
"""Words with a lower (calibrated) probability are shown as doubtful."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word as written, punctuation attached, without surrounding white space.

    Attributes:
        probability: Calibrated, in [0, 1]; None when the engine gives none.
    """

    text: str
    span: Span
    probability: float | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether it may well be wrong, as far as the engine can tell."""
        return self.probability is not None and self.probability < DOUBT_BELOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """The text of one utterance so far.

    Attributes:
        utterance: Unique within the meeting; a later hypothesis replaces an earlier one.
        committed: Count of leading words that will not change.
        language: ISO 639-1 code, or None when not known.
    """

    utterance: str
    stream: StreamId
    revision: int
    span: Span
    words: tuple[Word, ...]
    committed: int
    is_final: bool
    language: str | None = None
    alternatives: tuple[tuple[str, float], ...] = ()


class SegmentStatus(StrEnum):
    """Whether the text of a segment may still change by itself."""

    PARTIAL = "partial"
    FINAL = "final"


class CorrectionReason(StrEnum):
    """Why a final segment changed."""

    RELABEL = "relabel"
    REFINE = "refine"
    SECOND_OPINION = "second-opinion"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentUpdate:
    """The whole state of one segment; a higher revision replaces a lower one.

    A FINAL segment without words is retracted: it is shown nowhere and exported nowhere.

    Attributes:
        segment_id: Unique within the meeting.
        revision: Grows with every change; equal revisions carry equal content.
        track: The voice, or None for an honest "unknown".
        speaker_confidence: In [0, 1], or None.
        committed: Count of leading words that will not change (all, when FINAL).
        has_overlap: Another person talks during this segment.
        reason: Set when the update corrects a segment that was final before.
        alternatives: Other readings with their log probability, best first.
        user_revision: Grows with every correction by the user that is told between two revisions.
    """

    segment_id: SegmentId
    revision: int
    stream: StreamId
    span: Span
    track: TrackId | None
    words: tuple[Word, ...]
    status: SegmentStatus
    committed: int
    speaker_confidence: float | None = None
    language: str | None = None
    has_overlap: bool = False
    reason: CorrectionReason | None = None
    alternatives: tuple[tuple[str, float], ...] = ()
    user_revision: int = 0

    def supersedes(self, known: SegmentUpdate) -> bool:
        """Whether this state of a segment is newer than another one."""
        mine, other = self.revision, known.revision
        return (mine, self.user_revision) > (other, known.user_revision)

    @property
    def is_retracted(self) -> bool:
        """Whether this update takes the segment out of the transcript."""
        return self.status is SegmentStatus.FINAL and not self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackState:
    """What a live session knows of one voice: to go on with after a restart, and to name it.

    Attributes:
        total: The sum of the voice's embeddings, each by its seconds: (dimension,).
        speech_s: Seconds of speech behind it.
    """

    track: TrackId
    total: tuple[float, ...]
    speech_s: float


NOT_RECORDED = {
    StreamId.MIC: "microphone not recorded",
    StreamId.SYSTEM: "system audio not recorded",
    StreamId.MIX: "not recorded",
}
"""Why a stretch of a stream has no words: its device was away, or its samples were lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptGap:
    """A stretch without words: its audio could not be transcribed and is kept, or there is none.

    Attributes:
        reason: Of `NOT_RECORDED` where there is no audio.
    """

    stream: StreamId
    span: Span
    reason: str

    @property
    def is_recorded(self) -> bool:
        """Whether there is audio that can be run again."""
        return self.reason not in NOT_RECORDED.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptPatch:
    """A change to the transcript; applying it twice, or out of order, is harmless.

    Attributes:
        processed_until: Per stream, the sample before which everything is final: the resume point.
        turns: Per stream, all its turns, in place of those of a lower revision; the turns of one
            track in one stream neither overlap nor touch. A stream that is not named keeps its own.
        turns_revision: Of `turns`; equal revisions carry equal turns.
        is_whole: The updates belong together and correct what was final: where the user has
            corrected one of the segments, none of them counts.
    """

    updates: tuple[SegmentUpdate, ...] = ()
    gaps: tuple[TranscriptGap, ...] = ()
    overlaps: tuple[OverlapRegion, ...] = ()
    processed_until: Mapping[StreamId, int] = field(default_factory=dict)
    turns: Mapping[StreamId, tuple[SpeakerTurn, ...]] = field(default_factory=dict)
    turns_revision: int = 0
    is_whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StageHealth:
    """How one stage keeps up."""

    stage: str
    queue_s: float
    real_time_factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a running session keeps up, sent once a second.

    Attributes:
        lag_s: Audio fed but not processed by the slowest stage.
        rss_mb: Resident memory of the engine process.
        dropped_samples: Always 0; published so that anyone can check.
        promised_s: Within this time after its end a word is to be final; None after the meeting.
        observed_s: Within this time were 95 % of the newest words; None before the first.
        relief: How far quality has stepped down to keep up; 0 is not at all.
    """

    lag_s: float
    stages: tuple[StageHealth, ...]
    rss_mb: float
    dropped_samples: int = 0
    promised_s: float | None = None
    observed_s: float | None = None
    relief: int = 0


class NoticeKind(StrEnum):
    """What a notice is about."""

    ECHO = "echo"
    SILENT_SOURCE = "silent-source"
    DEVICE_LOST = "device-lost"
    CLIPPING = "clipping"
    MUTED = "muted"
    BEHIND = "behind"
    ENGINE_RESTARTED = "engine-restarted"
    NO_SPEECH = "no-speech"
    DISK = "disk"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One plain sentence that the user should see.

    Attributes:
        ends_recording: Nothing is recorded any more; of a running recorder only.
        marked_at: Where it is marked in the transcript too, in session samples; None for nowhere.
    """

    kind: NoticeKind
    text: str
    stream: StreamId | None = None
    ends_recording: bool = False
    marked_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """A model that took part in a session."""

    model_id: str
    role: str
    version: str
    sha256: str
