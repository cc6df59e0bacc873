"""Who says what at the moment; what a session makes of it is in `test_session.py`."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from app.domain.ids import StreamId, TrackId
from app.domain.messages import LocalActivity
from app.domain.units import SESSION_RATE_HZ, Span
from app.engine.labels import VoiceLabels
from app.pipeline.activity import ActivityStitcher
from app.pipeline.cluster import OnlineClusters
from tests.fakes.speech import make_words

pytestmark = pytest.mark.unit

STEP = 270
MIX = StreamId.MIX
A, B = TrackId("S1"), TrackId("S2")
AXES = np.eye(4, dtype=np.float32)


def heard(*talks, seconds=9.0):
    """Labels of one stream in which (start, end) in seconds talk, one voice each."""
    stitcher = ActivityStitcher(MIX, first_chain=itertools.count(1))
    frames = round(seconds * SESSION_RATE_HZ / STEP)
    activity = np.zeros((frames, len(talks)), dtype=np.float32)
    for local, (start_s, end_s) in enumerate(talks):
        first, last = (round(at_s * SESSION_RATE_HZ / STEP) for at_s in (start_s, end_s))
        activity[first:last, local] = 1.0
    stitcher.push(
        LocalActivity(stream=MIX, span=Span(0, frames * STEP), activity=activity, frame_step=STEP)
    )
    return stitcher


@pytest.fixture
def clusters():
    made = OnlineClusters()
    made.observe(1, AXES[0], 2.0)
    made.observe(2, AXES[1], 4.0)
    return made


def labels_of(clusters, stitcher, overlaps_from=None):
    fronts = {MIX: SimpleNamespace(stream=MIX, stitcher=stitcher)}
    return VoiceLabels(clusters, fronts, overlaps_from or {})


def test_turns_name_who_is_known_by_time(clusters):
    labels = labels_of(clusters, heard((4.0, 6.0), (1.0, 5.0), (2.0, 3.0)))

    turns = labels.turns(MIX, Span.from_seconds(0.0, 9.0))

    assert [track for _, track in turns] == [B, A]
    assert [round(span.start_s) for span, _ in turns] == [1, 4]


def test_overlaps_are_told_once_and_only_behind_the_point_of_resuming(clusters):
    stitcher = heard((1.0, 3.0), (2.0, 4.0))
    labels = labels_of(clusters, stitcher)
    whole = Span.from_seconds(0.0, 9.0)

    (region,) = labels.overlaps(MIX, whole)

    assert region.tracks == (A, B)
    assert (region.span.start_s, region.span.end_s) == pytest.approx((2.0, 3.0), abs=0.05)
    assert labels.overlaps(MIX, whole) == ()
    assert labels_of(clusters, stitcher, {MIX: whole.end // 2}).overlaps(MIX, whole) == ()


def test_chain_of_a_track_is_the_one_that_talks_most(clusters):
    clusters.observe(3, AXES[0], 2.0)
    labels = labels_of(clusters, heard((1.0, 2.0), (1.0, 5.0), (2.5, 5.0)))
    span = Span.from_seconds(1.0, 5.0)

    assert labels.chain_at(MIX, A, span) == 3
    assert labels.chain_at(MIX, B, span) == 2
    assert labels.chain_at(MIX, TrackId("S9"), span) is None


def test_centroids_are_the_voices_at_unit_length(clusters):
    centroids = labels_of(clusters, heard((1.0, 2.0))).centroids()

    np.testing.assert_allclose(centroids[A], AXES[0])
    np.testing.assert_allclose(centroids[B], AXES[1])


def test_a_stranger_yields_to_known_voices(clusters):
    labels = labels_of(clusters, heard((1.0, 4.0), (1.0, 4.0), (1.0, 4.0)))

    heard_then, previous = labels.heard(MIX, make_words("one two", 1.0), None)

    assert [set(share) for share in heard_then] == [{1, 2}, {1, 2}]
    assert previous is None
    assert labels.label(1) == (A, labels.label(1)[1])
    assert labels.track_of(3) is None
