"""`bench oppoints`: what each operating point costs in words, and how soon its text is final."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.bench.asr import AsrFigures, Player, figures_record, measure_take
from app.bench.figures import distribution
from app.bench.load import is_disturbed
from app.bench.play import Setup
from app.bench.plots import Plot
from app.bench.scoring import wer_interval
from app.bench.sets import ReferenceSet
from app.bench.targets import Target, all_kept, rounded
from app.domain.session import OperatingPoint

MAX_RELATIVE_LOSS: Mapping[OperatingPoint, float] = {
    OperatingPoint.LIVE: 8.0,
    OperatingPoint.BALANCED: 3.0,
    OperatingPoint.ACCURATE: 1.0,
}
"""Percent by which the word error rate may be above that of the final pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OppointsResult:
    """The figures of each set at each point."""

    setup: Setup
    points: Mapping[OperatingPoint, Mapping[str, AsrFigures]]

    def total(self, point: OperatingPoint) -> AsrFigures:
        """Those of all sets at one point."""
        return sum(self.points[point].values(), AsrFigures())

    def relative_loss(self, point: OperatingPoint) -> float | None:
        """Percent by which errors are above those of the final pass; None if it has none."""
        final = self.total(OperatingPoint.FINAL).score
        if not final.errors:
            return None
        return 100 * (self.total(point).score.errors - final.errors) / final.errors

    @property
    def targets(self) -> tuple[Target, ...]:
        """The word loss at each point and, at the pace of the clock, its delay."""
        targets = []
        for point, limit in MAX_RELATIVE_LOSS.items():
            loss = self.relative_loss(point)
            name = f"WER at {point.value} above final"
            targets.append(Target(name=name, unit="%", limit=limit, value=loss))
            delay = distribution(self.total(point).delays.final)
            if self.setup.is_realtime and point.delay_s is not None:
                targets.append(
                    Target(
                        name=f"final delay p95 at {point.value}",
                        unit="s",
                        limit=point.delay_s,
                        value=delay.p95 if delay else None,
                    )
                )
        return tuple(targets)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "bench": "oppoints",
            "realtime": self.setup.is_realtime,
            "without": sorted(self.setup.without),
            "ok": all_kept(self.targets),
            "disturbed": self.setup.is_realtime
            and any(is_disturbed(self.total(point).load) for point in MAX_RELATIVE_LOSS),
            "points": {point.value: self._point_record(point) for point in self.points},
            "targets": [target.record() for target in self.targets],
        }

    def _point_record(self, point: OperatingPoint) -> dict[str, Any]:
        is_timed = self.setup.is_realtime and point is not OperatingPoint.FINAL
        scores = [figures.score for figures in self.points[point].values()]
        return figures_record(self.total(point), is_timed=is_timed) | {
            "wer_interval": rounded(wer_interval(scores)),
            "relative_loss": rounded(self.relative_loss(point)),
            "sets": {
                name: {"wer": rounded(figures.score.wer), "words": figures.score.words}
                for name, figures in self.points[point].items()
            },
        }


def run_oppoints(
    sets: Sequence[ReferenceSet], setup: Setup, player_of: Callable[[Setup], Player]
) -> OppointsResult:
    """Play every set at every point.

    Args:
        setup: Its point is not used; the final pass always runs as fast as it can.

    Raises:
        KnownError, Cancelled: As `app.bench.play.play`.
    """
    points = {}
    for point in OperatingPoint:
        is_realtime = setup.is_realtime and point is not OperatingPoint.FINAL
        player = player_of(replace(setup, point=point, is_realtime=is_realtime))
        points[point] = {
            reference.name: measure_take(player(reference), reference) for reference in sets
        }
    return OppointsResult(setup=setup, points=points)


def draw_oppoints(result: OppointsResult, path: Path) -> None:
    """The word error rate over the delay, promised and, where measured, observed.

    Raises:
        KnownError: matplotlib is missing, or the file cannot be written.
    """
    plot = Plot("Word error rate and delay")
    labels = ("delay from the end of a word to its final text, seconds", "WER, %")
    promised = [
        (point.delay_s, result.total(point).score.wer)
        for point in result.points
        if point.delay_s is not None
    ]
    plot.line(0, [x for x, _ in promised], [y for _, y in promised], labels, name="promised")
    if result.setup.is_realtime:
        spreads = [(distribution(result.total(p).delays.final), p) for p in MAX_RELATIVE_LOSS]
        seen = [(s.p95, result.total(p).score.wer) for s, p in spreads if s is not None]
        plot.line(0, [x for x, _ in seen], [y for _, y in seen], labels, name="observed, p95")
    for point in result.points:
        if point.delay_s is not None:
            plot.note(0, point.delay_s, result.total(point).score.wer, point.value)
    final_wer = result.total(OperatingPoint.FINAL).score.wer
    ends = [0.0, max(x for x, _ in promised)]
    plot.line(0, ends, [final_wer, final_wer], labels, name="final pass")
    plot.save(path)
