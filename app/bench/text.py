"""Words as scores compare them: Whisper's English normaliser on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from app.bench.extras import require_extra


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One normalised word with the time of the word it comes from, in seconds."""

    text: str
    start_s: float
    end_s: float

    @property
    def middle_s(self) -> float:
        """Half-way through."""
        return (self.start_s + self.end_s) / 2


@cache
def normalise(text: str) -> str:
    """Lower case, no punctuation, no fillers, one spelling; spelt letters become single words."""
    return _normaliser()(text.replace("_", " ")).strip()


def tokens_of(words: Iterable[tuple[str, float, float]]) -> tuple[Token, ...]:
    """Normalise words one by one, so that each keeps its time.

    Args:
        words: Text, start and end in seconds. A word may give several tokens ("we'll") or none.
    """
    return tuple(
        Token(text=text, start_s=start_s, end_s=end_s)
        for word, start_s, end_s in words
        for text in normalise(word).split()
    )


@cache
def _normaliser() -> Callable[[str], str]:
    normaliser: Callable[[str], str] = require_extra(
        "whisper_normalizer.english"
    ).EnglishTextNormalizer()
    return normaliser
