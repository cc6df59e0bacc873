"""Which words of a stretch without sure speech are kept."""

from dataclasses import replace

import pytest

from app.domain.units import Span
from app.pipeline.belief import believed
from tests.fakes.speech import make_word, make_words, texts

pytestmark = pytest.mark.unit

WINDOW = Span.from_seconds(0.0, 5.0)


def heard(text, *probabilities):
    words = make_words(text)
    return tuple(replace(w, probability=p) for w, p in zip(words, probabilities, strict=True))


def test_words_that_no_model_believes_are_dropped():
    assert believed(heard("oh no", 0.03, 0.21), [WINDOW]) == ()


def test_improbable_words_stay_where_speech_is_sure():
    words = heard("oh no", 0.03, 0.21)

    assert believed(words, []) == words


def test_a_quiet_word_that_the_recogniser_is_surer_of_stays():
    words = heard("okay", 0.42)

    assert believed(words, [WINDOW]) == words


def test_a_made_up_sentence_is_judged_by_its_first_word():
    assert believed(heard("I don't know what", 0.08, 0.68, 0.62, 0.97), [WINDOW]) == ()


def test_a_word_without_a_sound_of_its_own_vouches_for_nothing():
    name, of = heard("name of", 0.36, 0.98)
    of = replace(of, span=Span(of.span.start, of.span.start))

    assert believed((replace(name, probability=0.3), of), [WINDOW]) == ()
    assert believed((name, of), [WINDOW]) == (name, of)
    assert believed((of,), [WINDOW]) == ()


def test_only_the_stretch_in_doubt_loses_its_words():
    words = heard("one two three", 0.1, 0.1, 0.1)
    doubtful = replace(words[1].span)

    assert texts(believed(words, [doubtful])) == "one three"


def test_words_of_a_recogniser_without_probabilities_stay():
    words = (make_word("yes", 0.0),)

    assert believed(words, [WINDOW]) == words
