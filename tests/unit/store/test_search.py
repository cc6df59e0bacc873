import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.ids import SegmentId
from app.store.library import Library
from app.store.search import clean, indexed_form, match_query
from tests.fakes.meetings import MEETING, make_update, patch_of

pytestmark = pytest.mark.unit


def found(library: Library, query: str) -> list[SegmentId]:
    return sorted(hit.segment_id for hit in library.transcripts.search(query))


@pytest.fixture
def filled(library: Library) -> Library:
    library.transcripts.apply(
        MEETING,
        patch_of(
            make_update("a", "The naïve café isn't open."),
            make_update("b", "Version 2.5 and the NEAR term OR not"),
            make_update("c", "我们 明天 开会", language="zh"),
            make_update("d", "Straße und ÜBUNG"),
        ),
    )
    return library


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cafe", ["a"]),
        ("CAFÉ", ["a"]),
        ("caf na", ["a"]),
        ("isn't", ["a"]),
        ("open.", ["a"]),
        ("2.5", ["b"]),
        ("near", ["b"]),
        ("NEAR(term", ["b"]),
        ("or not", ["b"]),
        ("the", ["a", "b"]),
        ("the zebra", []),
        ("明天", ["c"]),
        ("天开", ["c"]),
        ("天 我", ["c"]),
        ("天我", []),
        ("übung", ["d"]),
        ("ubun", ["d"]),
    ],
)
def test_query_finds_what_a_person_means(filled: Library, query: str, expected: list[str]) -> None:
    assert found(filled, query) == expected


@pytest.mark.parametrize("query", ["", "   ", "---", '"', "*", "'", "()", "…", "\x00", "\ud800"])
def test_query_without_a_letter_or_digit_finds_nothing(filled: Library, query: str) -> None:
    assert match_query(query) is None
    assert found(filled, query) == []


@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(st.characters() | st.sampled_from('"*()^:+-{}\\\x00 ANDORNEAR'), max_size=30))
def test_any_query_is_legal(filled: Library, query: str) -> None:
    filled.transcripts.search(query)


def test_snippet_shows_text_of_a_language_without_blanks_as_it_is(filled: Library) -> None:
    (hit,) = filled.transcripts.search("明天")

    assert hit.snippet.replace("[", "").replace("]", "") == "我们明天开会"


def test_clean_keeps_one_storable_line() -> None:
    assert clean(" a\x00b\n\tc\ud800 ") == "a b c?"


def test_indexed_form_leaves_spaced_languages_alone() -> None:
    assert indexed_form("plain English text") == "plain English text"
