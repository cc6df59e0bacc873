"""Which enrolled person a voice belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from app.domain.ids import SpeakerId, TrackId
from app.domain.messages import Float32Array
from app.domain.recognition import PROBABLE, Calibration, VoiceSample, posteriors
from app.domain.speakers import (
    MeetingSpeaker,
    NameSource,
    SpeakerMatch,
    SpeakerProfile,
    Voiceprint,
)


def mean_vector(vectors: Sequence[Float32Array], weights: Sequence[float]) -> Float32Array:
    """The weighted mean direction of L2-normalised vectors, L2-normalised.

    Args:
        vectors: float32 (dim,) each, one at least.
        weights: One per vector, above 0: seconds of speech.
    """
    total = np.average(np.stack(vectors), axis=0, weights=np.asarray(weights))
    length = float(np.linalg.norm(total))
    return (total / length if length > 0 else total).astype(np.float32)


def person_samples(
    voiceprints: Iterable[Voiceprint], model_id: str
) -> dict[SpeakerId, VoiceSample]:
    """Per person, what `model_id` made of all recordings; other models cannot be compared."""
    prints: dict[SpeakerId, list[Voiceprint]] = {}
    for voiceprint in voiceprints:
        if voiceprint.model_id == model_id:
            prints.setdefault(voiceprint.speaker_id, []).append(voiceprint)
    return {
        speaker_id: VoiceSample(
            vector=mean_vector([p.vector for p in own], [max(p.speech_s, 0.1) for p in own]),
            speech_s=sum(p.speech_s for p in own),
        )
        for speaker_id, own in prints.items()
    }


def rank(
    voice: VoiceSample,
    people: Mapping[SpeakerId, VoiceSample],
    profiles: Iterable[SpeakerProfile],
    calibration: Calibration,
) -> tuple[SpeakerMatch, ...]:
    """Compare one voice with all people, best first; at most the first is a match."""
    known = [profile for profile in profiles if profile.speaker_id in people]
    odds = [calibration.log_odds(voice, people[profile.speaker_id]) for profile in known]
    scored = sorted(
        zip(posteriors(odds), odds, known, strict=True),
        key=lambda row: (-row[0], -row[1], row[2].name),
    )
    return tuple(
        SpeakerMatch(
            profile=profile,
            similarity=float(np.dot(voice.vector, people[profile.speaker_id].vector)),
            is_match=position == 0 and probability >= PROBABLE,
            probability=probability,
        )
        for position, (probability, _, profile) in enumerate(scored)
    )


def nameable(
    speakers: Iterable[MeetingSpeaker], profiles: Iterable[SpeakerProfile]
) -> tuple[dict[TrackId, MeetingSpeaker], dict[SpeakerId, SpeakerProfile]]:
    """The voices that recognition may name, and the people who are left for them.

    What the user named stays, and nobody is two voices.
    """
    speakers = tuple(speakers)
    of_user = [s for s in speakers if s.source is NameSource.USER]
    names = {s.name.casefold() for s in of_user if s.name}
    ids = {s.speaker_id for s in of_user if s.speaker_id}
    voices = {s.track: s for s in speakers if s.source is not NameSource.USER}
    people = {
        p.speaker_id: p
        for p in profiles
        if p.name.casefold() not in names and p.speaker_id not in ids
    }
    return voices, people


def log_odds_of(
    voices: Mapping[TrackId, VoiceSample],
    people: Mapping[SpeakerId, VoiceSample],
    calibration: Calibration,
) -> dict[TrackId, dict[SpeakerId, float]]:
    """Per voice and person, the log likelihood ratio that they are one."""
    return {
        track: {
            speaker_id: calibration.log_odds(voice, person) for speaker_id, person in people.items()
        }
        for track, voice in voices.items()
    }


def named(voice: MeetingSpeaker, profile: SpeakerProfile, probability: float) -> MeetingSpeaker:
    """A voice under the name of a person that recognition takes it for."""
    return MeetingSpeaker(
        track=voice.track,
        index=voice.index,
        name=profile.name,
        speaker_id=profile.speaker_id,
        source=NameSource.ENROLLED,
        confidence=probability,
    )
