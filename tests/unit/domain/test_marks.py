import pytest

from app.domain.marks import Hold, HoldReason
from app.domain.units import Span

pytestmark = pytest.mark.unit


def test_a_hold_without_an_end_lasts_to_the_end_of_the_meeting():
    hold = Hold(start=16_000, end=None, reason=HoldReason.PAUSED)

    assert hold.span(3.0) == Span(16_000, 48_000)
    assert hold.span(0.5) == Span(16_000, 16_000)


def test_a_hold_with_an_end_keeps_it():
    hold = Hold(start=16_000, end=20_000, reason=HoldReason.OFF_RECORD)

    assert hold.span(3.0) == Span(16_000, 20_000)


def test_reasons_can_be_read():
    assert [reason.phrase for reason in HoldReason] == ["paused", "off the record"]
