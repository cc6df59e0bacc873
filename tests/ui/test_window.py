"""Start, banners, themes, names for screen readers, keyboard, speed."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QSizeGrip,
    QSlider,
    QWidget,
)

from app.domain.errors import KnownError
from app.domain.ids import MeetingId
from app.services.retention import Due
from app.ui.actions import Do
from app.ui.speakers.view import PeopleDialog
from app.ui.theme import ThemeMode
from app.ui.tokens import DARK
from app.ui.widgets.level_meter import LevelMeter
from tests.fakes import ui_context as fakes
from tests.fakes import ui_meetings as made
from tests.ui.conftest import RELEASE

pytestmark = pytest.mark.ui

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit,
    QProgressBar, QSizeGrip, QSlider, LevelMeter,
)  # fmt: skip
OPEN_MS = 300
FRAME_MS = 1000 / 60


def test_missing_models_are_offered_and_fetched_with_progress(make_desk):
    desk = make_desk(missing_models=(fakes.missing_model(),))
    desk.wait(lambda: bool(desk.window.banners.texts))
    banner = desk.window.models.banner
    assert banner.text == "Captions need models that are not on this computer yet."
    assert banner.button.text() == "Download (312 MB)"

    desk.qtbot.mouseClick(banner.button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: banner.progress.value() == 550)
    assert banner.text == "Getting models: whisper-base, 55 %"
    desk.models.may_finish.set()

    desk.wait(lambda: "The models are here." in desk.window.banners.texts[-1])


def test_a_failed_download_says_why_and_is_offered_again(make_desk):
    desk = make_desk(missing_models=(fakes.missing_model(),))
    desk.wait(lambda: desk.window.models.banner is not None)
    desk.models.failure = KnownError("No source answered. Check the network, then try again.")

    desk.window.models.fetch()
    desk.wait(lambda: len(desk.window.banners.texts) == 2)

    assert desk.window.banners.texts[0].startswith("No source answered.")
    assert desk.window.models.banner is not None


def test_the_same_sentence_is_shown_once_and_can_be_closed(desk):
    for _ in range(2):
        desk.window.banners.show_text("The disk is nearly full.")

    assert desk.window.banners.texts == ("The disk is nearly full.",)
    desk.window.banners.clear()
    assert not desk.window.banners.isVisible()


def _open_every_view(desk) -> list[QWidget]:
    """The window, its dialogs and its panels, in every state that has controls of its own."""
    window = desk.window
    desk.models.missing = (fakes.missing_model(),)
    window.models.check()
    window.show_settings()
    desk.wait(lambda: bool(window.settings.models.rows))
    desk.open()
    window.review.find_bar.open_bar(0.0)
    window.review.corrector.ask_about_current()
    window.review.voices.chips[0].click()
    window.export_meeting(RELEASE, "Release planning")
    desk.start_recording()
    window.library.imports.add([Path("talk.wav")])
    window.captions.show()
    return [window, window.captions]


def test_every_control_of_every_view_has_a_name_and_a_description(desk):
    windows = _open_every_view(desk)

    controls = {
        widget
        for window in windows
        for kind in CONTROLS
        for widget in window.findChildren(kind)
        if not widget.objectName().startswith("qt_")
        and not isinstance(widget.parent(), QComboBox | QAbstractSpinBox)
    }

    def place(widget) -> str:
        return f"{type(widget).__name__} {widget.accessibleName()!r} in {type(widget.parent())}"

    def is_own(widget) -> bool:
        return not widget.parent().inherits("QComboBoxPrivateContainer")

    def described(widget) -> bool:
        return bool(widget.accessibleDescription() or widget.toolTip())

    controls = {widget for widget in controls if is_own(widget)}
    assert len(controls) > 60
    assert [place(widget) for widget in controls if not widget.accessibleName()] == []
    assert [place(widget) for widget in controls if not described(widget)] == []


def test_settings_are_read_with_what_they_do(desk):
    desk.window.show_settings()

    for row in desk.window.settings.rows.values():
        assert row.control.accessibleDescription() == row.help


@pytest.mark.parametrize("percent", [150, 200])
def test_large_text_fits_its_buttons_and_labels(desk, percent):
    window = desk.window
    desk.open()

    window.kit.theme.set_text_percent(percent)

    def cut() -> list[str]:
        return [
            f"{type(widget).__name__} {widget.accessibleName()!r}"
            for kind in (QAbstractButton, QLineEdit)
            for widget in window.findChildren(kind)
            if widget.isVisible()
            and widget.text()
            and widget.height() < widget.fontMetrics().height()
        ]

    desk.wait(lambda: not cut())
    window.kit.theme.set_text_percent(100)


def test_the_window_is_mirrored_but_time_is_not(desk, qapp):
    desk.open()
    window = desk.window
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        desk.wait(lambda: window.library.mapTo(window, QPoint(0, 0)).x() > window.width() / 2)
        player = window.review.player
        back, forward = (player._buttons[do].x() for do in (Do.SKIP_BACK, Do.SKIP_FORWARD))

        assert window.review.export.x() < window.review.title.x()
        assert back < forward
        assert player.timeline.seconds_at(0) == 0.0
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def test_every_page_is_reached_by_keyboard(desk):
    desk.open()
    window = desk.window

    reached = {window.library.search}
    widget = window.library.search.nextInFocusChain()
    while widget is not window.library.search:
        reached.add(widget)
        widget = widget.nextInFocusChain()
    focusable = {w for w in reached if w.focusPolicy() & Qt.FocusPolicy.TabFocus}

    assert window.library.list in focusable
    assert window.library.record in focusable
    assert {window.review.transcript, window.review.title, window.review.export} <= focusable
    assert window.review.player.timeline in focusable


def test_the_theme_changes_everywhere(desk, qapp):
    theme = desk.window.kit.theme
    desk.open()

    theme.set_mode(ThemeMode.DARK)

    assert theme.tokens is DARK
    assert desk.window.grab().toImage().pixelColor(600, 700).lightness() < 80
    theme.set_mode(ThemeMode.LIGHT)
    assert desk.window.grab().toImage().pixelColor(600, 700).lightness() > 200


def _cost_ms(work) -> float:
    """Processor time that this thread needs: what else runs on the machine does not count."""
    started_ns = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - started_ns) / 1e6


def test_three_hours_open_fast_and_scroll_smoothly(make_desk):
    about = made.meeting("long0001", "Annual meeting", duration_s=10_800)
    stored = made.transcript(about, made.long_dialogue(), made.LONG_NAMES)
    desk = make_desk([stored])
    review = desk.window.review
    desk.window.pages.setCurrentWidget(review)
    bar = review.transcript.verticalScrollBar()

    def open_meeting() -> None:
        review.document.meeting_id = about.meeting_id
        review.document._show((review.document._generation, stored))
        review.transcript.viewport().repaint()

    def scroll_to(step: int) -> None:
        bar.setValue(step * bar.maximum() // 120)
        review.transcript.viewport().repaint()

    opened_ms = min(_cost_ms(open_meeting) for _ in range(2))
    frames_ms = sorted(_cost_ms(partial(scroll_to, step)) for step in range(120))

    assert sum(len(line.words) for line in review.document.model.lines()) >= 30_000
    assert opened_ms <= OPEN_MS
    assert frames_ms[len(frames_ms) // 2] <= FRAME_MS


def test_parts_that_no_start_waits_for_are_there_soon_after(desk):
    parts = ("live", "review", "settings", "captions", "notifications", "tray")

    desk.wait(lambda: all(part in vars(desk.window) for part in parts))

    pages = {desk.window.pages.widget(n) for n in range(desk.window.pages.count())}
    assert {desk.window.live, desk.window.review, desk.window.settings} < pages
    assert desk.window.pages.currentWidget() is desk.window.welcome


def test_a_part_can_be_used_before_its_turn(make_desk):
    window = make_desk().window

    window.kit.actions[Do.SETTINGS].trigger()

    assert window.pages.currentWidget() is window.settings


def test_the_side_can_be_hidden(desk):
    action = desk.window.kit.actions[Do.TOGGLE_SIDEBAR]

    action.trigger()
    assert not desk.window.library.isVisible()
    action.trigger()
    assert desk.window.library.isVisible()


def test_the_window_imports_no_recogniser():
    code = (
        "import sys, app.ui.main; "
        "bad = {'torch', 'onnxruntime', 'ctranslate2', 'faster_whisper', 'pyannote', 'asteroid'}; "
        "sys.exit(', '.join(bad & set(sys.modules)) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_people_open_with_the_voices_of_the_meeting_shown(desk):
    desk.open()

    desk.window.kit.actions[Do.PEOPLE].trigger()

    dialog = desk.window.findChild(PeopleDialog)
    desk.wait(lambda: [p.name for p in dialog.people] == ["Dana Scully", "Ines Duarte"])
    assert dialog.enroll.voices.count() == len(desk.window.review.document.transcript.speakers)


def test_the_sweep_says_what_it_deleted_and_closes_what_is_gone(desk):
    desk.open()
    meeting = desk.library.transcripts[MeetingId("m0000001")].meeting
    desk.window.kit.context.retention.next = Due(meetings=(meeting,), size_bytes=10)

    desk.window.sweeper.sweep()
    desk.wait(lambda: desk.window.pages.currentWidget() is desk.window.welcome)

    assert desk.window.banners.texts == (
        "As the settings say, 1 old meetings and the audio of 0 are deleted.",
    )
    desk.wait(lambda: all(m.meeting != meeting for m in desk.window.library.meetings))


def test_the_window_comes_back_as_it_was(make_desk, tmp_path):
    first = make_desk()
    first.open()
    first.window.resize(1010, 640)
    first.window.kit.actions[Do.TOGGLE_SIDEBAR].trigger()
    first.window.close()

    again = make_desk()

    again.wait(lambda: again.window.review.document.meeting_id == RELEASE)
    assert again.window.pages.currentWidget() is again.window.review
    assert not again.window.library.isVisible()


def test_a_meeting_that_is_gone_is_not_opened_again(make_desk):
    first = make_desk()
    first.open()
    first.window.close()

    again = make_desk([made.transcript(made.meeting("m0000009", "Another"))])

    assert again.window.pages.currentWidget() is again.window.welcome


@pytest.mark.parametrize("stored", [b"[window]\ngeometry=nonsense\nmeeting=\xff\n", b"\0\1\2"])
def test_a_spoiled_memory_of_the_window_changes_nothing(make_desk, tmp_path, stored):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "window.ini").write_bytes(stored)

    desk = make_desk()

    assert desk.window.library.isVisible()
    assert desk.window.pages.currentWidget() is desk.window.welcome
