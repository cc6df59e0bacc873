"""Shares against counting samples one by one, and what attribution may not lose."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.messages import Word
from app.domain.units import Span
from app.pipeline.attribute import WORD_MARGIN, attribute, turn_shares

pytestmark = pytest.mark.property

UNIT = WORD_MARGIN // 4
"""Times are multiples of this, so that the twin can count units instead of samples."""
MARGIN_UNITS = 4
voices = st.sampled_from(["A", "B", "C"])
turns = st.lists(
    st.builds(
        lambda start, length, voice: (Span(start * UNIT, (start + length) * UNIT), voice),
        st.integers(0, 60),
        st.integers(0, 25),
        voices,
    ),
    max_size=10,
)
words = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=12)


def to_words(pairs: list[tuple[int, int]]) -> list[Word]:
    """(pause, length) in units → words in order."""
    result = []
    position = 0
    for i, (pause, length) in enumerate(pairs):
        start = position + pause
        result.append(Word(text=f"w{i}", span=Span(start * UNIT, (start + length) * UNIT)))
        position = start + length
    return result


@given(turns, words)
def test_turn_shares_equal_counting(spoken, pairs):
    said = to_words(pairs)

    heard = turn_shares(spoken, said)

    for word, share in zip(said, heard, strict=True):
        first = max(0, word.span.start // UNIT - MARGIN_UNITS)
        units = range(first, word.span.end // UNIT + MARGIN_UNITS)
        counted = {
            voice: sum(
                turn.contains(unit * UNIT) for turn, who in spoken if who == voice for unit in units
            )
            for voice in "ABC"
        }
        expected = {v: n / len(units) for v, n in counted.items() if n}
        assert share == pytest.approx(expected)


@given(turns, words, st.one_of(st.none(), voices))
def test_pieces_hold_every_word_once_and_neighbours_differ(spoken, pairs, previous):
    said = to_words(pairs)

    pieces = attribute(said, turn_shares(spoken, said), previous=previous)

    assert [word for piece in pieces for word in piece.words] == said
    assert all(one.voice != two.voice for one, two in itertools.pairwise(pieces))


@given(turns, words)
def test_only_voices_that_talk_get_words(spoken, pairs):
    said = to_words(pairs)

    pieces = attribute(said, turn_shares(spoken, said))

    assert {piece.voice for piece in pieces} <= {voice for _, voice in spoken} | {None}
