"""How text sounds, roughly, and where terms of a list sound like what was heard.

Letters become sounds by rules of English spelling, as in Double Metaphone but with the vowels kept
in three classes. Terms are found in a text by approximate matching (Sellers, J. Algorithms 1, 1980)
that may begin and end between words only, for all terms at once. Rules and costs are ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_VOWELS = "aio"
"""Open, front and back."""
_SOUNDS = "aiobpdtgkfvszSCJmnNlrwhTy"
_CODES = {sound: i for i, sound in enumerate(_SOUNDS)}
_ALIKE = (
    ("bp", 0.3), ("dt", 0.3), ("gk", 0.3), ("fv", 0.3), ("sz", 0.15), ("SC", 0.3), ("CJ", 0.3),
    ("SJ", 0.4), ("sS", 0.4), ("zS", 0.5), ("zJ", 0.5), ("mn", 0.4), ("nN", 0.2), ("mN", 0.5),
    ("lr", 0.6), ("Tt", 0.4), ("Tf", 0.3), ("Ts", 0.5), ("Td", 0.4), ("tC", 0.5), ("dJ", 0.5),
    ("vb", 0.5), ("wv", 0.5), ("yi", 0.2), ("wo", 0.2), ("ai", 0.35), ("ao", 0.35), ("io", 0.4),
    ("ra", 0.6), ("ro", 0.6), ("pf", 0.6), ("hk", 0.7), ("hg", 0.7), ("kC", 0.7), ("lo", 0.6),
)  # fmt: skip
_WEAK = {"a": 0.4, "i": 0.4, "o": 0.4, "h": 0.4, "w": 0.5, "y": 0.4, "r": 0.7}
"""What it costs to lose or add a sound; 1 for the others."""

_LETTER_NAMES = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            "ei bi si di i ef ji eic ai jei kei el em en ou pi kiu ar es ti iu vi dabliu eks uai zi"
        ).split(),
        strict=True,
    )
)
_DIGITS = "zirou uan tu Tri for faiv siks seven eit nain".split()

_RULES: tuple[tuple[str, str], ...] = (
    (r"^x", "z"), (r"^(kn|gn|pn)", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"^pt", "t"),
    (r"^mc", "mak"), (r"tch", "C"), (r"sch", "sk"), (r"ch(?=[rl])", "k"), (r"ch", "C"),
    (r"sh", "S"), (r"ph", "f"), (r"th", "T"), (r"dge", "J"), (r"ght", "t"), (r"^gh", "g"),
    (r"gh", ""), (r"(?<=[aeiouy])mb$", "m"), (r"ck", "k"), (r"cq", "k"), (r"qu", "kw"), (r"q", "k"),
    (r"sc(?=[eiy])", "s"), (r"cc(?=[eiy])", "ks"), (r"ti(?=on|al|ous|en)", "S"),
    (r"ci(?=on|al|ous|an|en)", "S"), (r"si(?=on)", "S"), (r"su(?=re)", "So"),
    (r"c(?=[eiy])", "s"), (r"c", "k"), (r"x", "ks"), (r"gg", "g"), (r"ge$", "J"),
    (r"g(?=[eiy])", "J"), (r"j", "J"), (r"ng(?=[^aeiouy]|$)", "N"), (r"nk", "Nk"),
    (r"(?<=[a-z][bcdfgklmnprstvz])e$", ""), (r"(?<=[bcfgklmnprsvz])ed$", "d"),
    (r"ee|ea|ie|ei|ey|ay|ai", "i"), (r"oo|ou|ow|au|aw|oa|ew|ue|eu", "o"),
    (r"y(?=[aeiou])", "y"), (r"[eiy]", "i"), (r"a", "a"), (r"[ou]", "o"),
)  # fmt: skip
_PATTERN = re.compile("|".join(f"(?P<r{i}>{pattern})" for i, (pattern, _) in enumerate(_RULES)))
_OUTPUT = [output for _, output in _RULES]


def sounds_of(text: str) -> str:
    """A rough transcription, one letter a sound, without blanks.

    Capitals in a row and single letters are spelt out, digits read one by one.
    """
    return "".join(_word_sounds(word) for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", text))


def _word_sounds(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.replace("'", ""))
    plain = "".join(character for character in plain if character.isascii())
    parts = re.findall(r"[A-Z]{2,}(?![a-z])|\d|[A-Z]?[a-z]+|[A-Z]", plain)
    return "".join(_part_sounds(part) for part in parts)


def _part_sounds(part: str) -> str:
    if part.isdigit():
        return _spoken(_DIGITS[int(part)])
    if part.isupper() and not (len(part) > 3 and _is_sayable(part)):
        return "".join(_spoken(_LETTER_NAMES[letter]) for letter in part)
    return _spoken(part.lower())


def _spoken(part: str) -> str:
    heard = _PATTERN.sub(lambda match: _OUTPUT[int((match.lastgroup or "r0")[1:])], part)
    heard = "".join(sound for sound in heard if sound in _CODES)
    return re.sub(r"(.)\1+", r"\1", heard)


def _is_sayable(letters: str) -> bool:
    return bool(re.search(r"[AEIOU]", letters)) and not re.search(r"[^AEIOU]{3}", letters)


def _costs() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    count = len(_SOUNDS)
    substitution = np.ones((count, count), dtype=np.float32)
    for sound in _VOWELS:
        substitution[_CODES[sound]] = substitution[:, _CODES[sound]] = 1.2
    np.fill_diagonal(substitution, 0.0)
    for pair, cost in _ALIKE:
        left, right = tuple(pair)
        substitution[_CODES[left], _CODES[right]] = cost
        substitution[_CODES[right], _CODES[left]] = cost
    missing = np.array([_WEAK.get(sound, 1.0) for sound in _SOUNDS], dtype=np.float32)
    return substitution, missing


_SUBSTITUTION, _MISSING = _costs()


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundMatch:
    """A stretch of words that sounds like a reading.

    Attributes:
        reading: Index into the readings of the finder.
        first, last: Words, both included.
        likeness: 1 sounds the same, 0 has nothing in common.
    """

    reading: int
    first: int
    last: int
    likeness: float


class SoundFinder:
    """Finds readings in texts by sound. Thread-safe: it keeps no state.

    Args:
        readings: Texts; those without a letter are never found.
    """

    def __init__(self, readings: Sequence[str]) -> None:
        heard = [sounds_of(reading) for reading in readings]
        self._lengths = np.array([len(h) for h in heard], dtype=np.int64)
        longest = max((len(h) for h in heard), default=0)
        self._sounds = np.zeros((longest, len(heard)), dtype=np.int64)
        for n, h in enumerate(heard):
            self._sounds[: len(h), n] = [_CODES[sound] for sound in h]
        inside = np.arange(longest)[:, None] < self._lengths[None, :]
        self._missing = np.where(inside, _MISSING[self._sounds], 0.0).astype(np.float32)
        self._begins = np.zeros((longest + 1, len(heard)), dtype=np.float32)
        self._begins[1:] = np.cumsum(self._missing, axis=0)
        self._row_numbers = np.arange(longest + 1)[:, None]
        self._weights = np.maximum(self._begins[-1], 1e-6)

    def weight(self, reading: int) -> float:
        """How much there is to hear of a reading: about its count of consonants."""
        return float(self._weights[reading])

    def find(self, words: Sequence[str], *, min_likeness: float) -> list[SoundMatch]:
        """The best stretch of each reading that ends at each word, where it is alike enough."""
        count = len(self._lengths)
        if not count or not len(self._sounds):
            return []
        rows, columns = self._lengths, np.arange(count)
        cost = np.full((len(self._sounds) + 1, count), np.inf, dtype=np.float32)
        start = np.zeros((len(self._sounds) + 1, count), dtype=np.int64)
        found: list[SoundMatch] = []
        for number, word in enumerate(words):
            self._open(cost, start, number)
            for sound in sounds_of(word):
                cost, start = self._step(cost, start, _CODES[sound])
            likeness = 1.0 - cost[rows, columns] / self._weights
            for n in np.flatnonzero((likeness >= min_likeness) & (rows > 0)):
                found.append(
                    SoundMatch(
                        reading=int(n),
                        first=int(start[rows[n], n]),
                        last=number,
                        likeness=float(likeness[n]),
                    )
                )
        return found

    def _open(
        self, cost: npt.NDArray[np.float32], start: npt.NDArray[np.int64], number: int
    ) -> None:
        """A match may begin before this word."""
        is_better = self._begins < cost
        cost[is_better] = self._begins[is_better]
        start[is_better] = number

    def _step(
        self, cost: npt.NDArray[np.float32], start: npt.NDArray[np.int64], sound: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Hear one more sound."""
        fresh = cost + _MISSING[sound]
        origin = start.copy()
        replaced = cost[:-1] + _SUBSTITUTION[sound][self._sounds]
        is_better = replaced < fresh[1:]
        fresh[1:][is_better] = replaced[is_better]
        origin[1:][is_better] = start[:-1][is_better]
        # What a reading loses: the running minimum of the cost less what its beginning costs.
        gain = fresh - self._begins
        least = np.minimum.accumulate(gain, axis=0)
        came_from = np.maximum.accumulate(np.where(gain <= least, self._row_numbers, 0), axis=0)
        return least + self._begins, np.take_along_axis(origin, came_from, axis=0)
