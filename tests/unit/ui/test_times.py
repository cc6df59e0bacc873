"""Times in words."""

from __future__ import annotations

from datetime import date

import pytest

from app.ui.times import clock, day_heading, facts, length, unbroken

pytestmark = pytest.mark.ui

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0:00"), (5.9, "0:05"), (754, "12:34"), (3723, "1:02:03"), (-1, "0:00")],
)
def test_clock(seconds, expected):
    assert clock(seconds) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(40, "40 s"), (720, "12 min"), (3900, "1 h 05 min"), (3599, "1 h 00 min")],
)
def test_length(seconds, expected):
    assert length(seconds) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (TODAY, "Today"),
        (date(2026, 11, 22), "Yesterday"),
        (date(2026, 11, 19), "Thursday"),
        (date(2026, 3, 3), "3 March"),
        (date(2024, 3, 3), "3 March 2024"),
    ],
)
def test_day_heading(qapp, day, expected):
    assert day_heading(day, TODAY) == expected


def test_facts_keep_their_own_direction_and_leave_out_what_is_empty():
    assert facts(["10:12", "", "Anna"]) == "\u206810:12\u2069 · \u2068Anna\u2069"


def test_numbers_stay_with_their_units():
    assert unbroken("live 1 s, 400 MB of memory, 12 % of 3 h") == (
        "live 1\u00a0s, 400\u00a0MB of memory, 12\u00a0% of 3\u00a0h"
    )
    assert unbroken("2 speakers, 5 minutes") == "2 speakers, 5 minutes"
