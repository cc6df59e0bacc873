import pytest

from app.backends.loops import compression_ratio, count_heard, has_repetition

pytestmark = pytest.mark.unit

CLAUSE = "How much do we spend on Kafka every year?".split()


def heard(texts: list[str], durations_s: list[float]) -> list[str]:
    return texts[: count_heard(texts, durations_s)]


def test_a_sentence_that_the_decoder_says_again_without_sound_is_cut_off():
    # What whisper base makes of 3.6 s of sound: the last words of the loop get what is left of it.
    durations_s = [0.3] * 9 + [0.0] * 8 + [0.2, 0.42]

    assert heard([*CLAUSE, *CLAUSE, "How"], durations_s) == CLAUSE


def test_first_words_of_a_loop_go_with_it_though_they_have_a_length():
    durations_s = [0.3] * 9 + [0.05] + [0.0] * 8

    assert heard(CLAUSE * 2, durations_s) == CLAUSE


def test_a_sentence_that_was_said_twice_stays():
    assert heard(CLAUSE * 2, [0.2] * 18) == CLAUSE * 2


def test_fast_words_that_repeat_nothing_stay():
    texts = "we said that it is on the list".split()

    assert heard(texts, [0.2, 0.2, 0.0, 0.0, 0.0, 0.2, 0.2, 0.2]) == texts


def test_words_on_the_last_moment_are_cut_off_but_not_a_single_one():
    texts = "it is on the list".split()

    assert heard(texts, [0.2, 0.2, 0.2, 0.0, 0.0]) == texts[:3]
    assert heard(texts, [0.2, 0.2, 0.2, 0.2, 0.0]) == texts
    assert heard([], []) == []


def test_repetition_is_a_group_that_follows_itself():
    assert has_repetition("no no no no")
    assert not has_repetition("no no no")
    assert has_repetition("thank you very much " * 4)
    assert not has_repetition("thank you very much " * 3)
    assert has_repetition("a b c " * 3, min_repeats=3)
    assert not has_repetition("one two three four five six")


def test_text_that_repeats_itself_is_compressed_well():
    assert compression_ratio("thank you for watching " * 20) > 2.4
    assert compression_ratio("the quick brown fox jumps over the lazy dog") < 1.5
    assert compression_ratio("") == 0.0
