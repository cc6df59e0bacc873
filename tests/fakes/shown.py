"""Transcripts as they appear, written by hand."""

from __future__ import annotations

from app.bench.sets import ReferenceWord
from app.bench.tape import Shown
from app.domain.ids import StreamId
from tests.fakes.program import segment


def partial(t: float, text: str, *, segment_id: str = "a", revision: int | None = None, **fields):
    """One change that shows unfinished text."""
    number = round(t * 100) if revision is None else revision
    return Shown(
        t=t, updates=(segment(segment_id, text, revision=number, is_final=False, **fields),)
    )


def final(t: float, text: str, *, segment_id: str = "a", **fields):
    """One change that makes text final."""
    return Shown(t=t, updates=(segment(segment_id, text, revision=round(t * 100), **fields),))


def together(*changes: Shown) -> Shown:
    """Changes that reach the user at once."""
    return Shown(t=changes[0].t, updates=tuple(u for change in changes for u in change.updates))


def spoken(
    text: str, *, start_s: float = 0.0, step_s: float = 1.0, stream: StreamId = StreamId.MIX
):
    """Reference words of equal length without pauses."""
    return tuple(
        ReferenceWord(
            text=word,
            start_s=start_s + i * step_s,
            end_s=start_s + (i + 1) * step_s,
            speaker="x",
            stream=stream,
        )
        for i, word in enumerate(text.split())
    )
