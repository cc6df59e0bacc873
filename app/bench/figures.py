"""Numbers about many measurements: quantiles, intervals, slopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """What many values look like; in the unit of the values.

    Attributes:
        std: Standard deviation of the values themselves.
    """

    count: int
    mean: float
    std: float
    p50: float
    p90: float
    p95: float
    p99: float
    maximum: float


def distribution(values: Sequence[float]) -> Distribution | None:
    """Sum up values; None when there are none."""
    if not values:
        return None
    p50, p90, p95, p99 = (float(p) for p in np.percentile(values, [50, 90, 95, 99]))
    return Distribution(
        count=len(values),
        mean=float(np.mean(values)),
        std=float(np.std(values)),
        p50=p50,
        p90=p90,
        p95=p95,
        p99=p99,
        maximum=float(max(values)),
    )


def bootstrap_interval(
    parts: Sequence[Part],
    figure: Callable[[Sequence[Part]], float],
    *,
    draws: int = 2_000,
    seed: int = 0,
) -> tuple[float, float] | None:
    """The 95 % interval of a figure of several recordings, by drawing whole recordings again.

    Returns:
        None below three parts, where drawing says nothing.
    """
    if len(parts) < 3:
        return None
    random = np.random.default_rng(seed)
    values = [
        figure([parts[i] for i in random.integers(0, len(parts), len(parts))]) for _ in range(draws)
    ]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def slope(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """The slope of the line through the points with the least squared error.

    Returns:
        None when fewer than two different `xs` are given.
    """
    if len(set(xs)) < 2:
        return None
    x = np.asarray(xs, dtype=np.float64) - float(np.mean(xs))
    return float(np.sum(x * np.asarray(ys, dtype=np.float64)) / np.sum(x * x))
