"""What a screen reader says while a meeting runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QAccessible

from app.domain.ids import MeetingId
from app.services.events import TranscriptChanged
from app.ui.live import announcer as announcing
from tests.fakes import ui_meetings as made

pytestmark = pytest.mark.ui


def change(*updates, names=None) -> TranscriptChanged:
    return TranscriptChanged(
        meeting_id=MeetingId("live0001"),
        t=1.0,
        updates=updates,
        gaps=(),
        overlaps=(),
        speakers=made.speakers(names or {"S1": "Anna", "S2": "Ben"}),
    )


@pytest.fixture
def said(monkeypatch) -> list[tuple[object, str]]:
    """Announcements as a screen reader gets them."""
    events: list[tuple[object, str]] = []

    def take(event) -> None:
        if event.type() is QAccessible.Event.Announcement:
            assert event.politeness() is QAccessible.AnnouncementPoliteness.Polite
            events.append((event.object(), event.message()))

    monkeypatch.setattr(QAccessible, "updateAccessibility", take)
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(announcing, "EVERY_MS", 10)
    return events


def test_a_final_is_announced_and_a_partial_is_not(said, desk):
    live = desk.start_recording()
    partial = made.segment("a", ("S1", 0.0, 2.0, "Good morning"), is_final=False, committed=2)
    live.emit(change(partial))
    final = made.segment("a", ("S1", 0.0, 2.0, "Good morning all."), revision=2)
    live.emit(change(final))

    desk.wait(lambda: bool(said))

    assert said == [(desk.window.live.transcript, "Anna: Good morning all.")]


def test_a_line_is_said_once_however_often_it_changes(said, desk):
    announcer = desk.window.live.announcer
    spoken = ("S1", 0.0, 2.0, "Good morning.")

    announcer.take(change(made.segment("a", spoken)))
    announcer.announce()
    announcer.take(change(made.segment("a", spoken, revision=2, track="S2")))
    announcer.announce()

    assert [text for _, text in said] == ["Anna: Good morning."]


def test_lines_of_one_voice_are_joined_under_one_name(said, desk):
    announcer = desk.window.live.announcer

    for name, spoken in (
        ("a", ("S1", 0.0, 1.0, "One.")),
        ("b", ("S1", 1.0, 2.0, "Two.")),
        ("c", ("S2", 2.0, 3.0, "Three.")),
    ):
        announcer.take(change(made.segment(name, spoken)))
    assert said == []

    desk.wait(lambda: bool(said))
    assert [text for _, text in said] == ["Anna: One. Two. Ben: Three."]


def test_of_a_long_backlog_the_end_is_said(said, desk):
    announcer = desk.window.live.announcer

    announcer.take(change(made.segment("a", ("S1", 0.0, 90.0, "word " * 300 + "end."))))
    announcer.announce()

    (text,) = [text for _, text in said]
    assert text.startswith("… word")
    assert text.endswith("end.")
    assert len(text) <= announcing.MAX_CHARS + 2


def test_nothing_is_said_when_it_is_switched_off(said, desk):
    context = desk.window.kit.context
    on = context.settings
    context.save_settings(replace(on, window=replace(on.window, is_announcing=False)))

    desk.window.live.announcer.take(change(made.segment("a", ("S1", 0.0, 1.0, "One."))))
    desk.window.live.announcer.announce()

    assert said == []


def test_nothing_is_collected_while_no_screen_reader_runs(said, desk, monkeypatch):
    monkeypatch.setattr(QAccessible, "isActive", lambda: False)

    desk.window.live.announcer.take(change(made.segment("a", ("S1", 0.0, 1.0, "One."))))
    desk.window.live.announcer.announce()

    assert said == []


def test_the_final_pass_is_not_said_again(said, desk):
    live = desk.start_recording()
    desk.window.live.stop()
    desk.wait(lambda: not desk.window.live.is_running)

    live.emit(change(made.segment("late", ("S1", 0.0, 1.0, "Refined."))))
    desk.wait(lambda: desk.window.live.transcript.model().rowCount() == 1)
    desk.window.live.announcer.announce()

    assert said == []
