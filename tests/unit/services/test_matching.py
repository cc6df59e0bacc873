from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from app.domain.ids import ModelId, SpeakerId
from app.domain.recognition import Calibration, Certainty, LogisticWeights, VoiceSample
from app.domain.speakers import SpeakerProfile, Voiceprint
from app.services.matching import mean_vector, person_samples, rank

pytestmark = pytest.mark.unit

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALIBRATION = Calibration(model_id="m", weights=LogisticWeights(bias=-12.0, slope=20.0))


def at(degrees):
    angle = np.deg2rad(degrees)
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def sample(degrees, speech_s=10.0):
    return VoiceSample(vector=at(degrees), speech_s=speech_s)


def profile(name):
    return SpeakerProfile(speaker_id=SpeakerId(name), name=name, created_at=NOW, has_consent=True)


def voiceprint(name, vector, model="m", speech_s=10.0):
    return Voiceprint(
        speaker_id=SpeakerId(name),
        model_id=ModelId(model),
        vector=vector,
        speech_s=speech_s,
        created_at=NOW,
    )


def test_the_mean_is_weighted_by_speech_and_normalised():
    even = mean_vector([at(0), at(90)], [1.0, 1.0])
    leaning = mean_vector([at(0), at(90)], [3.0, 1.0])

    assert even == pytest.approx(at(45), abs=1e-6)
    assert np.linalg.norm(leaning) == pytest.approx(1.0)
    assert leaning[0] > leaning[1]


def test_voiceprints_of_other_models_are_not_compared():
    people = person_samples(
        [voiceprint("ada", at(0)), voiceprint("bob", at(90), model="other")], "m"
    )

    assert set(people) == {"ada"}


def test_the_speech_of_all_recordings_counts():
    people = person_samples([voiceprint("ada", at(0)), voiceprint("ada", at(2))], "m")

    assert people[SpeakerId("ada")].speech_s == 20.0
    assert people[SpeakerId("ada")].vector == pytest.approx(at(1), abs=1e-3)


def test_the_best_person_comes_first_and_only_that_can_match():
    people = {
        SpeakerId("ada"): sample(10),
        SpeakerId("bob"): sample(80),
        SpeakerId("eve"): sample(170),
    }

    ranked = rank(
        sample(0),
        people,
        [profile("eve"), profile("bob"), profile("ada"), profile("x")],
        CALIBRATION,
    )

    assert [m.profile.name for m in ranked] == ["ada", "bob", "eve"]
    assert [m.is_match for m in ranked] == [True, False, False]
    assert [m.certainty for m in ranked[:2]] == [Certainty.CERTAIN, Certainty.UNKNOWN]
    assert ranked[0].similarity == pytest.approx(np.cos(np.deg2rad(10)), abs=1e-6)


def test_two_people_alike_match_neither():
    people = {SpeakerId("ada"): sample(10), SpeakerId("bob"): sample(-10)}

    ranked = rank(sample(0), people, [profile("ada"), profile("bob")], CALIBRATION)

    assert not any(m.is_match for m in ranked)
    assert [m.probability for m in ranked] == pytest.approx([0.5, 0.5], abs=1e-3)
