import pytest

from app.domain.units import Span, to_samples, to_seconds

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("seconds", "samples"), [(0.0, 0), (1.0, 16_000), (0.00004, 1)])
def test_seconds_round_to_the_nearest_sample(seconds: float, samples: int) -> None:
    assert to_samples(seconds) == samples


def test_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[5, 4\)"):
        Span(5, 4)


def test_span_knows_its_times() -> None:
    span = Span.from_seconds(0.5, 2.0)

    assert (span.start, span.length) == (8_000, 24_000)
    assert (span.start_s, span.end_s, span.duration_s) == (0.5, 2.0, 1.5)
    assert to_seconds(span.middle) == 1.25


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (Span(0, 100), Span(10, 20)),
        (Span(12, 15), Span(12, 15)),
        (Span(0, 15), Span(10, 15)),
        (Span(30, 40), Span(30, 30)),
        (Span(0, 5), Span(5, 5)),
    ],
)
def test_clip_keeps_the_part_inside(bounds: Span, expected: Span) -> None:
    assert Span(10, 20).clip(bounds) == expected
