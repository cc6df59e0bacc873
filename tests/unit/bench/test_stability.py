from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from app.bench.stability import Stability, committed_breaches, measure_stability
from app.domain.ids import StreamId
from app.domain.messages import CorrectionReason
from tests.fakes.shown import final, partial, together

pytestmark = pytest.mark.unit


def slow_twin(states: list[list[str]]) -> int:
    """Words taken back in one segment: drop words from the end until the rest stays."""
    count = 0
    for old, new in itertools.pairwise(states):
        kept = list(old)
        while kept != new[: len(kept)]:
            kept.pop()
            count += 1
    return count


@pytest.mark.parametrize("seed", range(20))
def test_words_taken_back_equal_the_slow_twin(seed):
    dice = random.Random(seed)
    states = [dice.choices(["red", "green", "blue"], k=dice.randint(1, 6)) for _ in range(8)]
    shown = [partial(float(i), " ".join(words), revision=i) for i, words in enumerate(states)]
    shown.append(final(9.0, " ".join(states[-1])))

    found = measure_stability(shown)

    assert found.unstable == slow_twin([*states, states[-1]])
    assert found.final_words == len(states[-1])
    assert found.upwr == pytest.approx(100 * found.unstable / found.final_words)


def test_growing_text_is_stable():
    shown = [partial(1, "one"), partial(2, "one two"), final(3, "one two three")]

    assert measure_stability(shown).unstable == 0


def test_case_and_punctuation_count_only_as_written():
    found = measure_stability([partial(1, "so what"), final(2, "So what?")])

    assert (found.unstable, found.unstable_as_written) == (0, 2)


def test_text_that_moves_to_another_segment_at_once_stays():
    moved = together(
        final(2, "one two", segment_id="a", start_s=0),
        partial(2, "three", segment_id="b", start_s=2),
    )
    shown = [partial(1, "one two three"), moved, final(3, "three", segment_id="b", start_s=2)]

    assert measure_stability(shown) == Stability(final_words=3, final_words_as_written=3)


def test_withdrawn_text_is_taken_back():
    assert measure_stability([partial(1, "one two"), final(2, "", end_s=2.0)]).unstable == 2


def test_corrections_of_final_text_do_not_count():
    shown = [
        final(1, "one two"),
        final(2, "three four", reason=CorrectionReason.REFINE),
        final(2, "five", segment_id="b", reason=CorrectionReason.REFINE),
    ]

    assert measure_stability(shown).unstable == 0


def test_streams_do_not_mix():
    shown = [
        together(
            partial(1, "one", segment_id="a", stream=StreamId.MIC),
            partial(1, "two", segment_id="b", stream=StreamId.SYSTEM),
        ),
        partial(2, "one more", segment_id="a", stream=StreamId.MIC),
        together(
            final(3, "one more", segment_id="a", stream=StreamId.MIC),
            final(3, "two", segment_id="b", stream=StreamId.SYSTEM),
        ),
    ]

    assert measure_stability(shown).unstable == 0


def test_the_share_counts_what_was_ever_shown():
    assert Stability(unstable=1, final_words=3).unstable_share == 25.0
    assert Stability().upwr == 0.0


def test_a_settled_word_that_changes_is_a_breach():
    assert committed_breaches([_settled(1, "one two three", 2), final(2, "one too three")]) == 1
    assert committed_breaches([_settled(1, "one two three", 2), final(2, "One two four")]) == 0


def _settled(t, text, count):
    shown = partial(t, text)
    return replace(shown, updates=(replace(shown.updates[0], committed=count),))
