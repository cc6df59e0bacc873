from __future__ import annotations

import random

import pytest

from app.bench.figures import bootstrap_interval, distribution, slope

pytestmark = pytest.mark.unit


def slow_percentile(values, percent):
    """Linear between the two neighbours in the sorted list."""
    ordered = sorted(values)
    at = percent / 100 * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_distribution_equals_the_slow_twin(count):
    dice = random.Random(count)
    values = [dice.gauss(1, 2) for _ in range(count)]

    found = distribution(values)

    mean = sum(values) / count
    assert found is not None
    assert found.count == count
    assert found.mean == pytest.approx(mean)
    assert found.std == pytest.approx((sum((v - mean) ** 2 for v in values) / count) ** 0.5)
    assert found.p50 == pytest.approx(slow_percentile(values, 50))
    assert found.p90 == pytest.approx(slow_percentile(values, 90))
    assert found.p95 == pytest.approx(slow_percentile(values, 95))
    assert found.p99 == pytest.approx(slow_percentile(values, 99))
    assert found.maximum == max(values)


def test_no_values_have_no_distribution():
    assert distribution([]) is None


def test_the_interval_holds_the_figure_and_narrows_with_more_recordings():
    def mean(parts):
        return sum(parts) / len(parts)

    few = bootstrap_interval([1.0, 2.0, 3.0, 4.0], mean)
    many = bootstrap_interval([1.0, 2.0, 3.0, 4.0] * 20, mean)

    assert few is not None
    assert many is not None
    assert few[0] < 2.5 < few[1]
    assert many[1] - many[0] < few[1] - few[0]


def test_two_recordings_have_no_interval():
    assert bootstrap_interval([1.0, 2.0], lambda parts: sum(parts)) is None


def test_the_slope_of_a_noisy_line_is_that_of_the_slow_twin():
    dice = random.Random(1)
    xs = [float(i) for i in range(20)]
    ys = [3 * x + 7 + dice.gauss(0, 1) for x in xs]

    found = slope(xs, ys)

    def error(k):
        shift = sum(y - k * x for x, y in zip(xs, ys, strict=True)) / len(xs)
        return sum((y - k * x - shift) ** 2 for x, y in zip(xs, ys, strict=True))

    assert found == pytest.approx(min((i / 1000 for i in range(2000, 4000)), key=error), abs=1e-3)


def test_one_moment_has_no_slope():
    assert slope([1.0, 1.0], [2.0, 3.0]) is None
