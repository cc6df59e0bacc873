"""What is said outside the window, and when it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtDBus import QDBusConnection
from PySide6.QtWidgets import QApplication

from app.domain.errors import Category, KnownError, Severity
from app.domain.messages import Notice, NoticeKind
from app.services.events import Noticed
from app.ui.actions import Do
from app.ui.desktop import Desktop, Outcome
from app.ui.errors import Problem, problem_of
from tests.ui.conftest import RELEASE

pytestmark = pytest.mark.ui


class FakeDesktop(Desktop):
    """Takes every notification."""

    def __init__(self) -> None:
        super().__init__(QDBusConnection("nowhere"))
        self.outcome = Outcome.SHOWN
        self.posted: list[tuple[str, str]] = []

    def post(self, notice_id: str, title: str, text: str, told) -> None:
        self.posted.append((notice_id, text))
        told(self.outcome)


@pytest.fixture
def outside(desk, monkeypatch) -> FakeDesktop:
    """The desktop, while another program's window is in front."""
    desktop = FakeDesktop()
    monkeypatch.setattr(desk.window.notifications, "_desktop", desktop)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)
    return desktop


def test_a_failure_is_told(desk, outside):
    problem = problem_of(KnownError("The disk is full.", category=Category.DISK))

    desk.window.messages.show_problem(problem)
    desk.window.messages.show_problem(Problem(text="No recording.", severity=Severity.WARNING))

    desk.wait(lambda: bool(outside.posted))
    assert outside.posted == [("problem", "The disk is full.")]


def test_a_finished_meeting_is_told_by_name(desk, outside):
    live = desk.start_recording("Stand-up")
    desk.window.live.stop()

    live.finish()

    desk.wait(lambda: bool(outside.posted))
    assert outside.posted == [("done", "The transcript of “Stand-up” is finished.")]


def test_what_needs_a_hand_is_told_and_what_does_not_is_not(desk, outside):
    live = desk.start_recording()
    for kind in (NoticeKind.ECHO, NoticeKind.DISK, NoticeKind.OTHER):
        notice = Notice(kind=kind, text=f"About {kind}.")
        live.emit(Noticed(meeting_id=live.meeting_id, t=1.0, notice=notice))

    desk.wait(lambda: "About other." in desk.window.banners.texts)
    desk.wait(lambda: bool(outside.posted))
    assert outside.posted == [("notice-disk", "About disk.")]


def test_a_refined_transcript_is_told(desk, outside):
    desk.open()

    desk.window.kit.actions[Do.REFINE].trigger()

    desk.wait(lambda: bool(outside.posted))
    assert outside.posted == [("done", "The transcript is refined.")]
    assert "The transcript is refined." in desk.window.banners.texts


def test_finished_leftovers_are_told(desk, outside):
    meeting = desk.library.transcripts[RELEASE].meeting
    desk.transcribing.unfinished = (meeting,)
    desk.window.pending.check()
    desk.wait(lambda: bool(desk.window.banners.texts))

    desk.window.pending.finish()

    desk.wait(lambda: bool(outside.posted))
    assert outside.posted == [("done", "All transcripts are finished.")]


def test_nothing_is_told_while_the_window_is_in_front(desk, outside, monkeypatch):
    monkeypatch.setattr(QApplication, "activeWindow", lambda: desk.window)

    desk.window.notifications.tell("done", "Done.")
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)
    desk.window.notifications.tell("done", "Done again.")

    desk.wait(lambda: bool(outside.posted))
    assert outside.posted == [("done", "Done again.")]


def test_nothing_is_told_when_the_settings_forbid_it(desk, outside):
    context = desk.window.kit.context
    on = context.settings
    off = replace(on, window=replace(on.window, is_notifying=False))

    context.save_settings(off)
    desk.window.notifications.tell("done", "Done.")
    context.save_settings(on)
    desk.window.notifications.tell("done", "Done again.")

    desk.wait(lambda: bool(outside.posted))
    assert outside.posted == [("done", "Done again.")]


def test_the_tray_speaks_only_where_no_desktop_takes_it(desk, outside, monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(desk.window.tray, "show_message", lambda _title, text: said.append(text))
    for outcome in Outcome:
        outside.outcome = outcome
        desk.window.notifications.tell("done", outcome.name)

    assert said == ["UNREACHABLE"]


def test_a_click_brings_the_window_back(desk):
    desk.window.hide()

    desk.window.notifications.clicked.emit()

    assert desk.window.isVisible()


def test_without_a_bus_no_desktop_is_reached(qtbot):
    outcomes: list[Outcome] = []

    Desktop(QDBusConnection("nowhere")).post("done", "Crosstalk", "Finished.", outcomes.append)

    assert outcomes == [Outcome.UNREACHABLE]
