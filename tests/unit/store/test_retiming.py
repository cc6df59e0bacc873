import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.messages import Word
from app.domain.transcript import join_words
from app.domain.units import Span
from app.store.retiming import retime
from tests.fakes.meetings import WORD_SAMPLES, make_words

pytestmark = pytest.mark.unit

SPAN = Span(0, 8 * WORD_SAMPLES)
TEXTS = st.lists(st.sampled_from(["a", "bb", "ccc", "dddd"]), max_size=8).map(" ".join)


def times(words: tuple[Word, ...]) -> list[tuple[str, float, float]]:
    return [(w.text, w.span.start / WORD_SAMPLES, w.span.end / WORD_SAMPLES) for w in words]


def test_unchanged_words_keep_time_and_probability() -> None:
    old = make_words("we ship it friday")

    new = retime(old, "we ship that friday", SPAN, "en")

    assert (new[0], new[1], new[3]) == (old[0], old[1], old[3])
    assert new[2] == Word(text="that", span=old[2].span, probability=None)


def test_changed_words_share_the_time_by_length() -> None:
    old = make_words("we shipped friday")

    new = retime(old, "we do it friday", SPAN, "en")

    assert times(new)[1:3] == [("do", 1.0, 1.5), ("it", 1.5, 2.0)]


def test_inserted_word_takes_the_pause_between_its_neighbours() -> None:
    left, right = make_words("we")[0], make_words("friday", 3 * WORD_SAMPLES)[0]

    new = retime((left, right), "we ship friday", SPAN, "en")

    assert times(new) == [("we", 0, 1), ("ship", 1, 3), ("friday", 3, 4)]


def test_words_at_both_ends_stay_inside_the_segment() -> None:
    old = make_words("ship", 2 * WORD_SAMPLES)

    new = retime(old, "we ship friday", Span(WORD_SAMPLES, 4 * WORD_SAMPLES), "en")

    assert times(new) == [("we", 1, 2), ("ship", 2, 3), ("friday", 3, 4)]


def test_text_over_no_words_takes_the_whole_segment() -> None:
    assert times(retime((), "ab cd", Span(0, 2 * WORD_SAMPLES), "en")) == [
        ("ab", 0, 1),
        ("cd", 1, 2),
    ]


def test_empty_text_has_no_words() -> None:
    assert retime(make_words("we ship it"), "", SPAN, "en") == ()


def test_language_without_blanks_keeps_words_whose_characters_stay() -> None:
    old = make_words("我们 明天 开会")

    new = retime(old, "我们后天开会", SPAN, "zh")

    assert times(new) == [("我们", 0, 1), ("后天", 1, 2), ("开会", 2, 3)]
    assert [word.probability for word in new] == [0.5, None, 0.5]


@settings(deadline=None)
@given(old=TEXTS, new=TEXTS, language=st.sampled_from(["en", "zh", None]))
def test_words_spell_the_text_in_order_inside_the_segment(
    old: str, new: str, language: str | None
) -> None:
    text = new.replace(" ", "") if language == "zh" else new

    words = retime(make_words(old), text, SPAN, language)

    assert join_words(words, language) == text
    assert all(SPAN.start <= w.span.start <= w.span.end <= SPAN.end for w in words)
    starts = [w.span.start for w in words]
    assert starts == sorted(starts)


@settings(deadline=None)
@given(text=TEXTS)
def test_same_text_changes_nothing(text: str) -> None:
    words = make_words(text)

    assert retime(words, text, SPAN, "en") == words
