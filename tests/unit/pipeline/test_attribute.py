"""Who gets which word."""

import itertools

import numpy as np
import pytest

from app.domain.ids import StreamId, TrackId
from app.domain.messages import LocalActivity
from app.domain.units import Span
from app.pipeline.activity import ActivityStitcher
from app.pipeline.attribute import attribute, chain_shares, join_chains, turn_shares
from tests.fakes.speech import make_word, make_words, texts

pytestmark = pytest.mark.unit


def said_by(pieces):
    return [(piece.voice, texts(piece.words)) for piece in pieces]


def test_words_go_to_who_talks():
    words = make_words("one two three four")
    turns = [(Span.from_seconds(0, 0.75), "A"), (Span.from_seconds(0.78, 2), "B")]

    pieces = attribute(words, turn_shares(turns, words))

    assert said_by(pieces) == [("A", "one two"), ("B", "three four")]
    assert pieces[0].span == Span.from_seconds(0.0, 0.7)


def test_no_words_give_no_pieces():
    assert attribute([], []) == ()


def test_present_voice_keeps_a_word_that_both_say():
    words = make_words("one two")

    pieces = attribute(words, [{"A": 1.0}, {"A": 0.85, "B": 1.0}])

    assert said_by(pieces) == [("A", "one two")]


def test_word_moves_when_another_fills_clearly_more_of_it():
    words = make_words("one two")

    pieces = attribute(words, [{"A": 1.0}, {"A": 0.7, "B": 1.0}])

    assert said_by(pieces) == [("A", "one"), ("B", "two")]


def test_unheard_words_inherit_the_voice_before():
    words = make_words("one two three")

    assert said_by(attribute(words, [{"A": 1.0}, {}, {}])) == [("A", "one two three")]


def test_unheard_word_behind_a_long_pause_belongs_to_nobody():
    words = (make_word("one", 0.0), make_word("two", 1.4))

    assert said_by(attribute(words, [{"A": 1.0}, {}])) == [("A", "one"), (None, "two")]


def test_first_unheard_words_take_the_voice_that_follows():
    words = make_words("one two three")

    assert said_by(attribute(words, [{}, {}, {"B": 0.9}])) == [("B", "one two three")]


def test_previous_voice_is_inherited_from_the_last_segment():
    words = make_words("one two")

    assert said_by(attribute(words, [{}, {}], previous="A")) == [("A", "one two")]


def test_words_that_nobody_says_stay_unknown():
    words = make_words("one two")

    assert said_by(attribute(words, [{}, {}])) == [(None, "one two")]


def test_lone_word_that_its_voice_hardly_fills_is_no_island():
    words = make_words("one two three")

    pieces = attribute(words, [{"A": 1.0}, {"B": 0.4}, {"A": 1.0}])

    assert said_by(pieces) == [("A", "one two three")]


def test_lone_word_that_its_voice_fills_is_an_interjection():
    words = make_words("one yes three")

    pieces = attribute(words, [{"A": 1.0}, {"B": 0.9}, {"A": 1.0}])

    assert said_by(pieces) == [("A", "one"), ("B", "yes"), ("A", "three")]


def test_lone_word_that_the_voice_around_says_too_is_no_island():
    words = make_words("one two three")

    pieces = attribute(words, [{"A": 1.0}, {"B": 1.0, "A": 0.6}, {"A": 1.0}])

    assert said_by(pieces) == [("A", "one two three")]


def test_piece_is_crowded_when_most_of_its_words_are():
    words = make_words("one two three four five")
    both, alone = {"A": 1.0, "B": 0.3}, {"A": 1.0}

    crowded = attribute(words, [both, both, both, alone, alone])
    quiet = attribute(words, [both, both, alone, alone, alone])

    assert [piece.has_overlap for piece in (*crowded, *quiet)] == [True, False]


def test_chain_shares_tell_how_much_of_a_word_each_chain_talks():
    stitcher = ActivityStitcher(StreamId.MIC, first_chain=itertools.count(1))
    activity = np.zeros((200, 2), dtype=np.float32)
    activity[:100, 0] = 1.0
    activity[100:, 1] = 1.0
    stitcher.push(
        LocalActivity(
            stream=StreamId.MIC, span=Span(0, 200 * 270), activity=activity, frame_step=270
        )
    )
    edge_s = 100 * 270 / 16_000
    words = (make_word("one", 0.5), make_word("two", edge_s - 0.15), make_word("three", 3.0))

    first, second, third = chain_shares(stitcher, words)

    assert first == {1: pytest.approx(1.0)}
    assert second == {1: pytest.approx(0.5, abs=0.05), 2: pytest.approx(0.5, abs=0.05)}
    assert third == {2: pytest.approx(1.0)}


def test_chain_shares_without_any_chain_are_empty():
    stitcher = ActivityStitcher(StreamId.MIC, first_chain=itertools.count(1))

    assert chain_shares(stitcher, make_words("one two")) == [{}, {}]


def test_one_chain_speaks_for_all_of_its_track():
    tracks = {1: TrackId("S1"), 2: TrackId("S1"), 3: TrackId("S2")}
    heard = [{1: 0.4}, {1: 0.2, 2: 0.5}, {2: 0.9, 3: 0.3}, {4: 0.7}]

    joined, previous = join_chains(heard, tracks.get, 1)

    assert joined == [{2: 0.4}, {2: 0.7}, {2: 0.9, 3: 0.3}, {4: 0.7}]
    assert previous == 2


def test_a_chain_before_the_words_stays_where_its_track_is_silent():
    assert join_chains([{3: 1.0}], {3: TrackId("S2")}.get, 1) == ([{3: 1.0}], 1)
    assert join_chains([], {}.get, None) == ([], None)
