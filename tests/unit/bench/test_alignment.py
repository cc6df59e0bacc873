from __future__ import annotations

import itertools
import random

import pytest

from app.bench.alignment import CLOSENESS_WEIGHT, match_tokens
from app.bench.text import Token

pytestmark = pytest.mark.unit


def tokens(text: str, start_s: float = 0.0, step_s: float = 0.5) -> list[Token]:
    return [
        Token(text=word, start_s=start_s + i * step_s, end_s=start_s + (i + 1) * step_s)
        for i, word in enumerate(text.split())
    ]


def weight(spoken, written, pairs, collar_s) -> float:
    return sum(
        1 + CLOSENESS_WEIGHT * (1 - abs(spoken[i].middle_s - written[j].middle_s) / collar_s)
        for i, j in pairs
    )


def slow_twin(spoken, written, collar_s) -> float:
    """The best weight over all sets of pairs that rise on both sides."""
    allowed = [
        (i, j)
        for i, j in itertools.product(range(len(spoken)), range(len(written)))
        if spoken[i].text == written[j].text
        and abs(spoken[i].middle_s - written[j].middle_s) <= collar_s
    ]
    best = 0.0
    for count in range(len(allowed) + 1):
        for pairs in itertools.combinations(allowed, count):
            if all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(pairs)):
                best = max(best, weight(spoken, written, pairs, collar_s))
    return best


@pytest.mark.parametrize("seed", range(30))
def test_pairs_are_as_many_and_as_near_as_the_slow_twin_finds(seed):
    dice = random.Random(seed)
    spoken = tokens(" ".join(dice.choices("abc", k=dice.randint(0, 5))))
    written = tokens(" ".join(dice.choices("abc", k=dice.randint(0, 5))), dice.uniform(-1, 1))

    pairs = match_tokens(spoken, written, collar_s=1.2)

    assert all(spoken[i].text == written[j].text for i, j in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(pairs))
    assert weight(spoken, written, pairs, 1.2) == pytest.approx(slow_twin(spoken, written, 1.2))


def test_the_nearer_of_two_equal_words_is_paired():
    spoken = tokens("the cat the dog")
    written = [Token(text="the", start_s=1.0, end_s=1.5)]

    assert match_tokens(spoken, written, collar_s=2.0) == ((2, 0),)


def test_a_word_too_far_away_in_time_is_no_pair():
    assert match_tokens(tokens("yes"), tokens("yes", 3.0), collar_s=2.0) == ()
