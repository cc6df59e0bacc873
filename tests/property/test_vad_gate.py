"""What holds for the gate whatever the probabilities and the parameters."""

import itertools
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.ids import StreamId
from app.domain.messages import SpeechSpan
from app.domain.units import SESSION_RATE_HZ
from app.pipeline.vad_gate import GateParameters, VadGate

pytestmark = pytest.mark.property

HOP = 512
HOP_S = HOP / SESSION_RATE_HZ
runs = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.36, 0.5, 0.8, 1.0]), st.integers(1, 30)), max_size=14
)
parameters = st.builds(
    GateParameters,
    min_speech_s=st.sampled_from([0.03, 0.1, 0.25]),
    pre_roll_s=st.sampled_from([0.0, 0.3]),
    hangover_s=st.sampled_from([0.3, 0.5]),
    tail_s=st.sampled_from([0.0, 0.1, 0.25]),
    max_length_s=st.sampled_from([1.5, 3.0, 28.0]),
)


def drive(probabilities: list[float], chosen: GateParameters, start: int = 0) -> list[SpeechSpan]:
    gate = VadGate(StreamId.MIC, HOP, chosen, start=start)
    closed = [gate.push(p) for p in probabilities]
    return [span for span in [*closed, gate.flush()] if span is not None]


PAUSE_AT_THE_LIMIT = [(1.0, 32), (0.0, 15), (0.0, 40)]


@given(runs, parameters, st.sampled_from([0, 777]))
@example(PAUSE_AT_THE_LIMIT, GateParameters(pre_roll_s=0.0, max_length_s=1.5), 0)
def test_spans_are_ordered_apart_inside_and_hold_all_speech(pattern, chosen, start):
    probabilities = [p for p, count in pattern for _ in range(count)]

    spans = drive(probabilities, chosen, start)

    end = start + HOP * len(probabilities)
    assert all(start <= s.span.start < s.span.end <= end for s in spans)
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(spans))
    assert all(s.is_final and 0.0 <= s.mean_probability <= 1.0 for s in spans)
    needed = math.ceil(chosen.min_speech_s * SESSION_RATE_HZ / HOP)
    for first, length in speech_runs(probabilities, chosen.open_probability):
        if length < needed:
            continue
        for i in range(first, first + length):
            middle = start + i * HOP + HOP // 2
            assert any(s.span.contains(middle) for s in spans), f"hop {i} is in no span"


@given(runs, parameters)
def test_only_cut_spans_are_longer_than_nothing_and_shorter_than_the_limit(pattern, chosen):
    probabilities = [p for p, count in pattern for _ in range(count)]

    spans = drive(probabilities, chosen)

    for one, two in itertools.pairwise(spans):
        if one.is_continued:
            assert one.span.end == two.span.start
    assert not spans or not spans[-1].is_continued
    assert all(s.span.duration_s <= chosen.max_length_s + HOP_S for s in spans)


@given(st.lists(st.floats(0.0, 0.499), max_size=60), parameters)
def test_nothing_opens_below_the_threshold(probabilities, chosen):
    assert drive(probabilities, chosen) == []


def speech_runs(probabilities: list[float], threshold: float) -> list[tuple[int, int]]:
    """(first hop, hops) of every unbroken run of speech."""
    found = []
    position = 0
    for is_speech, group in itertools.groupby(probabilities, lambda p: p >= threshold):
        length = len(list(group))
        if is_speech:
            found.append((position, length))
        position += length
    return found
