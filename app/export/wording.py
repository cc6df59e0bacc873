"""The words of a segment with their times, where the user's own text takes their place."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence

from app.domain.messages import Word
from app.domain.transcript import UNSPACED_LANGUAGES, join_words
from app.domain.units import SESSION_RATE_HZ, Span

_MIN_INSERTED_SAMPLES = SESSION_RATE_HZ // 20
"""Room a typed word needs between its neighbours (50 ms); with less, it shares one's time."""
_UNSPACED_SCRIPTS = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u3040-\u30ff"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\U00020000-\U0003ffff"
)
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED_SCRIPTS}]")
_UNSPACED_TOKEN = re.compile(f"[{_UNSPACED_SCRIPTS}]|[^{_UNSPACED_SCRIPTS}]+")


def timed_words(
    words: Sequence[Word], text: str, *, span: Span, language: str | None
) -> tuple[Word, ...]:
    """The words that `text` consists of, each with a time.

    Words that the user left as they were keep their time and probability. A changed run shares
    the time of the run that it replaces, by length, and has no probability.

    Args:
        words: As recognised.
        text: As the user sees it.
        span: Of the segment: where added words at an edge go.

    Returns:
        Words without white space inside; joined, they read like `text`.
    """
    words = [piece for word in words for piece in _without_blanks(word)]
    if text == join_words(words, language) or _reads_like(words, text):
        return tuple(words)
    tokens = _split(text, language)
    known = [piece for word in words for piece in _spread(_split(word.text, language), word)]
    matcher = difflib.SequenceMatcher(
        None, [_key(word.text) for word in known], [_key(token) for token in tokens], autojunk=False
    )
    result: list[Word] = []
    for tag, known_from, known_to, from_, to in matcher.get_opcodes():
        if tag == "equal":
            for word, token in zip(known[known_from:known_to], tokens[from_:to], strict=True):
                result.append(Word(text=token, span=word.span, probability=word.probability))
        elif tag == "replace":
            room = Span(known[known_from].span.start, _end_of(known[known_from:known_to]))
            result.extend(_spread(tokens[from_:to], Word(text="", span=room)))
        elif tag == "insert":
            _insert(result, tokens[from_:to], known[known_from : known_from + 1], span)
    return tuple(result)


def _insert(result: list[Word], tokens: list[str], following: list[Word], span: Span) -> None:
    start = result[-1].span.end if result else min([span.start, *(w.span.start for w in following)])
    end = following[0].span.start if following else max(span.end, start)
    if end - start < _MIN_INSERTED_SAMPLES * len(tokens) and result:
        last = result.pop()
        tokens, start, end = [last.text, *tokens], last.span.start, max(end, last.span.end)
    result.extend(_spread(tokens, Word(text="", span=Span(start, max(start, end)))))


def _spread(tokens: list[str], word: Word) -> list[Word]:
    """Share the time of `word` among `tokens` by their length."""
    if len(tokens) == 1:
        return [Word(text=tokens[0], span=word.span, probability=word.probability)]
    total = sum(map(len, tokens))
    bounds, done = [word.span.start], 0
    for token in tokens:
        done += len(token)
        bounds.append(word.span.start + word.span.length * done // total)
    return [
        Word(text=token, span=Span(start, end), probability=word.probability)
        for token, start, end in zip(tokens, bounds, bounds[1:], strict=False)
    ]


def _without_blanks(word: Word) -> list[Word]:
    pieces = word.text.split()
    return [word] if pieces == [word.text] else _spread(pieces, word)


def _split(text: str, language: str | None) -> list[str]:
    pieces = text.split()
    if language not in UNSPACED_LANGUAGES:
        return pieces
    tokens: list[str] = []
    for piece in pieces:
        for number, token in enumerate(_UNSPACED_TOKEN.findall(piece)):
            # Marks and punctuation belong to the character before them.
            if number and unicodedata.category(token[0])[0] in "MP":
                tokens[-1] += token
            else:
                tokens.append(token)
    return tokens


def _reads_like(words: Sequence[Word], text: str) -> bool:
    """Whether `text` is these words, blanks between them being optional in unspaced scripts."""
    position = 0
    for word in words:
        start = position
        while text[position : position + 1].isspace():
            position += 1
        if not text.startswith(word.text, position):
            return False
        joint = text[max(0, start - 1) : start + 1]
        if start == position and start and not _UNSPACED_CHARACTER.search(joint):
            return False
        position += len(word.text)
    return not text[position:].strip()


def _key(token: str) -> str:
    letters = "".join(char for char in token.casefold() if char.isalnum())
    return letters or token


def _end_of(words: Sequence[Word]) -> int:
    return max(words[0].span.start, *(word.span.end for word in words))
