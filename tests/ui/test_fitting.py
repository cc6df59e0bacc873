"""Nothing is cut off in a small window, in any language, or where text is twice as large."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.lib.paths import resolve_paths
from app.ui.actions import Do
from app.ui.translation import speak
from app.ui.widgets.badge import Badge
from tests.ui.places import live, review, settings, setup

pytestmark = pytest.mark.ui

SMALL = (900, 600)


@pytest.fixture(params=["en", "de", "es"])
def small_desk(request, qapp, make_desk) -> Iterator[object]:
    """A small window in each of the languages."""
    before = QLocale()
    folder = resolve_paths().resources_dir / "translations"
    installed = speak(qapp, folder, request.param)
    desk = make_desk()
    desk.window.resize(*SMALL)
    yield desk
    desk.window.kit.theme.set_text_percent(100)
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)


def _widest(inner: QWidget, limit: int) -> list[str]:
    """Parts that want more than there is, for the message of a failed test."""
    return [
        f"{type(w).__name__} {w.accessibleName()!r} wants {w.minimumSizeHint().width()}"
        for w in inner.findChildren(QWidget)
        if w.isVisible() and w.minimumSizeHint().width() > limit - 100
    ]


@pytest.mark.parametrize("percent", [100, 150, 200])
def test_settings_are_as_wide_as_the_page(small_desk, percent):
    desk = small_desk
    desk.window.kit.theme.set_text_percent(percent)
    settings(desk)
    page = desk.window.settings
    area = page.area

    QApplication.processEvents()

    limit = area.viewport().width()
    assert area.widget().width() <= limit, _widest(area.widget(), limit)
    assert page.done.geometry().right() <= page.width()


@pytest.mark.parametrize("percent", [100, 150, 200])
def test_the_page_before_a_recording_is_as_wide_as_its_room(small_desk, percent):
    desk = small_desk
    desk.window.kit.theme.set_text_percent(percent)
    setup(desk)
    area = desk.window.live.setup

    QApplication.processEvents()

    limit = area.viewport().width()
    assert area.widget().width() <= limit, _widest(area.widget(), limit)


def test_remarks_of_a_running_meeting_are_whole(small_desk):
    desk = small_desk
    live(desk)
    page = desk.window.live
    desk.window.kit.actions[Do.LIVE_PANEL].setChecked(False)

    remarks = [b for b in page.findChildren(Badge) if b.isVisible()]
    assert remarks
    desk.wait(lambda: all(QLabel.text(badge) == badge.text() for badge in remarks))


def test_the_player_keeps_its_time_where_text_is_large(small_desk):
    desk = small_desk
    desk.window.kit.theme.set_text_percent(200)
    review(desk)
    player = desk.window.review.player
    QApplication.processEvents()

    desk.wait(lambda: player.time.width() >= player.time.sizeHint().width())
    assert player.speeds.width() >= player.speeds.sizeHint().width()
    assert player.timeline.width() >= 60
