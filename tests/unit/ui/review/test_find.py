from __future__ import annotations

import pytest

from app.ui.review.find import Place, doubts, next_place, places_of
from app.ui.transcript.lines import line_of
from tests.fakes import ui_meetings as made

pytestmark = pytest.mark.ui


def _lines():
    transcript = made.transcript(made.meeting("m1", "Talk"))
    speakers = {speaker.track: speaker for speaker in transcript.speakers}
    return [line_of(segment, speakers) for segment in transcript.segments]


def test_words_are_found_by_their_beginning_in_any_case():
    lines = _lines()

    found = places_of(lines, "  RELEASE ")

    slow = [line.segment_id for line in lines for w in line.text.lower().split()
            if w.strip(".,?!").startswith("release")]  # fmt: skip
    assert sorted(place.segment_id for place in found) == sorted(slow)
    assert places_of(lines, "elease") == ()
    assert places_of(lines, " ") == ()


def test_the_next_place_goes_around():
    places = (Place(1.0, "a"), Place(4.0, "b"), Place(9.0, "c"))

    assert next_place(places, -1.0) == 0
    assert next_place(places, 1.0) == 1
    assert next_place(places, 9.0) == 0
    assert next_place(places, 4.0, is_backward=True) == 0
    assert next_place(places, 1.0, is_backward=True) == 2
    assert next_place((), 1.0) is None


def test_doubtful_words_come_by_time():
    places = doubts(_lines())

    assert places
    assert list(places) == sorted(places)
