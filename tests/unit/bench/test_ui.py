from __future__ import annotations

import pytest

from app.bench.ui import (
    LONG_ID,
    LONG_WORDS,
    OTHER_ID,
    UiFigures,
    generated_library,
    percentile,
)

pytestmark = pytest.mark.unit


def test_percentiles_are_values_that_occurred():
    values = tuple(float(n) for n in range(1, 101))

    assert [percentile(values, p) for p in (50, 95, 99, 100)] == [50.0, 95.0, 99.0, 100.0]
    assert percentile((7.0,), 99) == 7.0
    assert percentile((), 50) is None


def test_the_library_holds_one_meeting_of_three_hours_and_short_ones():
    made = list(generated_library(3))

    words = [sum(len(u.words) for u in patch.updates) for _, patch in made]
    assert [meeting.meeting_id for meeting, _ in made] == [LONG_ID, OTHER_ID, "bench-0002"]
    assert words[0] == LONG_WORDS
    assert words[1] == words[2] == 240
    assert made[0][0].duration_s == pytest.approx(10_800)
    assert list(generated_library(2)) == made[:2]


def test_a_missed_promise_is_told_and_what_was_not_measured_is_no_miss():
    fast = UiFigures(
        meeting_count=9, starts_s=(1.0, 9.0, 1.2), opens_ms=(100.0,), frames_ms=(5.0,) * 99
    )
    record = fast.record()
    assert record["ok"]
    assert [target["ok"] for target in record["targets"]] == [True, True, True, None, None]
    assert record["stall_ms"] is None

    slow = UiFigures(meeting_count=9, searches_ms=(20.0,) * 90 + (400.0,) * 10)
    assert not slow.record()["ok"]
    assert slow.record()["targets"][3]["value"] == 400.0
