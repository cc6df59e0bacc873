from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, ModelId, TrackId
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.messages import TrackState
from app.domain.speakers import Voiceprint
from app.services.events import TranscriptChanged
from app.services.live_names import LOOK_EVERY_S, LiveNames
from app.services.recording import RecordingRequest
from tests.fakes.engine import MODELS, Voices, unit_vector
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit

M = MeetingId("m")
ADA, NEITHER = (1.0, 0.0), (0.0, 1.0)


def voice(track, values, speech_s=20.0):
    total = tuple(float(v) * speech_s for v in unit_vector(values))
    return TrackState(track=TrackId(track), total=total, speech_s=speech_s)


@pytest.fixture
def ada(program):
    profile = program.library.speakers.add("Ada", has_consent=True)
    program.library.speakers.add_voiceprint(
        Voiceprint(
            speaker_id=profile.speaker_id,
            model_id=ModelId("campplus-zh-en"),
            vector=np.array(unit_vector(ADA), dtype=np.float32),
            speech_s=20.0,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    )
    return profile


@pytest.fixture
def look(program, ada):
    """Look at voices, time enough after the last look."""
    program.library.meetings.create(
        Meeting(
            meeting_id=M,
            title="Talk",
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            state=MeetingState.RECORDING,
            source=MeetingSource.RECORDING,
        )
    )
    program.library.transcripts.apply(
        M, patch(segment("a", "one", track="S1"), segment("b", "two", start_s=3, track="S2"))
    )
    names = LiveNames(program.core, M, "campplus-zh-en")

    def make(*voices):
        program.clock.advance(LOOK_EVERY_S)
        return names.look(voices)

    return make


def labels(program):
    return [speaker.label for speaker in program.library.transcripts.speakers(M)]


def test_an_enrolled_voice_is_named_and_others_stay_unknown(program, ada, look):
    assert look(voice("S1", ADA), voice("S2", NEITHER))

    assert labels(program) == ["Ada", "Speaker 2"]
    assert program.library.transcripts.speakers(M)[0].speaker_id == ada.speaker_id


def test_a_name_that_stays_is_no_change(look):
    look(voice("S1", ADA))

    assert not look(voice("S1", ADA, speech_s=25.0))


def test_a_name_that_no_longer_fits_is_taken_back(program, look):
    look(voice("S1", ADA))

    assert look(voice("S1", NEITHER))
    assert labels(program) == ["Speaker 1", "Speaker 2"]


def test_little_speech_gives_no_name(program, look):
    assert not look(voice("S1", ADA, speech_s=1.5))
    assert labels(program) == ["Speaker 1", "Speaker 2"]


def test_a_doubtful_fit_shows_a_question_mark_until_it_is_sure(program, look):
    doubtful = [voice("S1", ADA), voice("S2", ADA, speech_s=19.0)]

    look(*doubtful)
    assert sorted(labels(program)) in (["Ada?", "Speaker 1"], ["Ada?", "Speaker 2"])
    look(voice("S1", ADA), voice("S2", NEITHER))

    assert labels(program) == ["Ada", "Speaker 2"]


def test_what_the_user_said_stays_and_nobody_is_named_twice(program, look):
    program.library.transcripts.rename_track(M, TrackId("S2"), "Ada")

    assert not look(voice("S1", ADA), voice("S2", NEITHER))
    assert labels(program) == ["Speaker 1", "Ada"]


def test_a_voice_that_the_library_does_not_have_yet_waits(look):
    assert not look(voice("S9", ADA))


def test_looks_are_rare(program, look):
    names = LiveNames(program.core, M, "campplus-zh-en")

    assert not names.look([voice("S1", NEITHER)])
    assert not names.look([voice("S1", ADA)])
    program.clock.advance(LOOK_EVERY_S)
    assert names.look([voice("S1", ADA)])


def test_a_library_that_cannot_be_read_costs_only_this_look(program, look, monkeypatch):
    def refuse():
        raise KnownError("The library is busy.")

    with monkeypatch.context() as patched:
        patched.setattr(program.library.speakers, "voiceprints", refuse)
        assert not look(voice("S1", ADA))

    assert look(voice("S1", ADA))


def test_a_running_recording_reports_the_name(program, ada):
    program.engine.live = [MODELS, patch(segment("a", "hello")), Voices((voice("S1", ADA),))]
    devices = {device.stream: device.key for device in program.backend.list_devices()}
    live = program.context.recording.start(
        RecordingRequest(devices=devices, wants_refine=False), program.listen
    )
    program.engine.sessions[0].has_played.wait(10)
    labels = [s.label for e in program.events_of(TranscriptChanged) for s in e.speakers]
    live.stop()
    live.wait(10)

    assert labels[-1] == "Ada"
