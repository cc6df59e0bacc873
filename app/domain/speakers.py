"""Speakers: the voices of one meeting and the enrolled people across meetings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.ids import MeetingId, ModelId, SpeakerId, TrackId
from app.domain.messages import Float32Array
from app.domain.recognition import CERTAIN, Certainty


class NameSource(StrEnum):
    """Why a voice carries its name; shown to the user."""

    NONE = "none"
    USER = "user"
    ENROLLED = "enrolled"
    GUESSED = "guessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingSpeaker:
    """One voice of one meeting.

    Attributes:
        index: 1, 2, ... in order of first appearance: chooses the colour and the default label.
        name: Given by the user or by recognition; None shows as "Speaker 1".
        speaker_id: The enrolled person, if known.
        confidence: Of the name, in [0, 1]; None when the user gave it or there is none.
    """

    track: TrackId
    index: int
    name: str | None = None
    speaker_id: SpeakerId | None = None
    source: NameSource = NameSource.NONE
    confidence: float | None = None

    @property
    def label(self) -> str:
        """What the user reads: a recognised name that is only probable ends in "?"."""
        if self.name is None or not self.name.strip():
            return self.name or f"Speaker {self.index}"
        return f"{self.name}?" if self.is_doubtful else self.name

    @property
    def is_doubtful(self) -> bool:
        """Whether the name comes from recognition and is only probable."""
        return (
            self.source is NameSource.ENROLLED
            and self.confidence is not None
            and self.confidence < CERTAIN
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerProfile:
    """An enrolled person.

    Attributes:
        has_consent: The person agreed to the voice being stored.
        voiceprint_count: Stored recordings of the voice.
    """

    speaker_id: SpeakerId
    name: str
    created_at: datetime
    has_consent: bool
    voiceprint_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Voiceprint:
    """One recording of an enrolled voice as an embedding.

    Attributes:
        vector: float32 (dim,), L2-normalised; comparable only with vectors of the same model.
        speech_s: Seconds of speech behind it.
        meeting_id: Learned from what the user said of this meeting; None for an enrolled one.
    """

    speaker_id: SpeakerId
    model_id: ModelId
    vector: Float32Array
    speech_s: float
    created_at: datetime
    meeting_id: MeetingId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerMatch:
    """How well a voice fits an enrolled person.

    Attributes:
        similarity: Cosine, in [-1, 1].
        probability: That the voice is this person, of all who are enrolled and of strangers.
        is_match: The best, and at least probable.
    """

    profile: SpeakerProfile
    similarity: float
    is_match: bool
    probability: float = 0.0

    @property
    def certainty(self) -> Certainty:
        """How the name is shown."""
        return Certainty.of(self.probability)
