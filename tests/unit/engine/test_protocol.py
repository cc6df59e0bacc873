"""What both sides of the connection agree on."""

import pickle
from dataclasses import replace

import pytest

from app.domain.errors import Category
from app.domain.ids import StreamId, TrackId
from app.domain.messages import TrackState, TranscriptPatch
from app.engine.protocol import (
    RESUME_CONTEXT_S,
    Acknowledged,
    ActivityFailed,
    Cancel,
    EndOfStream,
    OpenSession,
    Patched,
    first_sample,
)
from tests.fakes.listener import make_config

pytestmark = pytest.mark.unit

STATE = TrackState(track=TrackId("S1"), total=(1.0, 0.5), speech_s=2.0)


@pytest.mark.parametrize(
    ("resume_s", "first_s"), [(0.0, 0.0), (1.0, 0.0), (100.0, 100.0 - RESUME_CONTEXT_S)]
)
def test_audio_begins_with_context_in_front_of_the_resume_point(resume_s, first_s):
    config = replace(make_config(), resume_from={StreamId.MIC: round(resume_s * 16_000)})

    assert first_sample(config, StreamId.MIC) == round(first_s * 16_000)
    assert first_sample(config, StreamId.SYSTEM) == 0


@pytest.mark.parametrize(
    "message",
    [
        OpenSession(make_config(), (STATE,)),
        EndOfStream(StreamId.MIC),
        Cancel(),
        Acknowledged(StreamId.MIC, 16_000),
        Patched(TranscriptPatch(processed_until={StreamId.MIC: 5}), (STATE,)),
        ActivityFailed("No weights.", Category.MISSING_MODEL, is_known=True),
    ],
    ids=lambda message: type(message).__name__,
)
def test_messages_survive_the_pipe(message):
    assert pickle.loads(pickle.dumps(message)) == message
