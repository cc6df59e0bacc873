"""From voices of windows to people."""

from __future__ import annotations

import numpy as np
import pytest

from app.domain.ids import StreamId
from app.domain.session import SpeakerRange
from app.pipeline import voice_groups
from app.pipeline.local_voices import analyse_stream
from app.pipeline.voice_groups import assign_windows, find_people, unit
from tests.fakes.tone_voices import AverageLinkage, ToneEmbedding, ToneSegmentation, speech

pytestmark = pytest.mark.unit


def analyse(samples):
    return analyse_stream(samples, ToneSegmentation(), ToneEmbedding(), lambda _share: None)


def people_of(speakers=None, **streams):
    analysed = {StreamId(name): analyse(samples) for name, samples in streams.items()}
    return analysed, find_people(analysed, AverageLinkage(), speakers or SpeakerRange())


def test_people_are_ordered_by_how_much_they_are_heard():
    _, people = people_of(mix=speech(40, (0, 0, 8), (1, 9, 39)))

    assert people.argmax(axis=1).tolist() == [1, 0]
    np.testing.assert_allclose(np.linalg.norm(people, axis=1), 1.0, atol=1e-5)


def test_a_person_in_both_streams_is_one_person():
    _, people = people_of(mic=speech(20, (0, 0, 9)), system=speech(20, (0, 10, 19), (1, 0, 9)))

    assert len(people) == 2


def test_a_stranger_of_a_second_is_a_person_unless_the_range_is_full():
    samples = speech(40, (0, 0, 20), (1, 20.5, 21.9), (0, 22.5, 40))

    _, people = people_of(mix=samples)
    _, limited = people_of(mix=samples, speakers=SpeakerRange(minimum=1, maximum=1))

    assert people.argmax(axis=1).tolist() == [0, 1]
    assert limited.argmax(axis=1).tolist() == [0]


def test_a_stranger_of_half_a_second_is_nobody():
    _, people = people_of(mix=speech(40, (0, 0, 20), (1, 20.5, 21.1), (0, 22.5, 40)))

    assert len(people) == 1


def test_windows_that_were_not_embedded_take_their_people_from_the_others():
    analysed, people = people_of(mix=speech(40, (0, 1, 12), (1, 14, 25), (0, 27, 39)))

    activity = assign_windows(analysed[StreamId.MIX], people)

    frame_s = analysed[StreamId.MIX].frame_s
    for person, start_s, end_s in ((0, 1, 12), (1, 14, 25), (0, 27, 39)):
        column = people.argmax(axis=1).tolist().index(person)
        inside = activity[round(start_s / frame_s) + 2 : round(end_s / frame_s) - 2]
        assert inside[:, column].min() > 0.9
        assert np.delete(inside, column, axis=1).max() < 0.1


def test_a_long_recording_is_thinned_out_before_clustering(monkeypatch):
    monkeypatch.setattr(voice_groups, "MAX_CLUSTERED", 5)
    sizes = []

    class Counting(AverageLinkage):
        def cluster(self, vectors, minimum, maximum):
            sizes.append(len(vectors))
            return super().cluster(vectors, minimum, maximum)

    analysed = {StreamId.MIX: analyse(speech(60, (0, 0, 30), (1, 30, 60)))}

    people = find_people(analysed, Counting(), SpeakerRange())

    assert sizes == [5]
    assert len(people) == 2


def test_unit_leaves_zero_rows_finite():
    assert np.isfinite(unit(np.zeros((1, 3), dtype=np.float32))).all()
