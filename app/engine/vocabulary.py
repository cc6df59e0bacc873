"""Recognisers that know the terms of a meeting."""

from __future__ import annotations

from functools import lru_cache

from app.domain.ports import AsrModel
from app.domain.vocabulary import VocabularyTerm
from app.lib.paths import SOURCE_ROOT
from app.pipeline.biased import BiasedAsr
from app.pipeline.terms import TermFinder

COMMON_WORDS_FILE = SOURCE_ROOT / "resources" / "words" / "english.txt"


def knowing(asr: AsrModel, terms: tuple[VocabularyTerm, ...]) -> AsrModel:
    """The recogniser with the terms; without terms, itself."""
    return BiasedAsr(asr, _finder(terms)) if terms else asr


@lru_cache(maxsize=2)
def _finder(terms: tuple[VocabularyTerm, ...]) -> TermFinder:
    return TermFinder(terms, common_words=common_words())


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Words that a term must not replace unless the recogniser was in serious doubt."""
    return frozenset(COMMON_WORDS_FILE.read_text(encoding="utf-8").split())
