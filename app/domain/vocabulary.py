"""Terms that a recogniser should know: names, products, jargon. One line a term.

    Kubernetes
    Siobhan Kavanagh: shivaun kavanah, shove on cavanaugh
    # a comment

What follows the colon is what the term sounds like, or what the recogniser makes of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MAX_TERMS = 1_000
MAX_TERM_WORDS = 6
MAX_TERM_CHARACTERS = 80
MAX_READINGS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyTerm:
    """One term.

    Attributes:
        text: As it should be written.
        sounds_like: Readings of it, in ordinary spelling.
    """

    text: str
    sounds_like: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BadEntry:
    """A line that was left out."""

    line: int
    text: str
    reason: str

    def __str__(self) -> str:
        """For people."""
        return f"line {self.line}, “{self.text}”: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The terms of one list, and the lines that are none."""

    terms: tuple[VocabularyTerm, ...] = ()
    bad: tuple[BadEntry, ...] = ()


def parse_vocabulary(text: str) -> Vocabulary:
    """Read a list; a bad line costs only itself."""
    terms: dict[str, VocabularyTerm] = {}
    lines: dict[str, int] = {}
    bad: list[BadEntry] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = " ".join(raw.split())
        if not line or line.startswith("#"):
            continue
        written, _, rest = line.partition(": ")
        term = VocabularyTerm(
            text=written.rstrip(":").strip(),
            sounds_like=tuple(dict.fromkeys(r.strip() for r in rest.split(",") if r.strip())),
        )
        key = term.text.casefold()
        complaint = _complaint(term)
        if complaint is None and key in lines:
            complaint = f"it stands in line {lines[key]} already"
        if complaint is None and len(terms) == MAX_TERMS:
            complaint = f"a list holds {MAX_TERMS:,} terms, and it is full"
        if complaint is not None:
            bad.append(BadEntry(line=number, text=line[:MAX_TERM_CHARACTERS], reason=complaint))
            continue
        terms[key] = term
        lines[key] = number
    return Vocabulary(terms=tuple(terms.values()), bad=tuple(bad))


def format_vocabulary(terms: Iterable[VocabularyTerm]) -> str:
    """The list as text; `parse_vocabulary` reads the same terms back."""
    return "".join(
        f"{term.text}: {', '.join(term.sounds_like)}\n" if term.sounds_like else f"{term.text}\n"
        for term in terms
    )


def merge_terms(
    first: Iterable[VocabularyTerm], second: Iterable[VocabularyTerm]
) -> tuple[VocabularyTerm, ...]:
    """The terms of both lists, those of `first` before and instead of equal ones of `second`."""
    merged: dict[str, VocabularyTerm] = {}
    for term in (*first, *second):
        merged.setdefault(term.text.casefold(), term)
    return tuple(merged.values())[:MAX_TERMS]


def _complaint(term: VocabularyTerm) -> str | None:
    if len(term.sounds_like) > MAX_READINGS:
        return f"more than {MAX_READINGS} readings"
    for text in (term.text, *term.sounds_like):
        if any(unicodedata.category(character).startswith("C") for character in text):
            return "it holds characters that cannot be seen"
        if not any(character.isalnum() for character in text):
            return "it has no letter"
        if len(text) > MAX_TERM_CHARACTERS:
            return f"longer than {MAX_TERM_CHARACTERS} characters"
        if len(text.split()) > MAX_TERM_WORDS:
            return f"more than {MAX_TERM_WORDS} words"
    return None
