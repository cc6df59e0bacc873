"""What voices sound like alone, kept under the labels that hold now."""

import itertools

import numpy as np
import pytest

from app.domain.ids import StreamId, TrackId
from app.domain.messages import LocalActivity
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.pipeline.activity import ActivityStitcher
from app.pipeline.voice_memory import VoiceMemory

pytestmark = pytest.mark.unit

STEP = 270
A, B = TrackId("S1"), TrackId("S2")


def heard(*talks, seconds=12.0):
    """A stitcher that heard (start, end) in seconds, one talker each."""
    frames = round(seconds * SESSION_RATE_HZ / STEP)
    activity = np.zeros((frames, len(talks)), dtype=np.float32)
    for local, (start_s, end_s) in enumerate(talks):
        first, last = (round(at_s * SESSION_RATE_HZ / STEP) for at_s in (start_s, end_s))
        activity[first:last, local] = 1.0
    stitcher = ActivityStitcher(StreamId.MIC, first_chain=itertools.count(1))
    stitcher.push(
        LocalActivity(
            stream=StreamId.MIC,
            span=Span(0, frames * STEP),
            activity=activity,
            frame_step=STEP,
        )
    )
    return stitcher


def seconds_of(samples):
    return len(samples) / SESSION_RATE_HZ


def get(span):
    """Samples that say when they were said, in seconds."""
    return (np.arange(span.start, span.end) / SESSION_RATE_HZ).astype(np.float32)


def test_speech_is_kept_where_nobody_else_talks():
    stitcher = heard((1.0, 4.0), (3.0, 6.0))
    memory = VoiceMemory(0)
    tracks = {1: A, 2: B}

    memory.hear(stitcher, get, to_samples(8.0), tracks.get)

    assert seconds_of(memory.of(A, tracks.get)) == pytest.approx(2.0, abs=0.05)
    assert memory.of(B, tracks.get)[0] == pytest.approx(4.0, abs=0.05)
    assert memory.of(A, tracks.get).dtype == np.float32
    assert memory.of(TrackId("S3"), tracks.get).shape == (0,)


def test_a_voice_that_gets_another_name_takes_its_speech_along():
    memory = VoiceMemory(0)
    memory.hear(heard((1.0, 4.0)), get, to_samples(8.0), {1: A}.get)

    assert len(memory.of(A, {1: B}.get)) == 0
    assert seconds_of(memory.of(B, {1: B}.get)) == pytest.approx(3.0, abs=0.05)


def test_every_moment_is_taken_once_and_not_in_small_pieces():
    stitcher = heard((0.0, 4.0))
    memory = VoiceMemory(to_samples(1.0))
    for until_s in (1.5, 2.9, 3.1, 3.2, 2.0, 8.0):
        memory.hear(stitcher, get, to_samples(until_s), {1: A}.get)

    said = memory.of(A, {1: A}.get)
    assert np.all(np.diff(said) >= 0)
    assert seconds_of(said) == pytest.approx(3.0, abs=0.05)


def test_stretches_that_may_be_somebody_elses_are_left_out():
    memory = VoiceMemory(0)

    memory.hear(heard((1.0, 1.2), (1.1, 4.0)), get, to_samples(8.0), {1: A, 2: B}.get)

    assert len(memory.of(A, {1: A, 2: B}.get)) == 0


def test_only_the_newest_of_each_voice_is_kept():
    memory = VoiceMemory(0, learn_s=1.0)
    tracks = {1: A, 2: B, 3: A, 4: A}
    stitcher = heard((0.0, 2.0), (2.0, 4.0), (4.5, 7.0))
    for until_s in (3.0, 6.0, 9.0):
        memory.hear(stitcher, get, to_samples(until_s), tracks.get)

    kept = memory.of(A, tracks.get)
    assert kept.max() == pytest.approx(7.0, abs=0.05)
    assert kept.min() > 2.0
    assert len(memory.of(B, tracks.get)) > 0
    assert memory.seconds < 5.0
