"""Give the words of an edited text their times: unchanged words keep theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.domain.messages import Word
from app.domain.transcript import UNSPACED_LANGUAGES, join_words
from app.domain.units import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """Old words [old_start, old_end) give way to `tokens`; without tokens they go."""

    old_start: int
    old_end: int
    tokens: tuple[str, ...]


def retime(words: Sequence[Word], text: str, span: Span, language: str | None) -> tuple[Word, ...]:
    """Spread an edited text over the audio of the words that it replaces.

    Args:
        words: The words so far, by time.
        text: What the user typed.
        span: The segment; new words lie inside it, or between their unchanged neighbours.
        language: Decides whether words are separated by blanks.

    Returns:
        The words of `text` in order. A word that did not change keeps its span and probability.
        Changed words share the time of what they replace, or the pause where they were
        inserted, in proportion to their length; their probability is None.
    """
    if language in UNSPACED_LANGUAGES:
        changes = _changes_by_character(words, text)
    else:
        changes = _changes_by_word(words, text)
    result: list[Word] = []
    position = 0
    for change in changes:
        result.extend(words[position : change.old_start])
        room = _room(words, change, span)
        result.extend(_spread(change.tokens, room))
        position = change.old_end
    result.extend(words[position:])
    return tuple(result)


def _changes_by_word(words: Sequence[Word], text: str) -> list[_Change]:
    old = [word.text for word in words]
    new = text.split()
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    return [
        _Change(old_start=old_start, old_end=old_end, tokens=tuple(new[new_start:new_end]))
        for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _changes_by_character(words: Sequence[Word], text: str) -> list[_Change]:
    """As `_changes_by_word`, where the text shows no word boundaries.

    A word is unchanged when all its characters are; what lies between is one new word.
    """
    joined = join_words(words, next(iter(UNSPACED_LANGUAGES)))
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word.text))
    kept: list[tuple[int, int]] = []
    matcher = SequenceMatcher(a=joined, b=text, autojunk=False)
    for block in matcher.get_matching_blocks():
        for index in range(len(words)):
            if block.a <= starts[index] and starts[index + 1] <= block.a + block.size:
                if starts[index] < starts[index + 1]:
                    kept.append((index, starts[index] - block.a + block.b))
    changes = []
    old_position = new_position = 0
    for index, new_start in [*kept, (len(words), len(text))]:
        between = text[new_position:new_start].split()
        if between or old_position < index:
            changes.append(_Change(old_start=old_position, old_end=index, tokens=tuple(between)))
        old_position = index + 1
        if index < len(words):
            new_position = new_start + len(words[index].text)
    return changes


def _room(words: Sequence[Word], change: _Change, span: Span) -> Span:
    """The time that the new words of `change` may take."""
    replaced = words[change.old_start : change.old_end]
    if replaced:
        return Span(replaced[0].span.start, max(word.span.end for word in replaced))
    start = words[change.old_start - 1].span.end if change.old_start > 0 else span.start
    end = words[change.old_end].span.start if change.old_end < len(words) else span.end
    return Span(start, max(start, end))


def _spread(tokens: Sequence[str], room: Span) -> list[Word]:
    """Share `room` among `tokens` by their count of characters."""
    total = sum(len(token) for token in tokens)
    words = []
    done = 0
    start = room.start
    for token in tokens:
        done += len(token)
        end = room.start + room.length * done // total
        words.append(Word(text=token, span=Span(start, end)))
        start = end
    return words
