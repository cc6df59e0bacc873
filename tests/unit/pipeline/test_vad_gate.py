"""When utterances open, close and are cut."""

import pytest

from app.domain.ids import StreamId
from app.domain.units import SESSION_RATE_HZ, Span
from app.pipeline.vad_gate import GateParameters, VadGate

pytestmark = pytest.mark.unit

HOP = 512
HOP_S = HOP / SESSION_RATE_HZ


def hops(seconds: float) -> int:
    return round(seconds / HOP_S)


def drive(*stretches, parameters=None, start=0):
    """Push stretches of (probability, seconds); returns the gate and what it closed."""
    gate = VadGate(StreamId.MIC, HOP, parameters, start=start)
    closed = []
    for probability, seconds in stretches:
        for _ in range(hops(seconds)):
            span = gate.push(probability)
            if span is not None:
                closed.append(span)
    return gate, closed


def test_utterance_gets_pre_roll_and_a_tail_of_silence():
    _, closed = drive((0.0, 2.0), (1.0, 1.0), (0.0, 1.0))

    assert len(closed) == 1
    span = closed[0].span
    assert span.start_s == pytest.approx(2.0 - 0.3, abs=HOP_S)
    assert span.end_s == pytest.approx(3.0 + 0.25, abs=HOP_S)
    assert closed[0].is_final
    assert not closed[0].is_continued


def test_yes_of_a_fifth_of_a_second_is_kept():
    _, closed = drive((0.0, 1.0), (0.9, 0.2), (0.0, 1.0))

    assert len(closed) == 1
    assert closed[0].span.start_s <= 1.0
    assert closed[0].span.end_s >= 1.2


def test_click_is_no_speech():
    gate, closed = drive((0.0, 1.0), (1.0, 2 * HOP_S), (0.0, 1.0))

    assert closed == []
    assert gate.flush() is None


def test_pause_shorter_than_the_hangover_does_not_end_the_utterance():
    _, closed = drive((1.0, 1.0), (0.0, 0.4), (1.0, 1.0), (0.0, 0.6))

    assert [s.span.end_s for s in closed] == [pytest.approx(2.4 + 0.25, abs=3 * HOP_S)]


def test_hesitation_between_the_thresholds_is_still_speech():
    _, closed = drive((1.0, 0.5), (0.4, 3.0), (0.0, 1.0))

    assert [s.span.end_s for s in closed] == [pytest.approx(3.75, abs=3 * HOP_S)]


def test_hesitation_alone_opens_nothing():
    gate, closed = drive((0.45, 3.0))

    assert closed == []
    assert gate.open_span is None


def test_second_pre_roll_never_reaches_into_the_first_utterance():
    _, closed = drive((1.0, 0.5), (0.0, 0.55), (1.0, 0.5), (0.0, 1.0))

    assert len(closed) == 2
    assert closed[1].span.start >= closed[0].span.end


def test_pre_roll_stops_at_the_start_of_the_stream():
    _, closed = drive((1.0, 0.5), (0.0, 1.0), start=160_000)

    assert closed[0].span.start == 160_000


def test_open_span_is_told_while_speech_goes_on():
    gate, _ = drive((0.0, 1.0), (1.0, 1.0))

    assert gate.open_span is not None
    assert gate.open_span.start_s == pytest.approx(0.7, abs=HOP_S)
    assert gate.open_span.end == gate.position == gate.last_speech_end


def test_flush_closes_at_the_last_sample():
    gate, closed = drive((0.0, 1.0), (1.0, 1.0))

    last = gate.flush()

    assert closed == []
    assert last is not None
    assert last.span.end == gate.position
    assert gate.flush() is None


def test_monologue_is_cut_at_its_deepest_pause_in_the_later_half():
    parameters = GateParameters(max_length_s=10.0)

    gate, closed = drive(
        (1.0, 2.0), (0.0, 0.3), (1.0, 4.7), (0.1, 0.2), (1.0, 2.0), (0.2, 0.2), (1.0, 2.0),
        parameters=parameters,
    )  # fmt: skip

    assert len(closed) == 1
    assert closed[0].is_continued
    assert closed[0].span.end_s == pytest.approx(7.1, abs=0.15)
    assert gate.open_span is not None
    assert gate.open_span.start == closed[0].span.end


def test_pause_at_the_length_limit_ends_the_utterance():
    parameters = GateParameters(max_length_s=2.0)

    gate, closed = drive((1.0, 1.6), (0.0, 3.0), parameters=parameters)

    assert [s.is_continued for s in closed] == [False]
    assert closed[0].span.end_s == pytest.approx(1.6 + 0.25, abs=2 * HOP_S)
    assert gate.flush() is None


def test_mean_probability_is_that_of_the_speech():
    _, closed = drive((0.6, 0.32), (1.0, 0.32), (0.0, 1.0))

    assert closed[0].mean_probability == pytest.approx((0.6 + 1.0) * 10 / 36, abs=0.02)


@pytest.mark.parametrize(
    ("stretches", "is_sure"),
    [
        ([(0.7, 1.0)], False),
        ([(0.7, 0.5), (0.95, 2 * HOP_S), (0.7, 0.5)], False),
        ([(0.7, 0.5), (0.95, 3 * HOP_S), (0.7, 0.5)], True),
        ([(0.95, 0.2)], True),
    ],
)
def test_gate_tells_whether_the_model_was_sure_for_as_long_as_a_word(stretches, is_sure):
    gate, (utterance,) = drive((0.0, 1.0), *stretches, (0.0, 1.0))

    assert utterance.is_sure is is_sure
    assert gate.is_sure(utterance.span) is is_sure
    assert not gate.is_sure(Span(utterance.span.start, utterance.span.start + HOP))
