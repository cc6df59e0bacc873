"""The export dialog."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTime

from app.domain.errors import KnownError
from app.domain.ports import ExportOptions
from app.domain.units import Span
from app.ui.actions import Do
from app.ui.export.people import PeoplePanel
from app.ui.export.view import ExportDialog

pytestmark = pytest.mark.ui


@pytest.fixture
def dialog(desk) -> ExportDialog:
    desk.open()
    desk.window.kit.actions[Do.EXPORT].trigger()
    return desk.window.findChild(ExportDialog)


def _choose(dialog: ExportDialog, text: str) -> None:
    row = next(n for n in range(dialog.formats.count()) if text in dialog.formats.item(n).text())
    dialog.formats.setCurrentRow(row)


def _options_of(desk, target: Path) -> ExportOptions:
    """With what a file was written; previews are written beside it at any time."""
    options = next(o for _format, path, o in desk.exporting.written if path == target)
    assert options is not None
    return options


def test_the_preview_shows_the_result(desk, dialog):
    desk.wait(lambda: "# Release planning" in dialog.preview.toPlainText())

    assert "**Anna Keller**" in dialog.preview.toPlainText()


def test_the_file_name_follows_title_and_format(desk, dialog, tmp_path):
    _choose(dialog, "SubRip")

    assert Path(dialog.path.text()) == tmp_path / "Release planning.srt"


def test_saving_writes_with_the_options_and_says_where(desk, dialog, tmp_path):
    _choose(dialog, "Plain text")
    dialog.has_times.click()

    dialog.save.click()
    target = tmp_path / "Release planning.txt"
    desk.wait(lambda: bool(desk.window.banners.texts))

    options = _options_of(desk, target)
    assert not options.has_timestamps
    assert options.has_speakers
    assert desk.window.banners.texts == (f"Saved as {target}",)


def test_a_refused_file_keeps_the_dialog_open_and_says_why(desk, dialog):
    desk.wait(lambda: bool(dialog.preview.toPlainText()))
    desk.exporting.failure = KnownError("The folder is read-only. Choose another one.")

    dialog.save.click()
    desk.wait(lambda: dialog.message.isVisible())

    assert dialog.message.text() == "The folder is read-only. Choose another one."
    assert dialog.isVisible()
    assert dialog.save.isEnabled()


def test_a_format_without_text_has_no_preview(desk, dialog):
    _choose(dialog, "Word")

    assert dialog.preview.toPlainText() == "This format has no preview."


def test_a_part_of_the_meeting_is_exported(desk, dialog, tmp_path):
    _choose(dialog, "Plain text")
    assert dialog.options.span is None
    dialog.range.start.setTime(QTime(0, 1, 0))
    dialog.range.end.setTime(QTime(0, 2, 0))
    dialog.is_merged.click()

    dialog.save.click()
    desk.wait(lambda: bool(desk.window.banners.texts))

    options = _options_of(desk, tmp_path / "Release planning.txt")
    assert options.span == Span.from_seconds(60, 120)
    assert options.is_merged


def test_the_lines_of_chosen_people_are_exported(desk, dialog, tmp_path):
    _choose(dialog, "Plain text")
    desk.wait(dialog.people.isVisible)
    assert dialog.options.tracks is None
    assert dialog.people.text() == "Everybody"

    dialog.people.click()
    panel = dialog.people.findChild(PeoplePanel)
    boxes = {box.text(): box for box in panel.boxes.values()}
    assert panel.focusWidget() is boxes["Anna Keller"]
    desk.qtbot.keyClick(boxes["Anna Keller"], Qt.Key.Key_Space)
    assert dialog.people.text() == "Only Anna Keller"
    boxes["Priya Raman"].click()
    assert dialog.people.text() == "Only 2 people"
    panel.close()
    dialog.save.click()
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert _options_of(desk, tmp_path / "Release planning.txt").tracks == {"S1", "S3"}


def test_nobody_ticked_is_everybody_again(desk, dialog):
    desk.wait(dialog.people.isVisible)
    dialog.people.open_list()
    panel = dialog.people.findChild(PeoplePanel)
    box = next(iter(panel.boxes.values()))
    previews = dialog._generation

    box.click()
    box.click()

    assert dialog.options.tracks is None
    assert dialog._generation == previews + 2


def test_the_transcript_is_copied_in_the_chosen_format(desk, dialog, qapp):
    _choose(dialog, "Markdown")

    dialog.copy.click()
    desk.wait(lambda: dialog.message.text() == "Copied.")

    assert qapp.clipboard().text().startswith("# Release planning")
    assert desk.exporting.rendered[-1][0] == "md"
    _choose(dialog, "Word")
    assert not dialog.copy.isEnabled()


def test_pages_are_saved_as_pdf(desk, dialog, tmp_path):
    _choose(dialog, "PDF")
    assert dialog.path.text().endswith("Release planning.pdf")

    dialog.save.click()
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert (tmp_path / "Release planning.pdf").read_bytes().startswith(b"%PDF-")


def test_a_pdf_that_cannot_be_written_says_so(desk, dialog, tmp_path):
    _choose(dialog, "PDF")
    blocked = tmp_path / "file"
    blocked.touch()
    dialog.path.setText(str(blocked / "x.pdf"))

    dialog.save.click()
    desk.wait(lambda: dialog.message.isVisible())

    assert dialog.isVisible()
    assert "Choose another folder" in dialog.message.text()


def test_times_of_the_range_have_room_to_be_read(desk, dialog):
    for field in (dialog.range.start, dialog.range.end):
        line = field.lineEdit()
        assert line.width() >= line.fontMetrics().horizontalAdvance("00:00:00")
