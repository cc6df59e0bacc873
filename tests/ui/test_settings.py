"""The settings page: made from the schema, stored at once, searchable."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from app.domain.errors import KnownError
from app.services.retention import Due
from app.settings.files import SettingsFile, load
from app.settings.schema import all_fields
from app.ui.actions import Actions, Do
from app.ui.settings.models import ROLES
from app.ui.shortcuts import Shortcuts
from app.ui.theme import ThemeMode
from app.ui.widgets.choice import Choice, Segments
from app.ui.widgets.stepper import Stepper
from tests.fakes import ui_context as fakes

pytestmark = pytest.mark.ui


@pytest.fixture
def page(desk):
    desk.window.kit.actions[Do.SETTINGS].trigger()
    desk.wait(lambda: bool(desk.window.settings.models.rows))
    yield desk.window.settings
    desk.window.kit.theme.set_mode(ThemeMode.LIGHT)
    desk.window.kit.theme.set_text_percent(100)
    desk.window.kit.theme.set_density("comfortable")


def _stored(desk):
    return load(desk.window.kit.context.paths.settings_file)


def test_every_setting_has_a_row_that_says_what_it_does(page):
    assert set(page.rows) == {entry.path for entry in all_fields()}
    assert all(row.label and row.help for row in page.rows.values())
    assert all(row.control.accessibleDescription() for row in page.rows.values())


def test_a_choice_is_stored_and_reaches_the_next_recording(page, desk):
    points = page.rows["transcript.point"].control
    assert isinstance(points, Segments)

    button = next(b for b in points.buttons if b.text() == "Accurate")
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: _stored(desk).transcript.point == "accurate")

    desk.wait(lambda: desk.window.live.setup.point.value == "accurate")


def test_the_theme_changes_at_once_and_is_remembered(page, desk):
    page.rows["window.theme"].control.chosen.emit("dark")

    assert desk.window.kit.theme.tokens.is_dark
    desk.wait(lambda: _stored(desk).window.theme == "dark")


def test_compact_brings_lines_and_meetings_closer(page, desk):
    window = desk.window
    window.open_meeting(next(iter(desk.library.transcripts)))
    desk.wait(lambda: window.review.document.transcript is not None)
    view, listed = window.review.transcript, window.library.list

    def heights() -> tuple[int, int]:
        meeting = listed.visualRect(listed.model().index(1)).height()
        return view.visualRect(view.model().index(1)).height(), meeting

    before = heights()
    page.rows["window.density"].control.chosen.emit("compact")

    desk.wait(lambda: heights()[0] < before[0])
    desk.wait(lambda: heights()[1] < 0.8 * before[1])
    desk.wait(lambda: _stored(desk).window.density == "compact")


def test_text_grows_everywhere(page, desk, qapp):
    before_pt = qapp.font().pointSizeF()
    before_px = desk.window.review.transcript.painter.shaper.line_height

    page.rows["window.text_percent"].control.box.setValue(200)

    assert qapp.font().pointSizeF() == pytest.approx(2 * before_pt)
    assert desk.window.review.transcript.painter.shaper.line_height > 1.8 * before_px
    desk.wait(lambda: _stored(desk).window.text_percent == 200)


def test_changes_in_quick_succession_are_all_stored(page, desk):
    for path, value in (("captions.lines", 5), ("captions.lines", 6), ("captions.text_pt", 30)):
        page.editor.change(path, value)
    desk.wait(lambda: _stored(desk).captions.text_pt == 30)

    page.editor.change("captions.opacity_percent", 50)
    desk.wait(lambda: _stored(desk).captions.opacity_percent == 50)

    assert _stored(desk).captions.lines == 6


def test_devices_are_offered_by_name(page, desk):
    chooser = page.rows["capture.microphone"].control
    assert isinstance(chooser, Choice)
    desk.wait(lambda: chooser.count() == 3)

    chooser.setCurrentIndex(chooser.findText("Jabra Evolve2 65 headset"))

    desk.wait(lambda: _stored(desk).capture.microphone == "mic:1")


def test_search_leaves_what_fits(page, desk):
    page.search.setText("opacity")

    shown = [path for path, row in page.rows.items() if row.isVisible()]
    assert shown == ["captions.opacity_percent"]
    page.search.setText("zebra")
    assert page.nothing.isVisible()
    page.search.setText("")
    assert all(row.isVisible() for row in page.rows.values())


def test_a_settings_file_that_cannot_be_written_is_a_banner(page, desk, monkeypatch):
    def refuse(_file: SettingsFile, _settings: object) -> None:
        raise KnownError("The settings could not be saved. Free some disk.")

    monkeypatch.setattr(SettingsFile, "save", refuse)
    page.editor.change("captions.lines", 5)
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert desk.window.banners.texts == ("The settings could not be saved. Free some disk.",)
    assert page.rows["captions.lines"].control.box.value() == 3


def test_models_say_whether_they_fit(page):
    states = {row.status.model_id: row.state.text() for row in page.models.rows}

    assert states["moonshine-tiny-en"] == "ready"
    assert states["whisper-large"] == "too big for this machine"
    assert all(set(ROLES) >= {row.status.role} for row in page.models.rows)
    voices = next(row for row in page.models.rows if row.status.role == "embedding")
    assert "tells voices apart" in voices.text


def test_a_missing_model_is_fetched_with_progress(make_desk):
    desk = make_desk(missing_models=(fakes.missing_model(),))
    desk.window.show_settings()
    card = desk.window.settings.models
    desk.wait(lambda: bool(card.rows))
    row = card.rows[0]
    assert row.fetch.isVisible()

    desk.qtbot.mouseClick(row.fetch, Qt.MouseButton.LeftButton)
    desk.wait(lambda: row.progress.value() == 550)
    desk.models.may_finish.set()

    desk.wait(lambda: card.message.text() == "Whisper base is here.")
    desk.wait(lambda: card.rows[0].state.text() == "ready")


def test_a_download_can_be_stopped_and_begun_again(make_desk):
    desk = make_desk(missing_models=(fakes.missing_model(),))
    desk.window.show_settings()
    card = desk.window.settings.models
    desk.wait(lambda: bool(card.rows))
    row = card.rows[0]
    assert not row.stop.isVisible()
    row.fetch.click()
    desk.wait(row.stop.isVisible)

    desk.qtbot.mouseClick(row.stop, Qt.MouseButton.LeftButton)

    desk.wait(lambda: card.message.text() == "The download is stopped; nothing was changed.")
    desk.wait(lambda: card.rows[0] is not row)
    assert card.rows[0].state.text() == "not here"
    assert card.rows[0].fetch.isEnabled()
    desk.models.may_finish.set()
    card.rows[0].fetch.click()
    desk.wait(lambda: card.message.text() == "Whisper base is here.")


def test_a_download_stands_still_while_it_is_paused(make_desk):
    desk = make_desk(missing_models=(fakes.missing_model(),))
    desk.window.show_settings()
    card = desk.window.settings.models
    desk.wait(lambda: bool(card.rows))
    row = card.rows[0]
    row.fetch.click()
    desk.wait(row.pause.isVisible)
    assert not desk.models.pause.is_set()

    desk.qtbot.mouseClick(row.pause, Qt.MouseButton.LeftButton)

    assert desk.models.pause.is_set()
    assert card.message.text() == "The download is paused."
    assert (row.pause.text(), row.pause.accessibleName()) == (
        "Go on",
        "Go on with the download of Whisper base",
    )
    desk.qtbot.mouseClick(row.pause, Qt.MouseButton.LeftButton)
    assert not desk.models.pause.is_set()
    assert row.pause.text() == "Pause"
    desk.models.may_finish.set()
    desk.wait(lambda: card.message.text() == "Whisper base is here.")


def test_damaged_models_are_named(page, desk):
    desk.models.damaged = "whisper-base"

    desk.qtbot.mouseClick(page.models.verify, Qt.MouseButton.LeftButton)

    desk.wait(lambda: page.models.message.text().startswith("Damaged: Whisper base."))
    assert page.models.rows[0].fetch.isVisibleTo(page)


def test_a_folder_without_models_says_so(page, desk, tmp_path):
    desk.models.failure = KnownError("The folder holds no complete model.")

    page.models.import_folder(tmp_path)

    desk.wait(lambda: page.models.message.text() == "The folder holds no complete model.")


def test_sizes_of_all_places_are_shown(page, desk):
    paths = desk.window.kit.context.paths
    recording = Path(paths.recordings_dir, "m1", "mic.s16")
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"0" * 2_500_000)

    page.privacy.refresh()

    desk.wait(lambda: page.privacy.sizes[paths.recordings_dir].text() == "2.5 MB")


def test_done_goes_back_to_the_meeting(desk):
    desk.open()
    desk.window.show_settings()

    desk.qtbot.mouseClick(desk.window.settings.done, Qt.MouseButton.LeftButton)

    assert desk.window.pages.currentWidget() is desk.window.review
    assert desk.window.kit.actions[Do.EXPORT].isEnabled()


def test_the_page_says_what_the_next_sweep_deletes(page, desk):
    meetings = tuple(t.meeting for t in desk.library.transcripts.values())
    desk.window.kit.context.retention.next = Due(audio=meetings[:2], size_bytes=310_000_000)

    page.rows["privacy.keep_audio_days"].control.box.setValue(30)
    desk.wait(lambda: page.privacy.due.isVisibleTo(page))

    assert _stored(desk).privacy.keep_audio_days == 30
    assert page.privacy.due.text() == (
        "The next sweep, within 6 hours, deletes 0 meetings and the audio of 2 (310 MB)."
    )


def test_zero_days_are_never(page):
    assert page.rows["privacy.keep_audio_days"].control.box.text() == "never"


def _press(page, do, keys):
    row = page.shortcuts.rows[do]
    row.keys.setKeySequence(QKeySequence(keys))
    row.keys.editingFinished.emit()
    return row


def test_a_shortcut_is_changed_and_remembered(page, desk):
    row = _press(page, Do.EXPORT, "Ctrl+Alt+E")

    action = desk.window.kit.actions[Do.EXPORT]
    assert action.shortcut() == QKeySequence("Ctrl+Alt+E")
    assert action.toolTip().endswith("(Ctrl+Alt+E)")
    assert row.back.isVisible()
    again = Actions(page)
    Shortcuts(again, desk.window.memory)
    assert again[Do.EXPORT].shortcut() == QKeySequence("Ctrl+Alt+E")

    row.back.click()
    assert action.shortcut() == QKeySequence("Ctrl+E")
    assert not desk.window.kit.shortcuts.is_own(Do.EXPORT)


def test_a_shortcut_that_belongs_to_another_action_is_refused(page, desk):
    row = _press(page, Do.EXPORT, "Ctrl+R")

    assert page.shortcuts.message.text() == (
        "Ctrl+R belongs to “New recording” already. Change that one first."
    )
    assert page.shortcuts.message.isVisible()
    assert row.keys.keySequence() == QKeySequence("Ctrl+E")
    assert desk.window.kit.actions[Do.EXPORT].shortcut() == QKeySequence("Ctrl+E")
    _press(page, Do.EXPORT, "Ctrl+Alt+E")
    assert not page.shortcuts.message.isVisible()


@pytest.mark.parametrize("keys", ["E", "Tab", "Return"])
def test_keys_for_typing_and_moving_are_refused(page, desk, keys):
    _press(page, Do.EXPORT, keys)

    assert "Add Ctrl or Alt." in page.shortcuts.message.text()
    assert desk.window.kit.actions[Do.EXPORT].shortcut() == QKeySequence("Ctrl+E")


def test_all_shortcuts_go_back_and_an_action_may_have_none(page, desk):
    _press(page, Do.EXPORT, "")
    _press(page, Do.VOICE_3, "Ctrl+E")
    assert desk.window.kit.actions[Do.EXPORT].shortcut().isEmpty()

    page.shortcuts.reset.click()

    assert desk.window.kit.actions[Do.EXPORT].shortcut() == QKeySequence("Ctrl+E")
    assert desk.window.kit.actions[Do.VOICE_3].shortcut() == QKeySequence("Ctrl+3")


def test_search_finds_shortcuts_by_name_and_keys(page):
    page.search.setText("ctrl+shift+f")
    shown = [do for do, row in page.shortcuts.rows.items() if row.isVisible()]

    assert shown == [Do.SEARCH]


def test_numbers_have_room_to_be_read(page):
    steppers = [row.control for row in page.rows.values() if isinstance(row.control, Stepper)]

    assert len(steppers) > 5
    for stepper in steppers:
        line = stepper.box.lineEdit()
        assert line.width() >= line.fontMetrics().horizontalAdvance(line.text())
