from __future__ import annotations

import random

import pytest

from app.bench.latency import MAX_WORD_S, Delays, measure_delays
from app.bench.sets import ReferenceWord
from app.bench.text import normalise
from app.domain.ids import StreamId
from app.domain.messages import CorrectionReason, SegmentStatus
from tests.fakes.shown import final, partial, spoken

pytestmark = pytest.mark.unit


def slow_twin(shown, reference):
    """For words that occur once: the first change whose text holds the word."""
    first, last = [], []
    for word in reference:
        text = normalise(word.text)
        times = [
            (change.t, update.status is SegmentStatus.FINAL)
            for change in shown
            for update in change.updates
            if text in [normalise(w.text) for w in update.words]
        ]
        if times:
            first.append(min(t for t, _ in times) - word.end_s)
        finals = [t for t, is_final in times if is_final]
        if finals:
            last.append(min(finals) - word.end_s)
    return tuple(first), tuple(last)


@pytest.mark.parametrize("seed", range(20))
def test_delays_of_unique_words_equal_the_slow_twin(seed):
    dice = random.Random(seed)
    names = [f"word{chr(97 + i)}" for i in range(8)]
    reference = spoken(" ".join(names))
    shown = []
    for count in range(1, 9):
        heard = [name if dice.random() < 0.8 else "noise" for name in names[:count]]
        shown.append(partial(count + dice.uniform(0.1, 0.9), " ".join(heard)))
    shown.append(final(10.0, " ".join(n for n in names if dice.random() < 0.9)))

    delays = measure_delays(shown, reference)

    first, last = slow_twin(shown, reference)
    assert delays.shown == pytest.approx(first)
    assert delays.final == pytest.approx(last)
    assert delays.words == 8
    assert delays.found == len(last)


def test_a_word_counts_from_its_first_appearance():
    shown = [partial(1.2, "hello"), partial(2.5, "hello there"), final(4.0, "Hello there.")]

    delays = measure_delays(shown, spoken("HELLO THERE"))

    assert delays.shown == pytest.approx((0.2, 0.5))
    assert delays.final == pytest.approx((3.0, 2.0))


def test_a_repeated_word_is_not_found_before_it_is_said():
    reference = spoken("yes well yes")
    shown = [partial(1.1, "yes"), partial(2.1, "yes well"), final(3.5, "yes well yes")]

    assert measure_delays(shown, reference).shown == pytest.approx((0.1, 0.1, 0.5))


def test_a_word_that_changes_is_late_and_a_missing_one_does_not_count():
    shown = [partial(1.1, "mellow"), final(3.0, "hello")]

    delays = measure_delays(shown, spoken("hello world"))

    assert delays.shown == pytest.approx((2.0,))
    assert (delays.words, delays.found) == (2, 1)


def test_words_count_in_their_own_stream_only():
    reference = spoken("hello", stream=StreamId.SYSTEM)
    shown = [partial(1.1, "hello", stream=StreamId.MIC)]

    assert measure_delays(shown, reference).shown == ()


def test_release_is_measured_against_the_written_word_once():
    shown = [final(3.0, "one two", end_s=2.0), final(9.0, "one two three", end_s=3.0)]

    assert measure_delays(shown, ()).released == pytest.approx((2.0, 1.0))


def test_a_word_with_a_pause_in_its_time_is_not_measured():
    long = ReferenceWord(
        text="so", start_s=0.0, end_s=MAX_WORD_S + 1, speaker="x", stream=StreamId.MIX
    )

    delays = measure_delays([final(3.0, "so", end_s=1.0)], (long,))

    assert (delays.words, delays.final) == (0, ())


def test_delays_add_up():
    one = Delays(shown=(1.0,), final=(2.0,), released=(3.0,), words=4, found=1)

    total = one + one

    assert total == Delays(
        shown=(1.0, 1.0), final=(2.0, 2.0), released=(3.0, 3.0), words=8, found=2
    )


def test_words_that_only_a_correction_brings_are_found_but_not_timed():
    late = CorrectionReason.SECOND_OPINION
    shown = [
        final(2.5, "hello there"),
        final(9.0, "hello all there", reason=late),
        final(9.0, "you", segment_id="b", start_s=3.0, reason=late),
    ]

    delays = measure_delays(shown, spoken("hello there you"))

    assert delays.shown == pytest.approx((1.5, 0.5))
    assert delays.final == delays.shown
    assert len(delays.released) == 2
    assert (delays.words, delays.found) == (3, 3)
