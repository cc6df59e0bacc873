import numpy as np
import pytest

from app.domain.messages import Word
from app.domain.ports import AsrRequest, AsrResult
from app.domain.units import Span
from app.domain.vocabulary import VocabularyTerm
from app.engine.vocabulary import common_words, knowing

pytestmark = pytest.mark.unit

TERMS = (VocabularyTerm(text="Zephyrix"),)


class Speaker:
    """Always hears the same."""

    def __init__(self, text: str) -> None:
        self._text = text

    def transcribe(self, samples, request):
        words = tuple(Word(text=t, span=Span(0, 9), probability=0.5) for t in self._text.split())
        return AsrResult(words=words, language="en")


def heard(text: str) -> str:
    result = knowing(Speaker(text), TERMS).transcribe(np.zeros(9, np.float32), AsrRequest())
    return " ".join(word.text for word in result.words)


def test_a_recogniser_with_terms_writes_them():
    assert heard("ask zephyrics") == "ask Zephyrix"


def test_without_terms_the_recogniser_is_itself():
    asr = Speaker("hello")

    assert knowing(asr, ()) is asr


def test_common_words_are_known_and_names_are_not():
    assert {"the", "ideas", "century"} <= common_words()
    assert len(common_words()) > 10_000
    assert not {"kubernetes", "siobhan", "zephyrics"} & common_words()
