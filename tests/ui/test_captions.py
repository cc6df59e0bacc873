"""The caption window: follows the meeting, lets clicks through, comes back where it was."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication

from app.settings.schema import with_values
from app.ui.actions import Do
from app.ui.captions.window import CaptionWindow

pytestmark = pytest.mark.ui


def _show(desk) -> CaptionWindow:
    desk.window.kit.actions[Do.CAPTIONS].trigger()
    return desk.window.captions


def test_the_newest_words_are_shown_above_other_windows(desk):
    captions = _show(desk)
    live = desk.start_recording()

    live.play_until(20.0)
    desk.wait(lambda: bool(captions.captions))

    flags = captions.windowFlags()
    assert flags & Qt.WindowType.WindowStaysOnTopHint
    assert flags & Qt.WindowType.FramelessWindowHint
    newest = list(desk.window.live.session.transcript.lines())[-1]
    assert newest.text.split()[-1] in captions.captions[-1].text
    assert len(captions.captions) <= 3
    captions.grab()
    assert captions.captions[-1].text in captions.accessibleDescription()


def test_locked_it_lets_clicks_through_and_says_so(desk):
    captions = _show(desk)
    lock = desk.window.kit.actions[Do.LOCK_CAPTIONS]

    captions.lock.click()
    assert captions.windowFlags() & Qt.WindowType.WindowTransparentForInput
    assert captions.isVisible()
    assert lock.isChecked()

    lock.trigger()
    assert not captions.windowFlags() & Qt.WindowType.WindowTransparentForInput


def test_settings_change_lines_and_size_at_once(desk):
    captions = _show(desk)
    before_px = captions.height()
    context = desk.window.kit.context

    context.save_settings(
        with_values(context.settings, {"captions.lines": 6, "captions.text_pt": 30})
    )
    captions.take_settings()

    assert captions.height() > 2.5 * before_px


def test_settings_change_the_typeface_at_once(desk):
    captions = _show(desk)
    family = next(f for f in QFontDatabase.families() if f != captions.font().family())
    page = desk.window.settings
    page.open()

    row = page.rows["captions.typeface"].control
    row.setCurrentIndex(row.findData(family))

    desk.wait(lambda: captions.text_font.family() == family)
    row.setCurrentIndex(row.findData(""))
    desk.wait(lambda: captions.text_font.family() == captions.font().family())


def test_place_and_width_are_remembered(desk):
    captions = _show(desk)
    captions.resize(500, captions.height())
    captions.move(QPoint(40, 60))

    captions.close()
    again = CaptionWindow(desk.window.kit, desk.window.kit.context.paths.data_dir / "window.ini")

    assert again.pos() == QPoint(40, 60)
    assert again.width() == 500
    assert not desk.window.kit.actions[Do.CAPTIONS].isChecked()
    again.deleteLater()


def test_keys_move_and_hide_it(desk):
    captions = _show(desk)
    captions.move(100, 100)

    desk.qtbot.keyClick(captions, Qt.Key.Key_Right)
    assert captions.pos() == QPoint(120, 100)
    desk.qtbot.keyClick(captions, Qt.Key.Key_Escape)

    assert not captions.isVisible()


def test_wayland_is_told_about_honestly(desk, monkeypatch):
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "wayland")

    _show(desk)

    assert "Always on top" in desk.window.banners.texts[0]


def test_it_closes_with_the_window(desk):
    captions = _show(desk)

    desk.window.close()

    assert not captions.isVisible()
