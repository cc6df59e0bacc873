import pytest

from app.domain.messages import Word
from app.domain.units import Span
from app.export.wording import timed_words

pytestmark = pytest.mark.unit


def words_of(*items: tuple[str, int, int]) -> list[Word]:
    return [Word(text=text, span=Span(a, b), probability=0.5) for text, a, b in items]


def retime(words: list[Word], text: str, language: str | None = "en") -> list[tuple[str, int, int]]:
    span = Span(words[0].span.start, words[-1].span.end)
    found = timed_words(words, text, span=span, language=language)
    return [(word.text, word.span.start, word.span.end) for word in found]


THREE = words_of(("this", 0, 1000), ("was", 1000, 2000), ("herd", 3000, 5000))


def test_unchanged_text_keeps_the_words():
    assert timed_words(THREE, "this was herd", span=Span(0, 5000), language="en") == tuple(THREE)


def test_case_and_punctuation_keep_time_and_probability():
    found = timed_words(THREE, "This, was\nherd!", span=Span(0, 5000), language="en")

    assert [word.text for word in found] == ["This,", "was", "herd!"]
    assert [word.span for word in found] == [word.span for word in THREE]
    assert {word.probability for word in found} == {0.5}


def test_replaced_word_takes_its_time_and_has_no_probability():
    found = timed_words(THREE, "this was heard", span=Span(0, 5000), language="en")

    assert found[2] == Word(text="heard", span=Span(3000, 5000), probability=None)


def test_replaced_run_shares_its_time_by_length():
    assert retime(THREE, "this isn't heard of") == [
        ("this", 0, 1000),
        ("isn't", 1000, 2666),
        ("heard", 2666, 4333),
        ("of", 4333, 5000),
    ]


def test_inserted_word_takes_the_pause():
    assert retime(THREE, "this was not herd")[2] == ("not", 2000, 3000)


def test_inserted_word_without_pause_shares_its_neighbours_time():
    assert retime(THREE, "this here was herd")[:3] == [
        ("this", 0, 500),
        ("here", 500, 1000),
        ("was", 1000, 2000),
    ]


def test_word_added_at_the_end_stays_inside_the_segment():
    assert retime(THREE, "this was herd today")[2:] == [("herd", 3000, 3888), ("today", 3888, 5000)]


def test_word_added_at_the_start_begins_with_the_segment():
    found = timed_words(THREE, "so this was herd", span=Span(0, 5000), language="en")

    assert found[0].text == "so"
    assert found[0].span == Span(0, 0)
    assert found[1].span == Span(0, 1000)


def test_deleted_words_leave_the_others_alone():
    assert retime(THREE, "this herd") == [("this", 0, 1000), ("herd", 3000, 5000)]


def test_joined_words_become_one():
    words = words_of(("every", 0, 500), ("one", 500, 900))

    assert retime(words, "everyone") == [("everyone", 0, 900)]


def test_word_with_a_blank_becomes_two():
    words = words_of(("New York", 0, 700), ("  ", 700, 800))

    assert retime(words, "New York") == [("New", 0, 300), ("York", 300, 700)]


CHINESE = words_of(("今天", 0, 200), ("很好。", 200, 500))


def test_unspaced_text_keeps_its_words_whatever_the_language_says():
    assert retime(CHINESE, "今天很好。", "zh") == [("今天", 0, 200), ("很好。", 200, 500)]
    assert retime(CHINESE, "今天很好。", None) == [("今天", 0, 200), ("很好。", 200, 500)]
    assert retime(CHINESE, "今天 很好。", None) == [("今天", 0, 200), ("很好。", 200, 500)]


def test_edited_unspaced_text_is_timed_by_character():
    assert retime(CHINESE, "今天不好。", "zh") == [
        ("今", 0, 100),
        ("天", 100, 200),
        ("不", 200, 300),
        ("好。", 300, 500),
    ]
