"""Units: the integer sample index is the only clock inside the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

SampleIndex = NewType("SampleIndex", int)
"""A position on the session's time line, in samples at `SESSION_RATE_HZ`."""
Seconds = NewType("Seconds", float)

SESSION_RATE_HZ = 16_000
"""The rate of every stream inside the core: what all speech models here take."""


def to_samples(seconds: float) -> SampleIndex:
    """Round a time in seconds to the nearest session sample."""
    return SampleIndex(round(seconds * SESSION_RATE_HZ))


def to_seconds(samples: int) -> Seconds:
    """Express a count of session samples in seconds."""
    return Seconds(samples / SESSION_RATE_HZ)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The half-open interval [start, end) in session samples.

    Raises:
        ValueError: `end` lies before `start`.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"span ends before it starts: [{self.start}, {self.end})")

    @classmethod
    def from_seconds(cls, start_s: float, end_s: float) -> Span:
        """Make a span from times in seconds."""
        return cls(to_samples(start_s), to_samples(end_s))

    @property
    def length(self) -> int:
        """Samples inside."""
        return self.end - self.start

    @property
    def start_s(self) -> float:
        """The start in seconds."""
        return self.start / SESSION_RATE_HZ

    @property
    def end_s(self) -> float:
        """The end in seconds."""
        return self.end / SESSION_RATE_HZ

    @property
    def duration_s(self) -> float:
        """The length in seconds."""
        return self.length / SESSION_RATE_HZ

    @property
    def middle(self) -> int:
        """The sample half-way through."""
        return (self.start + self.end) // 2

    def overlap(self, other: Span) -> int:
        """Samples that both spans hold."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))

    def contains(self, sample: int) -> bool:
        """Whether `sample` lies inside."""
        return self.start <= sample < self.end

    def shift(self, samples: int) -> Span:
        """The same length, `samples` later."""
        return Span(self.start + samples, self.end + samples)

    def hull(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def clip(self, bounds: Span) -> Span:
        """The part inside `bounds`; empty, at the nearer edge, when they do not meet."""
        start = min(max(self.start, bounds.start), bounds.end)
        return Span(start, max(start, min(self.end, bounds.end)))
