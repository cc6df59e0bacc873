"""`bench asr`: words, delays, flicker, lag and cost of live transcripts at one operating point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.bench.figures import Distribution, distribution
from app.bench.latency import Delays, measure_delays
from app.bench.load import Load, is_disturbed
from app.bench.play import Setup, Take
from app.bench.plots import Plot
from app.bench.scoring import WordScore, score_words, wer_interval
from app.bench.sets import ReferenceSet, read_turns, read_words
from app.bench.stability import Stability, committed_breaches, measure_stability
from app.bench.targets import Target, all_kept, rounded
from app.domain.messages import SegmentStatus, SegmentUpdate
from app.domain.session import OperatingPoint

MAX_PARTIAL_P50_S = 0.35
MAX_PARTIAL_P95_S = 0.9
MAX_RELEASE_STD_S = 0.1
MAX_UPWR = 15.0
MAX_LAG_S = 1.0
MAX_CPU = 70.0
MAX_ENGINE_MB = 1200.0

Player = Callable[[ReferenceSet], Take]
"""Runs one set through the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsrFigures:
    """What was measured on one recording, or on several: all parts add up.

    Attributes:
        lags_s: Once a second, audio fed but not processed by the slowest stage.
        end_lags_s: Per recording, from the end of the audio to the last final text.
        dropped_samples: Lost in capture or engine; `gap_s` what the engine gave up.
        breaches: Settled words that changed.
    """

    score: WordScore = field(default_factory=WordScore)
    delays: Delays = field(default_factory=Delays)
    stability: Stability = field(default_factory=Stability)
    load: Load = field(default_factory=Load)
    lags_s: tuple[float, ...] = ()
    end_lags_s: tuple[float, ...] = ()
    audio_s: float = 0.0
    dropped_samples: int = 0
    gap_s: float = 0.0
    breaches: int = 0

    def __add__(self, other: AsrFigures) -> AsrFigures:
        """Those of all recordings of both."""
        return AsrFigures(
            score=self.score + other.score,
            delays=self.delays + other.delays,
            stability=self.stability + other.stability,
            load=self.load + other.load,
            lags_s=self.lags_s + other.lags_s,
            end_lags_s=self.end_lags_s + other.end_lags_s,
            audio_s=self.audio_s + other.audio_s,
            dropped_samples=self.dropped_samples + other.dropped_samples,
            gap_s=self.gap_s + other.gap_s,
            breaches=self.breaches + other.breaches,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AsrResult:
    """The bench's outcome: figures per set, in the order of the sets, and in all."""

    setup: Setup
    sets: dict[str, AsrFigures]
    total: AsrFigures
    targets: tuple[Target, ...]

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        is_timed = self.setup.is_realtime
        scores = [figures.score for figures in self.sets.values()]
        total = figures_record(self.total, is_timed=is_timed)
        return {
            "bench": "asr",
            "point": self.setup.point.value,
            "realtime": is_timed,
            "without": sorted(self.setup.without),
            "ok": all_kept(self.targets),
            "disturbed": is_timed and is_disturbed(self.total.load),
            "total": total | {"wer_interval": rounded(wer_interval(scores))},
            "targets": [target.record() for target in self.targets],
            "sets": {
                name: figures_record(figures, is_timed=is_timed)
                for name, figures in self.sets.items()
            },
        }


def run_asr(sets: Sequence[ReferenceSet], setup: Setup, player: Player) -> AsrResult:
    """Play every set and measure it.

    Raises:
        KnownError, Cancelled: As `app.bench.play.play`.
    """
    measured = {reference.name: measure_take(player(reference), reference) for reference in sets}
    total = sum(measured.values(), AsrFigures())
    targets = check_targets(total, setup) if setup.is_realtime else untimed_targets(total)
    return AsrResult(setup=setup, sets=measured, total=total, targets=targets)


def measure_take(take: Take, reference: ReferenceSet) -> AsrFigures:
    """Compare one run with its reference."""
    duration_s = take.transcript.meeting.duration_s
    finals = [shown.t for shown in take.shown if any(map(_is_final_text, shown.updates))]
    return AsrFigures(
        score=score_words(read_turns(reference), take.transcript.segments),
        delays=measure_delays(take.shown, read_words(reference)),
        stability=measure_stability(take.shown),
        load=take.load,
        lags_s=tuple(health.lag_s for _, health in take.tape.health()),
        end_lags_s=(max(0.0, max(finals, default=0.0) - duration_s),),
        audio_s=duration_s,
        dropped_samples=take.dropped_samples,
        gap_s=take.tape.gap_s,
        breaches=committed_breaches(take.shown),
    )


def check_targets(total: AsrFigures, setup: Setup) -> tuple[Target, ...]:
    """The promises of a session at the pace of the clock."""
    shown, final = distribution(total.delays.shown), distribution(total.delays.final)
    released = distribution(total.delays.released)
    delay_s = setup.point.delay_s
    targets = [
        _target("partial delay p50", "s", MAX_PARTIAL_P50_S, shown.p50 if shown else None),
        _target("partial delay p95", "s", MAX_PARTIAL_P95_S, shown.p95 if shown else None),
    ]
    if delay_s is not None:
        targets += [
            _target("final delay p95", "s", delay_s, final.p95 if final else None),
            _target("release std", "s", MAX_RELEASE_STD_S, released.std if released else None),
        ]
    targets.append(_target("lag", "s", MAX_LAG_S, max(total.lags_s, default=None)))
    if setup.point is OperatingPoint.BALANCED:
        share = total.load.cpu_share * 100 if total.load.wall_s else None
        targets.append(_target("processor share", "%", MAX_CPU, share))
    return (*targets, *untimed_targets(total))


def untimed_targets(total: AsrFigures) -> tuple[Target, ...]:
    """The promises that do not need the clock."""
    has_words = total.stability.final_words > 0
    engine_mb = total.load.engine_peak_mb or None
    return (
        _target(
            "unstable partial words", "%", MAX_UPWR, total.stability.upwr if has_words else None
        ),
        _target("engine memory", "MB", MAX_ENGINE_MB, engine_mb),
        _target("dropped samples", "samples", 0.0, float(total.dropped_samples)),
        _target("given up", "s", 0.0, total.gap_s),
        _target("settled words changed", "words", 0.0, float(total.breaches)),
    )


def figures_record(figures: AsrFigures, *, is_timed: bool) -> dict[str, Any]:
    """JSON-ready; delays and lag are None when the clock did not set the pace."""
    delays, stability, load = figures.delays, figures.stability, figures.load
    lag = distribution(figures.lags_s)
    record = {
        "audio_s": figures.audio_s,
        "words": figures.score.words,
        "wer": figures.score.wer,
        "cpwer": figures.score.cp_wer,
        "timed_words": delays.words,
        "found_words": delays.found,
        "partial_delay_s": _spread(delays.shown) if is_timed else None,
        "final_delay_s": _spread(delays.final) if is_timed else None,
        "release_delay_s": _spread(delays.released) if is_timed else None,
        "upwr": stability.upwr,
        "upwr_as_written": stability.upwr_as_written,
        "unstable_share": stability.unstable_share,
        "settled_words_changed": figures.breaches,
        "lag_s": _record(lag) if is_timed else None,
        "end_lag_s": max(figures.end_lags_s, default=0.0) if is_timed else None,
        "cpu_share": load.cpu_share,
        "machine_cpu_share": load.machine_cpu,
        "rtf": load.wall_s / figures.audio_s if figures.audio_s else None,
        "engine_peak_mb": load.engine_peak_mb,
        "program_peak_mb": load.program_peak_mb,
        "dropped_samples": figures.dropped_samples,
        "given_up_s": figures.gap_s,
    }
    result: dict[str, Any] = rounded(record)
    return result


def _is_final_text(update: SegmentUpdate) -> bool:
    return update.status is SegmentStatus.FINAL and not update.is_retracted


def _target(name: str, unit: str, limit: float, value: float | None) -> Target:
    return Target(name=name, unit=unit, limit=limit, value=value)


def _spread(values: Sequence[float]) -> dict[str, Any] | None:
    return _record(distribution(values))


def _record(spread: Distribution | None) -> dict[str, Any] | None:
    return None if spread is None else asdict(spread)


def draw_asr(result: AsrResult, path: Path) -> None:
    """Delays as histograms, and the word error rate of each set over its 95 % lag.

    Raises:
        KnownError: matplotlib is missing, or the file cannot be written.
    """
    point = result.setup.point
    plot = Plot(f"Delay behind the end of a word, {point.value}", "Word error rate and lag")
    delays = result.total.delays
    parts = {"shown": delays.shown, "final": delays.final, "released": delays.released}
    plot.histogram(0, parts, "seconds", limit=point.delay_s)
    for name, figures in result.sets.items():
        lag = distribution(figures.lags_s)
        x = 0.0 if lag is None else lag.p95
        plot.line(1, [x], [figures.score.wer], ("p95 of the lag, seconds", "WER, %"))
        plot.note(1, x, figures.score.wer, name)
    plot.save(path)
