"""How people name lines, words and moments of a transcript on the command line."""

from __future__ import annotations

import re
from typing import Any

import click

from app.domain.errors import KnownError
from app.domain.ids import SegmentId
from app.domain.selection import LineSelection
from app.domain.units import Span

_END_S = 1e9
"""Later than the end of any meeting."""
_WORDS = re.compile(r"(?P<line>.+):(?P<first>\d+)(?:-(?P<last>\d+))?")
_MOMENT = re.compile(r"(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d+)?)")


def read_line(text: str) -> LineSelection:
    """Read "ID", or "ID:3-5" and "ID:3" for some of its words, counted from 1.

    Raises:
        KnownError: The words are not counted from 1, or the last stands before the first.
    """
    match = _WORDS.fullmatch(text)
    if match is None:
        return LineSelection(segment_id=SegmentId(text))
    first = int(match["first"])
    last = int(match["last"] or first)
    if not 1 <= first <= last:
        raise KnownError(f"{text!r} names no words: ID:3-5 are the third to the fifth.")
    return LineSelection(segment_id=SegmentId(match["line"]), first=first - 1, last=last)


class MomentParam(click.ParamType[float]):
    """A time in a recording: 83.5, 1:23.5 or 1:02:03; in seconds."""

    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the time."""
        if isinstance(value, float):
            return value
        match = _MOMENT.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is not a time like 83.5, 1:23.5 or 1:02:03.", param, ctx)
        hours, minutes, seconds = match.groups()
        return 3600.0 * int(hours or 0) + 60.0 * int(minutes or 0) + float(seconds)


def span_between(
    start_s: float | None, end_s: float | None, *, end_name: str = "--to"
) -> Span | None:
    """The stretch that two options name; one alone reaches to the end or from the beginning.

    Args:
        end_name: What the second option is called.

    Returns:
        None without either.

    Raises:
        KnownError: It ends before it begins.
    """
    if start_s is None and end_s is None:
        return None
    start, end = start_s or 0.0, _END_S if end_s is None else end_s
    if end <= start:
        raise KnownError(f"{end_name} has to be later than --from.")
    return Span.from_seconds(start, end)
