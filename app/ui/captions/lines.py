"""The last lines of a running meeting, as the caption window shows them; pure data, no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.ui.transcript.lines import Line

NEWEST_LINES = 40
"""More segments than the largest caption window can hold."""


@dataclass(frozen=True, slots=True)
class Caption:
    """One line on the screen.

    Attributes:
        name: Of the voice where it begins to talk; "" where it goes on.
        colour_index: Of the voice; None for an unknown one.
        solid_chars: Leading characters of `text` that will not change.
    """

    name: str
    colour_index: int | None
    text: str
    solid_chars: int


def captions_of(
    lines: Sequence[Line],
    count: int,
    width: float,
    measure: Callable[[str], float],
) -> tuple[Caption, ...]:
    """Break the newest words into at most `count` screen lines.

    Args:
        lines: By time.
        width: Of the window's text, in the unit of `measure`.
        measure: The width of a text.
    """
    made: list[Caption] = []
    for turn in _turns(lines[-NEWEST_LINES:]):
        made += _wrap(turn, width, measure)
    return tuple(made[-count:])


def _turns(lines: Iterable[Line]) -> list[list[Line]]:
    turns: list[list[Line]] = []
    for line in lines:
        if turns and turns[-1][-1].track == line.track:
            turns[-1].append(line)
        else:
            turns.append([line])
    return turns


def _wrap(turn: list[Line], width: float, measure: Callable[[str], float]) -> list[Caption]:
    first = turn[0]
    tokens: list[tuple[str, bool]] = []
    for line in turn:
        solid = len(line.text[: line.solid_chars].split())
        words = line.text.split()
        tokens += [(word, number < solid) for number, word in enumerate(words)]
    made: list[Caption] = []
    room = width - measure(f"{first.label}  ")
    row: list[tuple[str, bool]] = []
    for token in tokens:
        text = " ".join(word for word, _is_solid in [*row, token])
        if row and measure(text) > room:
            made.append(_caption(first, row, is_first=not made))
            row, room = [token], width
        else:
            row.append(token)
    if row:
        made.append(_caption(first, row, is_first=not made))
    return made


def _caption(line: Line, row: list[tuple[str, bool]], *, is_first: bool) -> Caption:
    solid = " ".join(word for word, is_solid in row if is_solid)
    text = " ".join(word for word, _is_solid in row)
    name = line.label if is_first else ""
    return Caption(name, line.colour_index, text, len(solid))
