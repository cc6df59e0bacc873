import pytest

from app.domain.vocabulary import (
    MAX_TERMS,
    BadEntry,
    VocabularyTerm,
    format_vocabulary,
    merge_terms,
    parse_vocabulary,
)

pytestmark = pytest.mark.unit


def test_terms_come_one_a_line_with_readings_behind_a_colon():
    text = "Kubernetes\n\n# people\n  Siobhan  Kavanagh: shivaun kavanah , shove on kavanah\nC++\n"

    vocabulary = parse_vocabulary(text)

    assert vocabulary.terms == (
        VocabularyTerm(text="Kubernetes"),
        VocabularyTerm(
            text="Siobhan Kavanagh", sounds_like=("shivaun kavanah", "shove on kavanah")
        ),
        VocabularyTerm(text="C++"),
    )
    assert vocabulary.bad == ()


def test_a_colon_inside_a_term_is_part_of_it():
    assert parse_vocabulary("Ratio 3:1").terms == (VocabularyTerm(text="Ratio 3:1"),)


def test_bad_lines_are_left_out_and_told_with_line_and_reason():
    long = "x" * 81
    text = (
        f"good\n???\none two three four five six seven\nGOOD\n{long}\nnul\x07l\nfine: a, ...\nlast"
    )

    vocabulary = parse_vocabulary(text)

    assert [term.text for term in vocabulary.terms] == ["good", "last"]
    assert [(entry.line, entry.reason) for entry in vocabulary.bad] == [
        (2, "it has no letter"),
        (3, "more than 6 words"),
        (4, "it stands in line 1 already"),
        (5, "longer than 80 characters"),
        (6, "it holds characters that cannot be seen"),
        (7, "it has no letter"),
    ]
    assert vocabulary.bad[0].sentence == "line 2, “???”: it has no letter"


def test_readings_have_a_limit_too():
    line = "term: " + ", ".join(f"reading {chr(97 + i)}" for i in range(9))

    vocabulary = parse_vocabulary(line)

    assert vocabulary.terms == ()
    assert vocabulary.bad == (
        BadEntry(line=1, text=line[:80], complaint="more than {number} readings", number=8),
    )
    assert vocabulary.bad[0].reason == "more than 8 readings"


def test_a_list_that_is_full_takes_no_more():
    vocabulary = parse_vocabulary("\n".join(f"term {i}" for i in range(MAX_TERMS + 2)))

    assert len(vocabulary.terms) == MAX_TERMS
    assert [entry.line for entry in vocabulary.bad] == [MAX_TERMS + 1, MAX_TERMS + 2]
    assert vocabulary.bad[0].reason == "a list holds 1,000 terms, and it is full"


def test_written_terms_read_back_the_same():
    terms = (
        VocabularyTerm(text="Kubernetes", sounds_like=("cooper netties", "kuber nettis")),
        VocabularyTerm(text="Ada"),
    )

    assert parse_vocabulary(format_vocabulary(terms)).terms == terms


def test_the_first_list_wins_and_the_limit_holds_for_both():
    own = [VocabularyTerm(text="ADA", sounds_like=("eider",))]
    general = [
        VocabularyTerm(text="Ada"),
        *(VocabularyTerm(text=f"t{i}") for i in range(MAX_TERMS)),
    ]

    merged = merge_terms(own, general)

    assert merged[:2] == (own[0], general[1])
    assert len(merged) == MAX_TERMS
