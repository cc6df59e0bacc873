"""The scorer on cases small enough to check by hand."""

from __future__ import annotations

import pytest

from tests.quality.composite import attribute
from tests.quality.score import Score, bootstrap_interval, normalise, score_turns, score_words
from tests.quality.sets import Turn, read_rttm, read_seglst, write_rttm, write_seglst

pytestmark = pytest.mark.unit


def turn(speaker, start_s, end_s, words=""):
    return Turn(start_s=start_s, end_s=end_s, speaker=speaker, words=words)


REFERENCE = [
    turn("anna", 0.0, 2.0, "HELLO THERE EVERYBODY"),
    turn("ben", 2.0, 4.0, "GOOD MORNING ANNA"),
]


def test_other_labels_and_punctuation_are_no_errors():
    hypothesis = [
        turn("S2", 2.0, 4.0, "Good morning, Anna!"),
        turn("S1", 0.0, 2.0, "Hello there, everybody."),
    ]

    score = score_words(REFERENCE, hypothesis)

    assert score == Score(words=6)


def test_words_of_the_wrong_speaker_count_for_cp_but_not_for_agnostic_wer():
    hypothesis = [
        turn("S1", 0.0, 2.0, "hello there everybody"),
        turn("S1", 2.0, 4.0, "good morning anna"),
    ]

    score = score_words(REFERENCE, hypothesis)

    assert score.agnostic_errors == 0
    assert score.cp_errors == 6


def test_words_at_the_wrong_time_count_for_tcp_only():
    hypothesis = [
        turn("S1", 20.0, 22.0, "hello there everybody"),
        turn("S2", 2.0, 4.0, "good morning anna"),
    ]

    score = score_words(REFERENCE, hypothesis)

    assert score.cp_errors == 0
    assert score.tcp_errors == 6


def test_no_hypothesis_misses_every_word():
    assert score_words(REFERENCE, []).cp_errors == 6


def test_parts_of_the_diarization_error_add_up():
    hypothesis = [turn("S1", 0.0, 1.5), turn("S2", 2.0, 5.0)]

    score = score_turns(REFERENCE, hypothesis, duration_s=6.0)

    assert (score.miss_s, score.false_alarm_s, score.confusion_s) == pytest.approx((0.5, 1.0, 0.0))
    assert score.der == pytest.approx(37.5)
    assert score.right_counts == 1


def test_a_speaker_too_few_is_counted_and_confused():
    score = score_turns(REFERENCE, [turn("S1", 0.0, 4.0)], duration_s=4.0)

    assert score.confusion_s == pytest.approx(2.0)
    assert score.worst_count_error == 1
    assert score.right_counts == 0


def test_overlapping_turns_of_one_speaker_count_once():
    score = score_turns(REFERENCE, [turn("a", 0, 1.5), turn("a", 1, 2), turn("b", 2, 4)], 4.0)

    assert score.der == pytest.approx(0.0)


def test_scores_of_recordings_add_up():
    one = Score(words=10, cp_errors=1, recordings=1, worst_count_error=2)
    two = Score(words=30, cp_errors=3, recordings=1, worst_count_error=1)

    total = one + two

    assert total.cp_wer == pytest.approx(10.0)
    assert total.recordings == 2
    assert total.worst_count_error == 2


def test_bootstrap_interval_holds_the_figure():
    scores = [Score(words=100, cp_errors=errors) for errors in (5, 10, 15, 20)]

    low, high = bootstrap_interval(scores, "cp_wer", draws=200)

    assert low < 12.5 < high


def test_normalise_splits_spelt_letters():
    assert normalise("Um N_E_Z_") == "n e z"


def test_formats_are_read_back(tmp_path):
    write_seglst(tmp_path / "x.json", "x", REFERENCE)
    write_rttm(tmp_path / "x.rttm", "x", REFERENCE)

    assert read_seglst(tmp_path / "x.json") == REFERENCE
    assert [(t.speaker, t.start_s, t.end_s) for t in read_rttm(tmp_path / "x.rttm")] == [
        ("anna", 0.0, 2.0),
        ("ben", 2.0, 4.0),
    ]


def test_composite_gives_words_to_the_largest_overlap_and_joins_neighbours():
    words = [turn("", 0.0, 0.5, "so"), turn("", 0.9, 1.4, "yes"), turn("", 1.5, 2.0, "well")]
    turns = [turn("A", 0.0, 1.0), turn("B", 1.0, 1.45)]

    segments = attribute(words, turns, "")

    assert [(s.speaker, s.words) for s in segments] == [("A", "so"), ("B", "yes well")]
