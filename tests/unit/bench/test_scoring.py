from __future__ import annotations

import itertools
import random

import pytest

from app.bench.scoring import WordScore, score_words, wer_interval
from app.bench.sets import ReferenceTurn
from tests.fakes.program import segment

pytestmark = pytest.mark.unit


def turn(speaker, start_s, words):
    return ReferenceTurn(
        start_s=start_s, end_s=start_s + len(words.split()), speaker=speaker, words=words
    )


def edits(old: list[str], new: list[str]) -> int:
    if not old or not new:
        return len(old) + len(new)
    if old[0] == new[0]:
        return edits(old[1:], new[1:])
    return 1 + min(edits(old[1:], new), edits(old, new[1:]), edits(old[1:], new[1:]))


def slow_cp_errors(reference: dict[str, str], written: dict[str, str]) -> int:
    """The fewest edits over all ways to give voices to speakers, none left out on either side."""
    names = [*reference, *(f"nobody{i}" for i in range(len(written)))]
    voices = [*written, *(f"silent{i}" for i in range(len(reference)))]
    return min(
        sum(
            edits(reference.get(name, "").split(), written.get(voice, "").split())
            for name, voice in zip(names, order, strict=True)
        )
        for order in itertools.permutations(voices)
    )


@pytest.mark.parametrize("seed", range(6))
def test_speaker_errors_equal_the_slow_twin(seed):
    dice = random.Random(seed)

    def text():
        return " ".join(dice.choices(["red", "green", "blue"], k=dice.randint(1, 4)))

    reference = {"x": text(), "y": text()}
    written = {"S1": text(), "S2": text()}

    score = score_words(
        [turn("x", 0.0, reference["x"]), turn("y", 5.0, reference["y"])],
        [
            segment("a", written["S1"], track="S1"),
            segment("b", written["S2"], track="S2", start_s=5.0),
        ],
    )

    assert score.cp_errors == slow_cp_errors(reference, written)
    assert score.words == sum(len(words.split()) for words in reference.values())


def test_a_wrong_speaker_costs_only_with_speakers_counting():
    reference = [turn("x", 0.0, "hello there"), turn("y", 2.0, "good morning")]

    score = score_words(
        reference,
        [segment("a", "Hello there.", track="S1"), segment("b", "Good morning!", start_s=2.0)],
    )

    assert (score.errors, score.wer) == (0, 0.0)
    assert score.cp_errors > 0


def test_a_wrong_missing_and_extra_word_cost_one_each():
    score = score_words([turn("x", 0.0, "one red car")], [segment("a", "one blue car there")])

    assert (score.words, score.errors) == (3, 2)
    assert score.wer == pytest.approx(200 / 3)


def test_silence_on_either_side_costs_every_word():
    assert score_words([turn("x", 0.0, "hello there")], []).errors == 2
    assert score_words([], [segment("a", "hello")]).errors == 1


def test_scores_add_recordings():
    total = WordScore(words=10, errors=1, cp_errors=2) + WordScore(words=30, errors=3, cp_errors=4)

    assert (total.wer, total.cp_wer) == (10.0, 15.0)


def test_the_interval_is_over_recordings():
    scores = [WordScore(words=10, errors=errors) for errors in (0, 2, 4, 6)]

    interval = wer_interval(scores)

    assert interval is not None
    assert 0 <= interval[0] < 30 < interval[1] <= 60
    assert wer_interval(scores[:2]) is None


def test_voices_beyond_what_can_be_mapped_count_as_one():
    turns = [turn(f"speaker {n}", 10.0 * n, "red green blue") for n in range(10)]
    written = [
        segment(f"s{n}", "red green blue", track=f"S{n}", start_s=10.0 * n) for n in range(10)
    ]
    strays = [segment(f"t{n}", "oh", track=f"T{n}", start_s=100.0 + 5 * n) for n in range(3)]

    assert score_words(turns, written) == WordScore(words=30, errors=0, cp_errors=0)
    score = score_words(turns, [*written, *strays])
    assert (score.words, score.errors) == (30, 3)
    assert score.cp_errors == 3
