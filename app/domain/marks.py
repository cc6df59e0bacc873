"""What the people in a meeting say about stretches of it: off the record, paused, worth noting."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.units import Span, to_samples


class HoldReason(StrEnum):
    """Why a stretch was neither stored nor transcribed."""

    PAUSED = "paused"
    OFF_RECORD = "off-record"

    @property
    def phrase(self) -> str:
        """What an export says of such a stretch."""
        return "paused" if self is HoldReason.PAUSED else "off the record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A stretch of the session that was neither stored nor transcribed.

    The time line goes on through it; silence stands in the recording.

    Attributes:
        start: In session samples.
        end: None while it lasts, or where the recording ended during it.
    """

    start: int
    end: int | None
    reason: HoldReason

    def span(self, duration_s: float) -> Span:
        """The stretch, up to the end of a meeting of `duration_s` if it has no end of its own."""
        end = to_samples(duration_s) if self.end is None else self.end
        return Span(self.start, max(self.start, end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A moment that somebody wants to find again.

    Attributes:
        at: In session samples.
        note: On one line; "" for none.
    """

    at: int
    note: str = ""
