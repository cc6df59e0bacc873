"""When lane A looks and listens."""

import itertools

import numpy as np
import pytest

from app.domain.ids import StreamId
from app.domain.messages import AudioBlock
from app.domain.units import Span, to_samples
from app.engine.front import (
    EMBED_MAX_S,
    GLIMPSE_MIN_S,
    HOP_FRAMES,
    MIN_WINDOW_S,
    WINDOW_S,
    StreamFront,
    analyse,
    due_samples,
    due_window,
)
from app.pipeline.vad_gate import GateParameters
from tests.fakes.models import FRAME_STEP, FakeSegmentation, FakeVad, Script

pytestmark = pytest.mark.unit

TALK = Script.of_turns((0, 0.0, "word " * 60))
SILENCE = np.zeros(to_samples(30.0), dtype=np.float32)


def make_front(start=0):
    return StreamFront.at(StreamId.MIC, FakeVad(), start, itertools.count(1), GateParameters())


def hear(front, samples):
    """Take samples in as the session does."""
    start = front.audio.span.end
    front.audio.append(samples)
    return front.hear(
        AudioBlock(stream=StreamId.MIC, span=Span(start, start + len(samples)), samples=samples)
    )


def look(front, *, is_ended=False):
    """Run the due window; returns it and the chains that are active in it."""
    window = due_window(front, is_ended=is_ended)
    if window is None:
        return None, ()
    model = FakeSegmentation(TALK)
    activity = analyse(model, front.stream, window, front.audio.get(window))
    return window, front.stitcher.push(activity)


def test_utterance_that_ends_with_the_stream_stops_at_its_last_sample():
    front = make_front()
    hear(front, TALK.samples[: to_samples(2.0) + 7])

    (span,) = front.end()

    assert span.span == Span(0, to_samples(2.0) + 7)
    assert span.is_final


def test_front_begins_where_it_is_told():
    front = make_front(start=to_samples(100))

    hear(front, TALK.samples[: to_samples(1.0)])

    assert front.gate.open_span is not None
    assert front.gate.open_span.start == to_samples(100)


def test_first_window_waits_for_enough_audio():
    front = make_front()
    hear(front, TALK.samples[: to_samples(MIN_WINDOW_S) - 1])
    before = due_window(front)

    hear(front, TALK.samples[:1])

    assert before is None
    assert due_window(front) == Span(0, to_samples(MIN_WINDOW_S))


def test_windows_follow_each_other_on_the_frame_grid():
    front = make_front()
    windows = []
    for start in range(0, to_samples(14.0), 1_600):
        hear(front, TALK.samples[start : start + 1_600])
        windows.append(look(front)[0])

    found = [window for window in windows if window is not None]
    assert len(found) == 25
    assert all(window.start % FRAME_STEP == 0 for window in found)
    assert all(window.duration_s <= WINDOW_S for window in found)
    assert {b.end - a.end for a, b in itertools.pairwise(found)} == {HOP_FRAMES * FRAME_STEP}


def test_silence_is_not_looked_at():
    front = make_front()

    hear(front, SILENCE[: to_samples(5.0)])

    assert due_window(front) is None


def test_end_of_the_stream_is_looked_at_once():
    front = make_front()
    hear(front, TALK.samples[: to_samples(2.3)])
    look(front)

    last, _ = look(front, is_ended=True)

    assert last is not None
    assert last.end == to_samples(2.3)
    assert look(front, is_ended=True) == (None, ())


def test_voice_is_taken_once_a_second_has_been_heard():
    front = make_front()
    taken = []
    for start in range(0, to_samples(6.0), 1_600):
        hear(front, TALK.samples[start : start + 1_600])
        window, active = look(front)
        if window is not None:
            taken += due_samples(front, active)

    assert len(taken) >= 3
    assert {sample.chain_id for sample in taken} == {1, 2}  # a long turn is several chains
    glimpses = [sample for sample in taken if sample.is_glimpse]
    taken = [sample for sample in taken if not sample.is_glimpse]
    assert [sample.chain_id for sample in glimpses] == [2]
    assert all(GLIMPSE_MIN_S <= sample.speech_s < 1.0 for sample in glimpses)
    assert all(sample.speech_s >= 1.0 or sample.chain_id == 1 for sample in taken)
    spans = [span for sample in taken for span in sample.spans]
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


def test_voice_is_taken_from_the_newest_seconds_only():
    front = make_front()
    hear(front, TALK.samples[: to_samples(10.0)])
    front.next_window_end = to_samples(10.0)
    _, active = look(front)

    samples = due_samples(front, active)

    heard = [sum(span.duration_s for span in sample.spans) for sample in samples]
    assert max(heard) == pytest.approx(EMBED_MAX_S, abs=0.02)
    assert max(sample.spans[-1].end_s for sample in samples) == pytest.approx(10.0, abs=0.02)


def test_short_turn_is_taken_when_it_is_over():
    front = make_front()
    hear(front, np.concatenate([TALK.samples[: to_samples(0.7)], SILENCE[: to_samples(0.8)]]))
    _, active = look(front)

    (sample,) = due_samples(front, active)

    assert sample.speech_s == pytest.approx(0.7, abs=0.05)


def test_very_short_turn_adds_nothing_to_a_voice():
    front = make_front()
    hear(front, np.concatenate([TALK.samples[: to_samples(0.3)], SILENCE[: to_samples(1.2)]]))
    _, active = look(front)

    assert active == (1,)
    assert due_samples(front, active) == []
