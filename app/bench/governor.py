"""`bench governor`: other programs take the machine for a while. What gives way, and comes back?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from app.bench.figures import Distribution, distribution
from app.bench.pipeline import stage_names
from app.bench.play import Take
from app.bench.plots import Plot
from app.bench.targets import Target, all_kept, rounded
from app.domain.ids import SegmentId
from app.domain.messages import SegmentStatus
from app.domain.session import OperatingPoint
from app.services.events import MeetingEvent

CALM, BUSY, AFTER = "calm", "busy", "after"
GOVERNED, FREE = "governed", "free"
BUSY_LOOP = (sys.executable, "-c", "while True: pass")


class Process(Protocol):
    """What a burden needs of a running program."""

    def kill(self) -> None:
        """End it."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""
        ...


def start_busy_loop() -> Process:
    """A program that takes one processor for as long as it runs."""
    return subprocess.Popen(BUSY_LOOP)


@dataclass
class Burden:
    """Programs that take the machine during the middle third of a meeting; a listener of it.

    Attributes:
        count: How many; as many as processors take half of each.
    """

    duration_s: float
    count: int
    start: Callable[[], Process] = start_busy_loop
    _running: list[Process] = field(default_factory=list)

    def __call__(self, event: MeetingEvent) -> None:
        """Begin and end by the time of the meeting."""
        is_due = self.phase(event.t) == BUSY
        if is_due and not self._running:
            self._running = [self.start() for _ in range(self.count)]
        elif not is_due:
            self.close()

    def phase(self, at_s: float) -> str:
        """`CALM`, `BUSY` or `AFTER`."""
        third = self.duration_s / 3
        return CALM if at_s < third else BUSY if at_s < 2 * third else AFTER

    def close(self) -> None:
        """End them all."""
        for process in self._running:
            process.kill()
            process.wait(10)
        self._running = []


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernedTake:
    """One run under a burden.

    Attributes:
        phase: Of a moment in seconds.
    """

    way: str
    take: Take
    phase: Callable[[float], str]

    @property
    def relief(self) -> list[tuple[float, int]]:
        """How far quality had stepped down, once a second."""
        return [(t, health.relief) for t, health in self.take.tape.health()]

    def lags(self, phase: str) -> Distribution | None:
        """Audio fed but not decoded, in one phase."""
        series = self.take.tape.health()
        return distribution([health.lag_s for t, health in series if self.phase(t) == phase])

    def delays(self, phase: str) -> Distribution | None:
        """From the end of a word to its final text, by the phase in which it was said."""
        done: set[SegmentId] = set()
        found = []
        for change in self.take.shown:
            for update in change.updates:
                if update.status is not SegmentStatus.FINAL or update.segment_id in done:
                    continue
                done.add(update.segment_id)
                found += [
                    change.t - word.span.end_s
                    for word in update.words
                    if self.phase(word.span.end_s) == phase
                ]
        return distribution(found)

    @property
    def words(self) -> int:
        """In the transcript at the end."""
        return sum(len(segment.words) for segment in self.take.transcript.segments)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "words": self.words,
            "dropped_samples": self.take.dropped_samples,
            "given_up_s": self.take.tape.gap_s,
            "deepest_relief": max((relief for _, relief in self.relief), default=0),
            "last_relief": self.relief[-1][1] if self.relief else 0,
            "steps": [
                {"t": t, "relief": relief}
                for (_, before), (t, relief) in zip(self.relief, self.relief[1:], strict=False)
                if relief != before
            ],
            "lag_s": {phase: _record(self.lags(phase)) for phase in (CALM, BUSY, AFTER)},
            "delay_s": {phase: _record(self.delays(phase)) for phase in (CALM, BUSY, AFTER)},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernorResult:
    """Both runs, and the promise."""

    point: OperatingPoint
    burden: int
    duration_s: float
    takes: Mapping[str, GovernedTake]

    @property
    def targets(self) -> tuple[Target, ...]:
        """Nothing is lost, the governor helps, and quality is whole again at the end."""
        governed, free = self.takes[GOVERNED], self.takes[FREE]
        lost = governed.take.dropped_samples + free.take.dropped_samples
        given_up_s = governed.take.tape.gap_s + free.take.tape.gap_s
        with_s, without_s = governed.delays(BUSY), free.delays(BUSY)
        share = None
        if with_s is not None and without_s is not None:
            share = 100 * with_s.p95 / max(0.1, without_s.p95)
        return (
            Target(name="lost samples", unit="samples", limit=0, value=float(lost)),
            Target(name="given up", unit="s", limit=0.0, value=given_up_s),
            Target(
                name="delay p95 while busy, of that without governor",
                unit="%",
                limit=100.0,
                value=share,
            ),
            Target(
                name="steps still down at the end",
                unit="",
                limit=0,
                value=float(governed.relief[-1][1]) if governed.relief else None,
            ),
        )

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        record: dict[str, Any] = rounded(
            {
                "bench": "governor",
                "ok": all_kept(self.targets),
                "point": self.point.value,
                "promised_s": self.point.delay_s,
                "busy_programs": self.burden,
                "audio_s": self.duration_s,
                "stages": stage_names(self.takes[GOVERNED].take),
                "ways": {way: take.record() for way, take in self.takes.items()},
                "targets": [target.record() for target in self.targets],
            }
        )
        return record


def draw_governor(result: GovernorResult, path: Path) -> None:
    """Draw the lag of both runs, and the steps of the governed one, over time.

    Raises:
        KnownError: The file cannot be written, or matplotlib is missing.
    """
    plot = Plot("Behind", "Steps down")
    for way, take in result.takes.items():
        series = take.take.tape.health()
        lags: Sequence[float] = [health.lag_s for _, health in series]
        plot.line(0, [t for t, _ in series], lags, ("s", "s"), name=way)
        plot.line(1, [t for t, _ in take.relief], [r for _, r in take.relief], ("s", ""), name=way)
    plot.save(path)


def _record(spread: Distribution | None) -> dict[str, float] | None:
    if spread is None:
        return None
    return {"count": spread.count, "p50": spread.p50, "p95": spread.p95, "max": spread.maximum}
