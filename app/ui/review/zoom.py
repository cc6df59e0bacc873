"""Which part of a recording the time line shows; pure arithmetic, no Qt."""

from __future__ import annotations

SHORTEST_S = 10.0
"""A shorter part holds less than a sentence or two."""
STEP = 2.0
"""By how much one key press enlarges."""
AHEAD = 0.1
"""Where playback stands in the part that is turned to, as a share of it."""


class Zoom:
    """A part of a recording, moved and resized inside the whole; seconds."""

    def __init__(self) -> None:
        self.duration_s = 0.001
        self.start_s = 0.0
        self.shown_s = 0.001

    @property
    def end_s(self) -> float:
        """Where the part ends."""
        return self.start_s + self.shown_s

    @property
    def is_whole(self) -> bool:
        """Whether everything is shown."""
        return self.shown_s >= self.duration_s

    def set_duration(self, duration_s: float) -> None:
        """Take a recording; another length than before shows all of it."""
        if duration_s != self.duration_s:
            self.duration_s = duration_s
            self.show_all()

    def show_all(self) -> None:
        """Show the whole recording."""
        self.start_s, self.shown_s = 0.0, self.duration_s

    def enlarge(self, factor: float, at_s: float) -> None:
        """Show a part that is `factor` times shorter; what is at `at_s` stays where it is seen."""
        share = self.share_of(at_s)
        shortest = min(SHORTEST_S, self.duration_s)
        self.shown_s = min(self.duration_s, max(shortest, self.shown_s / factor))
        self._start_at(at_s - share * self.shown_s)

    def move(self, seconds: float) -> None:
        """Show what is later, or earlier where negative."""
        self._start_at(self.start_s + seconds)

    def follow(self, seconds: float) -> bool:
        """Turn to the part that holds a moment, like a page; whether anything moved."""
        if self.start_s <= seconds <= self.end_s:
            return False
        before = self.start_s
        self._start_at(seconds - AHEAD * self.shown_s)
        return self.start_s != before

    def share_of(self, seconds: float) -> float:
        """Where a moment is seen: 0 at the beginning of the part, 1 at its end."""
        return (seconds - self.start_s) / self.shown_s

    def seconds_at(self, share: float) -> float:
        """The moment that is seen at a share of the part."""
        return self.start_s + min(1.0, max(0.0, share)) * self.shown_s

    def _start_at(self, seconds: float) -> None:
        self.start_s = min(max(0.0, seconds), self.duration_s - self.shown_s)
