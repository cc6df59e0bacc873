"""Windows over a stream, and the voices found in them."""

from __future__ import annotations

import numpy as np
import pytest

from app.pipeline.local_voices import analyse_stream, runs
from tests.fakes.tone_voices import FRAME_STEP, ToneEmbedding, ToneSegmentation, speech

pytestmark = pytest.mark.unit


def analyse(samples):
    return analyse_stream(samples, ToneSegmentation(), ToneEmbedding(), lambda _share: None)


def test_windows_cover_the_stream_to_its_end():
    stream = analyse(speech(33.3, (0, 0, 33.3)))

    covered = np.zeros(stream.frame_count, dtype=bool)
    for window, first in enumerate(stream.first_frames):
        activity = stream.window_activity(window)
        covered[first : first + len(activity)] |= activity[:, 0] > 0.5
    assert covered[: int(33.2 * 16_000 / FRAME_STEP)].all()
    assert stream.frame_count * FRAME_STEP >= 33.2 * 16_000


def test_overlapped_speech_is_left_out_of_the_embedding():
    stream = analyse(speech(10, (0, 0, 6), (1, 4, 10)))

    first, second = stream.voices
    assert first.clean_s == pytest.approx(4.0, abs=0.1)
    assert second.clean_s == pytest.approx(4.0, abs=0.1)
    assert first.vector @ second.vector < 0.05


def test_a_voice_of_a_fraction_of_a_second_has_no_vector():
    stream = analyse(speech(10, (0, 0, 6), (1, 8, 8.1)))

    assert [voice.vector is None for voice in stream.voices] == [False, True]


def test_a_stream_shorter_than_a_second_is_padded():
    stream = analyse(speech(0.5, (0, 0, 0.5)))

    assert len(stream.first_frames) == 1
    assert stream.window_activity(0)[5, 0] == 1.0


def test_runs_are_half_open_intervals():
    mask = np.array([True, True, False, True, False, False, True])

    assert list(runs(mask)) == [(0, 2), (3, 4), (6, 7)]
