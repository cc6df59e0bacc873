"""The program as a whole: start, uncaught errors, quit."""

from __future__ import annotations

import sys
import threading

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.ui import main
from app.ui.single import SingleInstance
from app.ui.window import MainWindow
from tests.fakes import ui_context as fakes
from tests.ui.conftest import RELEASE

pytestmark = pytest.mark.ui


def _window() -> MainWindow:
    windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
    return next(w for w in windows if w.isVisible())


def test_run_shows_a_window_and_ends_when_it_is_closed(qapp, tmp_path):
    titles = []

    def look() -> None:
        titles.append(_window().windowTitle())
        _window().close()

    QTimer.singleShot(50, look)
    code = main.run(fakes.make_context(tmp_path), demo=False)

    assert code == 0
    assert titles == ["Crosstalk"]


def test_the_demo_plays_the_sample(qapp, tmp_path):
    context = fakes.make_context(tmp_path)
    transcribing = context.transcribing
    seen = []

    def look() -> None:
        window = _window()
        if not window.live.transcript.model().rowCount():
            QTimer.singleShot(20, look)
            return
        seen.append(window.live.title.text())
        transcribing.allow(10)
        window.live.stop()
        window.close()

    QTimer.singleShot(0, look)
    main.run(context, demo=True)

    assert seen == ["Sample meeting"]


def test_an_uncaught_error_is_logged_and_shown_and_the_window_lives_on(qapp, tmp_path, caplog):
    banners = []

    def fail() -> None:
        sys.excepthook(ValueError, ValueError("boom"), None)
        thread = threading.Thread(target=lambda: 1 // 0, name="crasher")
        thread.start()
        thread.join()
        QTimer.singleShot(100, look)

    def look() -> None:
        banners.extend(_window().banners.texts)
        _window().close()

    QTimer.singleShot(50, fail)
    old_hooks = sys.excepthook, threading.excepthook
    main.run(fakes.make_context(tmp_path), demo=False)

    assert len(banners) == 1
    assert "Something went wrong" in banners[0]
    assert "boom" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert (sys.excepthook, threading.excepthook) == old_hooks


def test_a_second_start_brings_the_first_window_to_the_front(qapp, tmp_path):
    seen = []

    def start_again() -> None:
        window = _window()
        window.hide()
        seen.append(main.run(fakes.make_context(tmp_path), demo=False))
        QTimer.singleShot(100, lambda: look(window))

    def look(window) -> None:
        if not window.isVisible() and len(seen) < 100:
            seen.append("hidden")
            QTimer.singleShot(20, lambda: look(window))
            return
        seen.append(window.isVisible())
        window.close()

    QTimer.singleShot(50, start_again)
    code = main.run(fakes.make_context(tmp_path), demo=False)

    assert (code, seen[0], seen[-1]) == (0, 0, True)
    windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
    assert not any(w.isVisible() for w in windows)


def _when_open(seen: list, looks: int = 250) -> None:
    """Note the meeting that the window opens, and close it."""
    meeting_id = _window().review.document.meeting_id
    if meeting_id is None and looks:
        QTimer.singleShot(20, lambda: _when_open(seen, looks - 1))
        return
    seen.append(meeting_id)
    _window().close()


def test_a_link_opens_its_meeting_in_the_window_that_is_there(qapp, tmp_path):
    seen = []

    def start_again() -> None:
        seen.append(main.run(fakes.make_context(tmp_path), demo=False, meeting_id=RELEASE))
        _when_open(seen)

    QTimer.singleShot(50, start_again)
    main.run(fakes.make_context(tmp_path), demo=False)

    assert seen == [0, RELEASE]


def test_a_start_with_a_link_opens_its_meeting(qapp, tmp_path):
    seen = []
    QTimer.singleShot(50, lambda: _when_open(seen))

    main.run(fakes.make_context(tmp_path), demo=False, meeting_id=RELEASE)

    assert seen == [RELEASE]


def test_windows_of_two_libraries_do_not_call_each_other(qapp, tmp_path):
    first, second = SingleInstance(tmp_path / "a"), SingleInstance(tmp_path / "b")

    assert first.claim()
    assert second.claim()
    assert not SingleInstance(tmp_path / "a").claim()
    first.release()
    assert SingleInstance(tmp_path / "a").claim()
    second.release()
