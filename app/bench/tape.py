"""Everything one meeting told its front end, kept with the times at which it was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.domain.meeting import MeetingState
from app.domain.messages import Health, SegmentStatus, SegmentUpdate, TranscriptPatch
from app.domain.transcript import Transcript
from app.services.events import (
    Failed,
    Finished,
    HealthMeasured,
    MeetingEvent,
    Started,
    StateChanged,
    TranscriptChanged,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One change of the transcript as the user saw it.

    Attributes:
        t: Seconds since the first sample was fed.
    """

    t: float
    updates: tuple[SegmentUpdate, ...]


class Tape:
    """A listener that keeps all events of one meeting.

    Args:
        on_second: Called when the models are loaded, once a second while the engine works, and at
            the end, in the thread that reports.
    """

    def __init__(self, on_second: Callable[[], None] | None = None) -> None:
        self.events: list[MeetingEvent] = []
        self._on_second = on_second

    def __call__(self, event: MeetingEvent) -> None:
        """Take one event."""
        self.events.append(event)
        if self._on_second and isinstance(event, Started | HealthMeasured | Finished):
            self._on_second()

    def shown(self) -> Iterator[Shown]:
        """The changes of segments in time, up to the final pass: what the user saw live."""
        for event in self.events:
            if isinstance(event, StateChanged) and event.state is MeetingState.REFINING:
                return
            if isinstance(event, TranscriptChanged) and event.updates:
                yield Shown(t=event.t, updates=event.updates)

    def health(self) -> tuple[tuple[float, Health], ...]:
        """Time and content of each health message."""
        return tuple((e.t, e.health) for e in self.events if isinstance(e, HealthMeasured))

    def failures(self) -> tuple[str, ...]:
        """What went wrong, as the user was told."""
        return tuple(e.report.user_text for e in self.events if isinstance(e, Failed))

    @property
    def gap_s(self) -> float:
        """Seconds of audio that the engine gave up."""
        gaps = {g for e in self.events if isinstance(e, TranscriptChanged) for g in e.gaps}
        return sum(gap.span.duration_s for gap in gaps)

    @property
    def wall_s(self) -> float:
        """From the first sample to the end of all work."""
        return next((e.wall_s for e in self.events if isinstance(e, Finished)), 0.0)


def final_segments(shown: Sequence[Shown]) -> tuple[SegmentUpdate, ...]:
    """The transcript at the end: final segments with words, by time."""
    transcript = Transcript()
    for change in shown:
        transcript.apply(TranscriptPatch(updates=change.updates))
    return tuple(s for s in transcript if s.status is SegmentStatus.FINAL)
