from __future__ import annotations

import pickle
import tracemalloc

import pytest

from app.domain.messages import Word
from app.domain.packed_words import PackedWords
from app.domain.units import Span

pytestmark = pytest.mark.unit

WORDS = (
    Word(text="Äh,", span=Span(16_000, 20_000), probability=0.75),
    Word(text="日本", span=Span(20_000, 3 * 3600 * 16_000)),
    Word(text="well.", span=Span(30, 30), probability=1.0),
)


@pytest.mark.parametrize("words", [WORDS, WORDS[:1], ()])
def test_what_comes_out_is_what_went_in(words):
    packed = PackedWords(words)

    assert tuple(packed) == words
    assert len(packed) == len(words)
    assert bool(packed) == bool(words)
    assert tuple(pickle.loads(pickle.dumps(packed))) == words


def test_words_are_found_by_number_and_by_slice():
    packed = PackedWords(WORDS)

    assert packed[1] == WORDS[1]
    assert packed[-1] == WORDS[-1]
    assert packed[1:] == WORDS[1:]
    with pytest.raises(IndexError):
        packed[3]


def test_equal_words_are_equal_and_others_are_not():
    assert PackedWords(WORDS) == PackedWords(list(WORDS))
    assert hash(PackedWords(WORDS)) == hash(PackedWords(list(WORDS)))
    assert PackedWords(WORDS) != PackedWords(WORDS[:2])
    assert PackedWords(WORDS) != WORDS


def test_words_take_less_than_a_fifth_of_their_memory():
    count = 2_000
    tracemalloc.start()
    try:
        start = tracemalloc.get_traced_memory()[0]
        loose = tuple(
            Word(text=f"word{n}", span=Span(n * 5_000, n * 5_000 + 4_000), probability=n / count)
            for n in range(count)
        )
        middle = tracemalloc.get_traced_memory()[0]
        packed = PackedWords(loose)
        end = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert len(packed) == count
    assert 5 * (end - middle) < middle - start
