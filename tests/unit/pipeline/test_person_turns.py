"""Moving stretches, dropping echo, joining pauses."""

from __future__ import annotations

import numpy as np
import pytest

from app.domain.ids import StreamId
from app.domain.units import Span
from app.pipeline.local_voices import analyse_stream
from app.pipeline.person_turns import drop_echo, move_pieces, spans_of
from tests.fakes.tone_voices import FRAME_STEP, ToneEmbedding, ToneSegmentation, speech

pytestmark = pytest.mark.unit

FRAMES_PER_S = 16_000 // FRAME_STEP
PEOPLE = np.eye(5, dtype=np.float32)[:2]


def analyse(samples):
    return analyse_stream(samples, ToneSegmentation(), ToneEmbedding(), lambda _share: None)


def frames(stream, *talks, people=2):
    active = np.zeros((stream.frame_count, people), dtype=bool)
    for person, start_s, end_s in talks:
        active[round(start_s * FRAMES_PER_S) : round(end_s * FRAMES_PER_S), person] = True
    return active


def test_a_stretch_moves_to_the_person_it_sounds_like():
    samples = speech(20, (0, 0, 8), (1, 8, 12), (0, 12, 20))
    stream = analyse(samples)
    active = {StreamId.MIX: frames(stream, (0, 0, 20))}

    people = move_pieces(
        active, {StreamId.MIX: stream}, {StreamId.MIX: samples}, PEOPLE, ToneEmbedding()
    )

    moved = active[StreamId.MIX]
    assert moved[9 * FRAMES_PER_S : 11 * FRAMES_PER_S].tolist() == [[False, True]] * 100
    assert moved[: 7 * FRAMES_PER_S, 0].all()
    assert people.argmax(axis=1).tolist() == [0, 1]


def test_a_short_stretch_stays_where_it_is():
    samples = speech(10, (0, 0, 5), (1, 6, 6.5))
    stream = analyse(samples)
    active = {StreamId.MIX: frames(stream, (0, 0, 5), (0, 6, 6.5))}

    move_pieces(active, {StreamId.MIX: stream}, {StreamId.MIX: samples}, PEOPLE, ToneEmbedding())

    np.testing.assert_array_equal(active[StreamId.MIX], frames(stream, (0, 0, 5), (0, 6, 6.5)))


def test_echo_is_dropped_and_the_room_is_kept():
    stream = analyse(speech(20))
    streams = {StreamId.MIC: stream, StreamId.SYSTEM: stream}
    active = {
        StreamId.MIC: frames(stream, (0, 0, 9), (1, 10, 18), (1, 19, 19.5)),
        StreamId.SYSTEM: frames(stream, (1, 9.9, 17.9)),
    }

    drop_echo(active, streams)

    np.testing.assert_array_equal(active[StreamId.MIC], frames(stream, (0, 0, 9)))
    np.testing.assert_array_equal(active[StreamId.SYSTEM], frames(stream, (1, 9.9, 17.9)))


def test_somebody_of_the_room_is_dropped_only_while_heard_in_the_system_audio():
    stream = analyse(speech(40))
    streams = {StreamId.MIC: stream, StreamId.SYSTEM: stream}
    active = {
        StreamId.MIC: frames(stream, (0, 0, 30)),
        StreamId.SYSTEM: frames(stream, (0, 10, 11)),
    }

    drop_echo(active, streams)

    kept = active[StreamId.MIC][:, 0]
    assert kept[: 9 * FRAMES_PER_S].all()
    assert not kept[10 * FRAMES_PER_S : 11 * FRAMES_PER_S].any()
    assert kept[12 * FRAMES_PER_S : 30 * FRAMES_PER_S].all()


def test_drop_echo_leaves_a_single_stream_alone():
    stream = analyse(speech(10))
    active = {StreamId.MIC: frames(stream, (0, 0, 9))}

    drop_echo(active, {StreamId.MIC: stream})

    np.testing.assert_array_equal(active[StreamId.MIC], frames(stream, (0, 0, 9)))


def test_spans_join_short_pauses_and_stay_inside_the_recording():
    stream = analyse(speech(20))
    active = frames(stream, (0, 0, 2), (0, 2.4, 5), (0, 7, 20))[:, 0]

    spans = spans_of(stream, active, 20 * 16_000)

    assert len(spans) == 2
    assert spans[0].start == 0
    assert spans[0].end_s == pytest.approx(5.0, abs=0.1)
    assert spans[1].start_s == pytest.approx(6.9, abs=0.05)
    assert spans[1].end <= 20 * 16_000
    assert all(isinstance(span, Span) for span in spans)
