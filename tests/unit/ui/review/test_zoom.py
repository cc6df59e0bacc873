"""The part of a recording that the time line shows."""

from __future__ import annotations

import pytest

from app.ui.review.zoom import SHORTEST_S, Zoom

pytestmark = pytest.mark.unit


@pytest.fixture
def zoom() -> Zoom:
    made = Zoom()
    made.set_duration(1000.0)
    return made


def test_everything_is_shown_at_first(zoom: Zoom):
    assert zoom.is_whole
    assert (zoom.start_s, zoom.end_s) == (0.0, 1000.0)


def test_what_is_pointed_at_stays_where_it_is_seen(zoom: Zoom):
    before = zoom.share_of(250.0)

    zoom.enlarge(4.0, 250.0)

    assert zoom.shown_s == 250.0
    assert zoom.share_of(250.0) == pytest.approx(before)
    assert zoom.seconds_at(before) == pytest.approx(250.0)


def test_the_part_never_leaves_the_recording(zoom: Zoom):
    zoom.enlarge(10.0, 1000.0)
    zoom.move(500.0)
    assert zoom.end_s == pytest.approx(1000.0)

    zoom.move(-5000.0)
    assert zoom.start_s == 0.0


def test_there_is_a_shortest_part_and_a_longest(zoom: Zoom):
    zoom.enlarge(1e6, 500.0)
    assert zoom.shown_s == SHORTEST_S

    zoom.enlarge(1e-6, 500.0)
    assert zoom.is_whole


def test_a_recording_shorter_than_the_shortest_part_stays_whole():
    zoom = Zoom()
    zoom.set_duration(4.0)

    zoom.enlarge(2.0, 1.0)

    assert zoom.is_whole


def test_playback_turns_pages(zoom: Zoom):
    zoom.enlarge(10.0, 0.0)

    assert not zoom.follow(99.0)
    assert zoom.follow(101.0)

    assert zoom.start_s == pytest.approx(91.0)
    assert zoom.follow(20.0)
    assert zoom.start_s == pytest.approx(10.0)


def test_the_part_stays_while_the_length_does(zoom: Zoom):
    zoom.enlarge(10.0, 0.0)

    zoom.set_duration(1000.0)
    assert not zoom.is_whole

    zoom.set_duration(900.0)
    assert zoom.is_whole
