"""The window measured by its own bench, on a small library."""

from __future__ import annotations

import pytest

from app.bench.ui import LONG_ID, OTHER_ID
from app.lib.clock import SystemClock
from app.ui.first_list import time_first_list
from app.ui.measure import measure_window
from tests.fakes import ui_context as fakes
from tests.fakes import ui_meetings as made

pytestmark = pytest.mark.ui


@pytest.fixture
def context(qapp, tmp_path):
    stored = [
        made.transcript(made.meeting(LONG_ID, "Long"), made.long_dialogue(), made.LONG_NAMES),
        made.transcript(made.meeting(OTHER_ID, "Other")),
    ]
    return fakes.make_context(tmp_path, stored)


def test_the_first_list_is_told_by_the_clock_of_every_process(context):
    clock = SystemClock()
    before_s = clock.monotonic()

    assert before_s < time_first_list(context) < clock.monotonic()


def test_opening_scrolling_and_searching_are_timed(context):
    figures = measure_window(context, meeting_count=2, engine_s=0)

    assert (len(figures.opens_ms), len(figures.frames_ms), len(figures.searches_ms)) == (5, 300, 30)
    assert min(figures.opens_ms + figures.frames_ms + figures.searches_ms) > 0
    assert figures.stalls_ms == ()


def test_stalls_are_watched_while_a_meeting_runs(context):
    figures = measure_window(context, meeting_count=2, engine_s=0.3)

    assert len(figures.stalls_ms) > 0
    assert all(late_ms >= 0 for late_ms in figures.stalls_ms)
