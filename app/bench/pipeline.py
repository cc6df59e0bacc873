"""`bench pipeline`: hours of audio on end, to see whether anything is lost, late or leaks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from app.bench.asr import MAX_ENGINE_MB, MAX_LAG_S
from app.bench.figures import Distribution, distribution, slope
from app.bench.load import is_disturbed
from app.bench.play import Setup, Take
from app.bench.plots import Plot
from app.bench.sets import ReferenceSet
from app.bench.targets import Target, all_kept, rounded
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.messages import Float32Array
from app.domain.units import SESSION_RATE_HZ

MAX_SLOPE_MB_PER_H = 5.0
WARM_UP_SHARE = 0.2
"""The first part of a run, in which caches fill, does not count for the slope."""
MIN_SLOPE_AUDIO_S = 600.0
"""Less audio than this says nothing about a leak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineResult:
    """What one long run showed.

    Attributes:
        fed_samples: Per stream, what the file holds; `stored_samples` what reached the disk.
        slope_mb_per_h: Engine memory over hours of audio, after the warm-up; None for short runs.
    """

    setup: Setup
    take: Take
    fed_samples: Mapping[StreamId, int]
    stored_samples: Mapping[StreamId, int]
    slope_mb_per_h: float | None

    @property
    def audio_s(self) -> float:
        """Length of the run in audio."""
        return max(self.fed_samples.values()) / SESSION_RATE_HZ

    @property
    def lost_samples(self) -> int:
        """Samples that were fed and not stored, or that a part says it dropped."""
        missing = sum(
            abs(count - self.stored_samples.get(stream, 0))
            for stream, count in self.fed_samples.items()
        )
        return missing + self.take.dropped_samples

    @property
    def lags_s(self) -> list[float]:
        """Once a second, audio fed but not processed by the slowest stage."""
        return [health.lag_s for _, health in self.take.tape.health()]

    @property
    def targets(self) -> tuple[Target, ...]:
        """Nothing lost, nothing given up, no leak and, at the pace of the clock, no lag."""
        worst_s = max(self.lags_s, default=None)
        timed = [Target(name="lag", unit="s", limit=MAX_LAG_S, value=worst_s)]
        return (
            Target(name="lost samples", unit="samples", limit=0, value=float(self.lost_samples)),
            Target(name="given up", unit="s", limit=0.0, value=self.take.tape.gap_s),
            *(timed if self.setup.is_realtime else ()),
            Target(
                name="engine memory slope",
                unit="MB/h",
                limit=MAX_SLOPE_MB_PER_H,
                value=self.slope_mb_per_h,
            ),
            Target(
                name="engine memory",
                unit="MB",
                limit=MAX_ENGINE_MB,
                value=self.take.load.engine_peak_mb or None,
            ),
        )

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        load = self.take.load
        is_timed = self.setup.is_realtime
        record = {
            "bench": "pipeline",
            "point": self.setup.point.value,
            "realtime": is_timed,
            "without": sorted(self.setup.without),
            "ok": all_kept(self.targets),
            "disturbed": is_timed and is_disturbed(load),
            "audio_s": self.audio_s,
            "wall_s": self.take.tape.wall_s,
            "lost_samples": self.lost_samples,
            "given_up_s": self.take.tape.gap_s,
            "failures": self.take.tape.failures(),
            "lag_s": _record(distribution(self.lags_s)) if is_timed else None,
            "stages": {
                name: stage_record(self.take, name, is_timed=is_timed)
                for name in stage_names(self.take)
            },
            "cpu_share": load.cpu_share,
            "machine_cpu_share": load.machine_cpu,
            "engine_peak_mb": load.engine_peak_mb,
            "program_peak_mb": load.program_peak_mb,
            "slope_mb_per_h": self.slope_mb_per_h,
            "segments": len(self.take.transcript.segments),
            "targets": [target.record() for target in self.targets],
        }
        result: dict[str, Any] = rounded(record)
        return result


