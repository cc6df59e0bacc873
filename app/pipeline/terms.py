"""Which terms of the user's list a text may mean, and putting them where that is certain.

A term is put in place of words that spell it, that are one of its given readings, or that sound
like it and that the recogniser was in doubt about. The bounds are measured: docs/measurements.md,
"Vocabulary".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.domain.messages import Word
from app.domain.units import Span
from app.domain.vocabulary import VocabularyTerm
from app.pipeline.sounds import SoundFinder, SoundMatch

HINT_LIKENESS = 0.6
"""A stretch that sounds so much like a term is worth listening to again."""
HINT_MAX_PROBABILITY = 0.6
"""For a stretch of common words alone."""
MEANT_LIKENESS = 0.55
"""A term of the second decode has to sound so much like the words that it replaces."""
RARE_LIKENESS, RARE_MAX_PROBABILITY = 0.72, 0.95
"""For a stretch with a word that is not common."""
COMMON_LIKENESS, COMMON_MAX_PROBABILITY = 0.84, 0.4
"""For a stretch of common words alone."""
MIN_WEIGHT = 3.4
"""Of the sounds of a term, vowels less than consonants; shorter terms sound like too much else."""
MAX_HINTS = 12
APOSTROPHES = "'\u2019"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    term: int
    first: int
    last: int
    likeness: float


class TermFinder:
    """Finds the terms of one list in what was heard. Thread-safe: it keeps no state.

    Args:
        common_words: In lower case; they give way to a term only when they were much in doubt.
    """

    def __init__(
        self, terms: Sequence[VocabularyTerm], *, common_words: Collection[str] = ()
    ) -> None:
        self._terms = tuple(terms)
        self._common_words = common_words
        readings = [(n, text) for n, term in enumerate(terms) for text in _readings(term)]
        self._owners = [n for n, _ in readings]
        self._finder = SoundFinder([text for _, text in readings])
        self._spelt: dict[str, int] = {}
        for n, text in reversed(readings):
            self._spelt[bare(text)] = n
        self._longest = max((len(text.split()) for _, text in readings), default=0) + 2

    def hints(self, words: Sequence[Word]) -> tuple[VocabularyTerm, ...]:
        """Terms that `words` may be mistaken for, the likeliest first; those it has left out."""
        written = bare(" ".join(word.text for word in words))
        best: dict[int, float] = {}
        for match in self._matches(words, HINT_LIKENESS):
            stretch = words[match.first : match.last + 1]
            most = HINT_MAX_PROBABILITY if self._is_common(stretch) else RARE_MAX_PROBABILITY
            if not _is_doubted(stretch, most):
                continue
            term = self._owners[match.reading]
            if bare(self._terms[term].text) not in written:
                best[term] = max(best.get(term, 0.0), match.likeness)
        ranked = sorted(best, key=lambda term: -best[term])[:MAX_HINTS]
        return tuple(self._terms[term] for term in ranked)

    def put(self, words: Sequence[Word], *, by_sound: bool = True) -> tuple[Word, ...]:
        """`words` with terms in the place of what surely means them.

        Args:
            by_sound: Not only of what spells them; the rules of sound are those of English.
        """
        places = self._spelt_places(words)
        if by_sound:
            places.extend(self._sounding_places(words))
        return self._put(words, places)

    def _put(self, words: Sequence[Word], places: list[_Place]) -> tuple[Word, ...]:
        places = sorted(places, key=lambda place: -place.likeness)
        taken = [False] * len(words)
        chosen: list[_Place] = []
        for place in places:
            if not any(taken[place.first : place.last + 1]):
                taken[place.first : place.last + 1] = [True] * (place.last + 1 - place.first)
                chosen.append(place)
        result = list(words)
        for place in sorted(chosen, key=lambda place: -place.first):
            result[place.first : place.last + 1] = self._written(
                result[place.first : place.last + 1], self._terms[place.term].text
            )
        return tuple(result)

    def confirm(self, heard: Sequence[Word], again: Sequence[Word]) -> tuple[Word, ...]:
        """`heard` with the terms that a second decode of the same sound wrote.

        A term counts at the moment at which it was written, where `heard` sounds like it.
        """
        written = [
            (place.term, Span(again[place.first].span.start, again[place.last].span.end))
            for place in self._spelt_places(again)
        ]
        places = []
        for match in self._matches(heard, MEANT_LIKENESS):
            stretch = heard[match.first : match.last + 1]
            span = Span(stretch[0].span.start, stretch[-1].span.end)
            term = self._owners[match.reading]
            if not _has_end(stretch[:-1]) and any(
                term == other and span.overlap(moment) for other, moment in written
            ):
                places.append(
                    _Place(term=term, first=match.first, last=match.last, likeness=match.likeness)
                )
        return self._put(heard, places)

    def _spelt_places(self, words: Sequence[Word]) -> list[_Place]:
        places = []
        for first in range(len(words)):
            letters = ""
            for last in range(first, min(first + self._longest, len(words))):
                letters += bare(words[last].text)
                if letters in self._spelt and not _has_end(words[first:last]):
                    term = self._spelt[letters]
                    places.append(
                        _Place(term=term, first=first, last=last, likeness=1.0 + len(letters))
                    )
        return places

    def _sounding_places(self, words: Sequence[Word]) -> list[_Place]:
        places = []
        for match in self._matches(words, RARE_LIKENESS):
            stretch = words[match.first : match.last + 1]
            if _has_end(stretch[:-1]) or self._finder.weight(match.reading) < MIN_WEIGHT:
                continue
            is_common = self._is_common(stretch)
            if is_common and match.likeness < COMMON_LIKENESS:
                continue
            most = COMMON_MAX_PROBABILITY if is_common else RARE_MAX_PROBABILITY
            if _is_doubted(stretch, most):
                places.append(
                    _Place(
                        term=self._owners[match.reading],
                        first=match.first,
                        last=match.last,
                        likeness=match.likeness,
                    )
                )
        return places

    def _is_common(self, words: Sequence[Word]) -> bool:
        return all(bare(word.text) in self._common_words for word in words)

    def _matches(self, words: Sequence[Word], min_likeness: float) -> list[SoundMatch]:
        return self._finder.find([word.text for word in words], min_likeness=min_likeness)

    def _written(self, words: Sequence[Word], text: str) -> list[Word]:
        lead = re.match(r"^\W*", words[0].text)
        tail = re.search(rf"(?:[{APOSTROPHES}]s)?\W*$", words[-1].text)
        before, after = lead.group() if lead else "", tail.group() if tail else ""
        if bare(after) and bare(text).endswith(bare(after)):
            after = re.sub(rf"^[{APOSTROPHES}]s", "", after)
        if len(words) == 1 and not _has_own_case(text):
            # Whether "Will" or "will" was said is the recogniser's to decide.
            inner = words[0].text[len(before) : len(words[0].text) - len(after)]
            if inner.casefold() == text.casefold():
                return list(words)
        span = Span(words[0].span.start, words[-1].span.end)
        known = [word.probability for word in words if word.probability is not None]
        parts = (before + text + after).split()
        return [
            replace(
                words[0],
                text=part,
                span=piece,
                probability=sum(known) / len(known) if known else None,
            )
            for part, piece in zip(parts, _spread(parts, span), strict=True)
        ]


def _readings(term: VocabularyTerm) -> tuple[str, ...]:
    return (term.text, *term.sounds_like)


def bare(text: str) -> str:
    """What counts of a text when it is compared: letters and digits."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _has_end(words: Sequence[Word]) -> bool:
    """Whether a sentence ends behind one of these words."""
    return any(word.text.endswith((".", "?", "!")) for word in words)


def _is_doubted(words: Sequence[Word], most: float) -> bool:
    """Whether one of them is at most so probable; without probabilities nothing is doubted."""
    return any(word.probability is not None and word.probability <= most for word in words)


def _has_own_case(text: str) -> bool:
    """Whether its capitals or marks say more than that it is a name."""
    return not text.isalpha() or text[1:] != text[1:].lower()


def _spread(parts: Sequence[str], span: Span) -> list[Span]:
    total = sum(len(part) for part in parts)
    edges = [span.start]
    for part in parts:
        edges.append(edges[-1] + span.length * len(part) // total)
    edges[-1] = span.end
    return [Span(edges[i], edges[i + 1]) for i in range(len(parts))]
