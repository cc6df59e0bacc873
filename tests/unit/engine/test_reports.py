"""What a failure tells the user, and what it tells the log."""

import pytest

from app.domain.errors import Category, Severity
from app.domain.units import Span
from app.engine.reports import asr_failed, lane_died, rescue_failed
from app.lib.threads import Crash

pytestmark = pytest.mark.unit


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def test_failed_decode_names_its_stretch_and_keeps_the_traceback():
    report = asr_failed(Severity.ERROR, "2 s are lost.", raised(ValueError("bad")), Span(0, 32_000))

    assert (report.severity, report.category, report.stage) == (
        Severity.ERROR,
        Category.ENGINE,
        "asr",
    )
    assert report.user_text == "2 s are lost."
    assert report.detail == "ValueError: bad"
    assert "raise error" in report.traceback_text
    assert report.span == Span(0, 32_000)
    assert report.is_retryable


def test_dead_lane_is_fatal_and_may_be_tried_again():
    report = lane_died(Crash(thread_name="lane-asr", error="boom", traceback_text="at line 1"))

    assert (report.severity, report.stage) == (Severity.FATAL, "lane-asr")
    assert (report.detail, report.traceback_text) == ("boom", "at line 1")
    assert report.is_retryable


def test_failed_rescue_is_a_warning_that_names_what_is_missing():
    report = rescue_failed(raised(MemoryError("no room")))

    assert (report.severity, report.stage) == (Severity.WARNING, "separation")
    assert "two people talk at once" in report.user_text
    assert report.detail == "MemoryError: no room"
    assert "raise error" in report.traceback_text
