"""What a session costs: processor time and memory of the program and its engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psutil

from app.lib.clock import Clock

MAX_OTHERS = 0.25
"""Share of all processors that other programs may take while delays are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one or several sessions cost.

    Attributes:
        cpu_s: Processor seconds of program and engine together, while the engine worked.
        wall_s: How long that took.
        cores: Processors of the machine.
        engine_peak_mb, program_peak_mb: Largest resident memory seen, once a second.
        machine_cpu: Share of all processors that was busy, other programs included, in [0, 1].
        series: Time in seconds and engine memory in MB, once a second.
    """

    cpu_s: float = 0.0
    wall_s: float = 0.0
    cores: int = 1
    engine_peak_mb: float = 0.0
    program_peak_mb: float = 0.0
    machine_cpu: float = 0.0
    series: tuple[tuple[float, float], ...] = ()

    def __add__(self, other: Load) -> Load:
        """That of two sessions; memory is the larger, the series are joined."""
        wall_s = self.wall_s + other.wall_s
        busy_s = self.machine_cpu * self.wall_s + other.machine_cpu * other.wall_s
        return Load(
            cpu_s=self.cpu_s + other.cpu_s,
            wall_s=wall_s,
            cores=max(self.cores, other.cores),
            engine_peak_mb=max(self.engine_peak_mb, other.engine_peak_mb),
            program_peak_mb=max(self.program_peak_mb, other.program_peak_mb),
            machine_cpu=busy_s / wall_s if wall_s else 0.0,
            series=self.series + other.series,
        )

    @property
    def cpu_share(self) -> float:
        """Mean share of all processors that program and engine took, in [0, 1]."""
        return self.cpu_s / (self.wall_s * self.cores) if self.wall_s else 0.0


def is_disturbed(load: Load) -> bool:
    """Whether other programs took so much of the machine that delays say little."""
    return load.machine_cpu - load.cpu_share > MAX_OTHERS


class LoadMeter:
    """Looks at this process and its children each time it is called; one session at a time.

    The first look is the start; the processor time before it does not count.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cores = psutil.cpu_count() or 1
        self._start: tuple[float, float, float] | None = None
        self._last: tuple[float, float, float] = (0.0, 0.0, 0.0)
        self._series: list[tuple[float, float]] = []
        self._program_peak_mb = 0.0
        self._seen: dict[int, float] = {}

    def __call__(self) -> None:
        """Take a look."""
        now_s = self._clock.monotonic()
        program = psutil.Process()
        engine_mb = 0.0
        self._seen[program.pid] = _cpu_s(program.cpu_times())
        for child in program.children(recursive=True):
            try:
                engine_mb += child.memory_info().rss / 1e6
                self._seen[child.pid] = _cpu_s(child.cpu_times())
            except psutil.Error:  # it ended meanwhile
                continue
        machine = psutil.cpu_times()
        self._last = (now_s, sum(self._seen.values()), _busy_s(machine))
        self._program_peak_mb = max(self._program_peak_mb, program.memory_info().rss / 1e6)
        if self._start is None:
            self._start = self._last
        self._series.append((now_s - self._start[0], engine_mb))

    def load(self) -> Load:
        """What was seen so far."""
        if self._start is None:
            return Load(cores=self._cores)
        wall_s, cpu_s, busy_s = (
            last - start for last, start in zip(self._last, self._start, strict=True)
        )
        return Load(
            cpu_s=cpu_s,
            wall_s=wall_s,
            cores=self._cores,
            engine_peak_mb=max(engine_mb for _, engine_mb in self._series),
            program_peak_mb=self._program_peak_mb,
            machine_cpu=busy_s / (wall_s * self._cores) if wall_s else 0.0,
            series=tuple(self._series),
        )


def _cpu_s(times: Any) -> float:
    return float(times.user + times.system)


def _busy_s(times: Any) -> float:
    idle_s = times.idle + getattr(times, "iowait", 0.0)
    # Linux counts the time of guests in `user` as well.
    counted_twice_s = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - idle_s - counted_twice_s)
