import pytest

from app.domain.messages import Word
from app.domain.units import Span
from app.domain.vocabulary import VocabularyTerm
from app.pipeline.terms import MAX_HINTS, TermFinder

pytestmark = pytest.mark.unit

COMMON = frozenset("the a to and is we data dog torch sunday engine axe matter pro law".split())


def heard(text: str, probability: float | None = 0.5) -> tuple[Word, ...]:
    return tuple(
        Word(text=part, span=Span(i * 100, i * 100 + 90), probability=probability)
        for i, part in enumerate(text.split())
    )


def finder(*terms: str, **readings: str) -> TermFinder:
    listed = [VocabularyTerm(text=term) for term in terms]
    listed += [VocabularyTerm(text=t, sounds_like=(reading,)) for t, reading in readings.items()]
    return TermFinder(listed, common_words=COMMON)


def text_of(words) -> str:
    return " ".join(word.text for word in words)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("we moved to cooper netties, yes.", "we moved to Kubernetes, yes."),
        ("\u201cZephyrics\u2019s answer", "\u201cZephyrix\u2019s answer"),
        ("tenserboard is up", "Tensorboard is up"),
    ],
)
def test_what_sounds_like_a_term_becomes_it(said, written):
    put = finder("Kubernetes", "Zephyrix", "Tensorboard").put(heard(said))

    assert text_of(put) == written


def test_what_spells_a_term_becomes_it_however_sure_the_recogniser_was():
    terms = finder("Datadog", "GraphQL", "C++")

    assert text_of(terms.put(heard("the data dog and graph, QL", 1.0))) == "the Datadog and GraphQL"


def test_a_given_reading_is_always_the_term():
    terms = finder(Nginx="engine axe")

    assert text_of(terms.put(heard("the engine axe is up", 1.0))) == "the Nginx is up"
    assert text_of(terms.put(heard("the engine axe", 1.0), by_sound=False)) == "the Nginx"


def test_words_that_are_sure_stay():
    terms = finder("Zephyrix")

    assert text_of(terms.put(heard("zephyrics", 0.99))) == "zephyrics"
    assert text_of(terms.put(heard("zephyrics", None))) == "zephyrics"


def test_common_words_give_way_only_when_much_in_doubt():
    terms = finder("Sundae", "PyTorch")

    assert text_of(terms.put(heard("on sunday and the torch", 0.5))) == "on sunday and the torch"
    assert text_of(terms.put(heard("sunday", 0.2))) == "Sundae"


def test_short_terms_are_not_taken_from_their_sound():
    assert text_of(finder("Argo").put(heard("ago", 0.1))) == "ago"


def test_other_languages_are_not_read_by_english_rules():
    assert text_of(finder("Zephyrix").put(heard("zephyrics"), by_sound=False)) == "zephyrics"


def test_whether_a_name_or_a_word_was_said_is_the_recognisers_to_decide():
    assert text_of(finder("Will").put(heard("I will ask Will."))) == "I will ask Will."


def test_a_term_is_not_put_across_the_end_of_a_sentence():
    assert text_of(finder("Datadog").put(heard("more data. Dog days"))) == "more data. Dog days"


def test_words_of_a_term_share_the_time_of_what_they_replace():
    (first, second) = finder("Siobhan Kavanagh").put(heard("Shivan Kavanaugh", 0.4))

    assert (first.text, second.text) == ("Siobhan", "Kavanagh")
    assert (first.span.start, second.span.end) == (0, 190)
    assert first.span.end == second.span.start
    assert first.probability == second.probability == pytest.approx(0.4)


def test_hints_are_terms_that_doubtful_words_resemble_the_likeliest_first():
    terms = finder("Metoprolol", "Redis", "Kubernetes")

    assert [t.text for t in terms.hints(heard("that matter pro law", 0.3))] == ["Metoprolol"]
    assert terms.hints(heard("that matter pro law", 0.99)) == ()
    assert terms.hints(heard("that metoprolol", 0.3)) == ()


def test_hints_have_a_limit():
    terms = finder(*(f"Zephyri{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"))

    assert len(terms.hints(heard("zephyr", 0.2))) == MAX_HINTS


def test_a_second_decodes_term_counts_where_the_first_sounds_like_it():
    terms = finder("Metoprolol")

    def confirmed(first: str, second: str) -> str:
        return text_of(terms.confirm(heard(first), heard(second)))

    assert confirmed("a matter pro law", "the metoprolol") == "a Metoprolol"
    assert confirmed("so much for that", "so metoprolol") == "so much for that"
    assert confirmed("matter pro law", "better prologue") == "matter pro law"
    assert confirmed("matter pro law so it is", "and so we gave him metoprolol") == (
        "matter pro law so it is"
    )
    assert terms.confirm((), heard("metoprolol")) == ()
