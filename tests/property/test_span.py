import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.units import Span, to_samples, to_seconds

pytestmark = pytest.mark.property

EDGES = st.integers(min_value=-30, max_value=30)
SPANS = st.tuples(EDGES, EDGES).map(lambda edges: Span(min(edges), max(edges)))


def samples_of(span: Span) -> set[int]:
    """The slow obvious twin: every sample inside."""
    return {sample for sample in range(-100, 100) if span.contains(sample)}


@given(SPANS)
def test_length_counts_the_samples_inside(span: Span) -> None:
    assert span.length == len(samples_of(span))


@given(SPANS, SPANS)
def test_overlap_counts_the_common_samples(first: Span, second: Span) -> None:
    assert first.overlap(second) == len(samples_of(first) & samples_of(second))


@given(SPANS, SPANS)
def test_hull_holds_both_and_has_their_edges(first: Span, second: Span) -> None:
    hull = first.hull(second)

    assert samples_of(hull) >= samples_of(first) | samples_of(second)
    assert {hull.start, hull.end} <= {first.start, first.end, second.start, second.end}


@given(SPANS, SPANS)
def test_clip_keeps_the_common_samples(span: Span, bounds: Span) -> None:
    clipped = span.clip(bounds)

    assert samples_of(clipped) == samples_of(span) & samples_of(bounds)
    assert bounds.start <= clipped.start <= clipped.end <= bounds.end


@given(SPANS, EDGES)
def test_shift_moves_every_sample(span: Span, samples: int) -> None:
    assert samples_of(span.shift(samples)) == {s + samples for s in samples_of(span)}


@given(st.integers(min_value=0, max_value=16_000 * 3600 * 24))
def test_a_days_samples_survive_the_way_through_seconds(samples: int) -> None:
    assert to_samples(to_seconds(samples)) == samples