def loop_sets(
    sets: Sequence[ReferenceSet], folder: Path, *, seconds: float
) -> dict[StreamId, Path]:
    """Write the recordings one after the other, again and again, as one meeting.

    Args:
        sets: All with the streams of the first one; others are left out.
        folder: Where the files go.

    Raises:
        KnownError: A recording cannot be read at 16 kHz.
    """
    streams = tuple(sets[0].streams)
    alike = [reference for reference in sets if set(reference.streams) == set(streams)]
    folder.mkdir(parents=True, exist_ok=True)
    paths = {stream: folder / f"{stream.value}.wav" for stream in streams}
    left = round(seconds * SESSION_RATE_HZ)
    files = {stream: _open_output(path) for stream, path in paths.items()}
    try:
        for reference in itertools.cycle(alike):
            length = min(left, round(reference.duration_s * SESSION_RATE_HZ))
            for stream, file in files.items():
                _copy(reference.streams[stream], file, length)
            left -= length
            if left <= 0:
                return paths
    finally:
        for file in files.values():
            file.close()
    return paths


def measure_pipeline(take: Take, setup: Setup, inputs: Mapping[StreamId, Path]) -> PipelineResult:
    """What a run over looped recordings showed."""
    return PipelineResult(
        setup=setup,
        take=take,
        fed_samples={stream: soundfile.info(path).frames for stream, path in inputs.items()},
        stored_samples={
            info.stream: info.sample_count or 0 for info in take.transcript.meeting.streams
        },
        slope_mb_per_h=memory_slope(take),
    )


def memory_slope(take: Take) -> float | None:
    """Engine memory in MB per hour of audio, after the warm-up; None for short runs."""
    audio_s, wall_s = take.transcript.meeting.duration_s, take.load.wall_s
    if audio_s < MIN_SLOPE_AUDIO_S or not wall_s:
        return None
    points = [
        (t / wall_s * audio_s / 3600, engine_mb)
        for t, engine_mb in take.load.series
        if t >= WARM_UP_SHARE * wall_s and engine_mb > 0
    ]
    return slope([t for t, _ in points], [engine_mb for _, engine_mb in points])


def stage_names(take: Take) -> tuple[str, ...]:
    """The stages that reported."""
    stages = {stage.stage for _, health in take.tape.health() for stage in health.stages}
    return tuple(sorted(stages))


def stage_record(take: Take, name: str, *, is_timed: bool) -> dict[str, Any]:
    """How far one stage was behind over the run, and its processor time per second of audio.

    Args:
        is_timed: At full speed the audio always waits, which says nothing.
    """
    seen = [s for _, health in take.tape.health() for s in health.stages if s.stage == name]
    return {
        "queue_s": _record(distribution([stage.queue_s for stage in seen])) if is_timed else None,
        "rtf": seen[-1].real_time_factor,
    }


def draw_pipeline(result: PipelineResult, path: Path) -> None:
    """Lag and memory over time.

    Raises:
        KnownError: matplotlib is missing, or the file cannot be written.
    """
    plot = Plot("Lag", "Memory of the engine")
    health = result.take.tape.health()
    plot.line(0, [t / 60 for t, _ in health], [h.lag_s for _, h in health], ("minutes", "seconds"))
    series = result.take.load.series
    plot.line(1, [t / 60 for t, _ in series], [mb for _, mb in series], ("minutes", "MB"))
    plot.save(path)


def _open_output(path: Path) -> soundfile.SoundFile:
    return soundfile.SoundFile(path, "w", SESSION_RATE_HZ, 1, "PCM_16")


def _copy(source: Path, file: soundfile.SoundFile, length: int) -> None:
    """Append exactly `length` samples of a recording, filled up with silence."""
    written = 0
    for block in _blocks(source):
        kept = block[: length - written]
        file.write(kept)
        written += len(kept)
        if written == length:
            return
    file.write(np.zeros(length - written, dtype=np.float32))


def _blocks(source: Path) -> Iterator[Float32Array]:
    with soundfile.SoundFile(source) as file:
        if file.samplerate != SESSION_RATE_HZ or file.channels != 1:
            raise KnownError(
                f"{source} has {file.samplerate} Hz and {file.channels} channels. "
                f"Benches read mono recordings at {SESSION_RATE_HZ} Hz."
            )
        yield from file.blocks(blocksize=SESSION_RATE_HZ * 10, dtype="float32")


def _record(spread: Distribution | None) -> dict[str, Any] | None:
    return None if spread is None else asdict(spread)
