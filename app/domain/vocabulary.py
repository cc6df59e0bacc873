"""Terms that a recogniser should know: names, products, jargon. One line a term.

    Kubernetes
    Siobhan Kavanagh: shivaun kavanah, shove on cavanaugh
    # a comment

What follows the colon is what the term sounds like, or what the recogniser makes of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.sentences import Sentence, say

MAX_TERMS = 1_000
MAX_TERM_WORDS = 6
MAX_TERM_CHARACTERS = 80
MAX_READINGS = 8

KNOWN_ALREADY = "it stands in line {number} already"
LIST_FULL = "a list holds {number} terms, and it is full"
TOO_MANY_READINGS = "more than {number} readings"
NOT_VISIBLE = "it holds characters that cannot be seen"
NO_LETTER = "it has no letter"
TOO_LONG = "longer than {number} characters"
TOO_MANY_WORDS = "more than {number} words"
COMPLAINTS = (
    KNOWN_ALREADY,
    LIST_FULL,
    TOO_MANY_READINGS,
    NOT_VISIBLE,
    NO_LETTER,
    TOO_LONG,
    TOO_MANY_WORDS,
)
"""All that can be wrong with a line."""

_Complaint = tuple[str, int | None]


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
    """A line that was left out.

    Attributes:
        complaint: What is wrong with it, one of `COMPLAINTS`, with a place for `number`.
    """

    line: int
    text: str
    complaint: str
    number: int | None = None

    @property
    def reason(self) -> Sentence:
        """What is wrong with it."""
        return say(self.complaint, number="" if self.number is None else f"{self.number:,}")

    @property
    def sentence(self) -> Sentence:
        """Which line it is, and what is wrong with it."""
        return say(
            "line {line}, “{text}”: {reason}", line=self.line, text=self.text, reason=self.reason
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The terms of one list, and the lines that are none."""

    terms: tuple[VocabularyTerm, ...] = ()
    bad: tuple[BadEntry, ...] = ()


def parse_vocabulary(text: str, *, held: Sequence[VocabularyTerm] = ()) -> Vocabulary:
    """Read a list; a bad line costs only itself.

    Args:
        held: Terms that the list follows: they are passed over, and take room.
    """
    known = {term.text.casefold() for term in held}
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
        if key in known:
            continue
        complaint = _complaint(term)
        if complaint is None and key in lines:
            complaint = (KNOWN_ALREADY, lines[key])
        if complaint is None and len(held) + len(terms) >= MAX_TERMS:
            complaint = (LIST_FULL, MAX_TERMS)
        if complaint is not None:
            words, bound = complaint
            shown = line[:MAX_TERM_CHARACTERS]
            bad.append(BadEntry(line=number, text=shown, complaint=words, number=bound))
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


def _complaint(term: VocabularyTerm) -> _Complaint | None:
    if len(term.sounds_like) > MAX_READINGS:
        return TOO_MANY_READINGS, MAX_READINGS
    for text in (term.text, *term.sounds_like):
        if any(unicodedata.category(character).startswith("C") for character in text):
            return NOT_VISIBLE, None
        if not any(character.isalnum() for character in text):
            return NO_LETTER, None
        if len(text) > MAX_TERM_CHARACTERS:
            return TOO_LONG, MAX_TERM_CHARACTERS
        if len(text.split()) > MAX_TERM_WORDS:
            return TOO_MANY_WORDS, MAX_TERM_WORDS
    return None
