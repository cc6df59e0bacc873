"""The states of meetings that are pictured: live, in the library, open, corrected, exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import (
    QDeadlineTimer,
    QEventLoop,
    QItemSelection,
    QItemSelectionModel,
    QPoint,
)
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from app.domain.ids import MeetingId, StreamId
from app.ui.actions import Do
from app.ui.export.people import PeoplePanel
from app.ui.export.view import ExportDialog
from app.ui.window import MainWindow
from tests.fakes import ui_context as fakes
from tests.fakes import ui_meetings as made

LONG = MeetingId("long0001")


def settle(ready: Callable[[], bool], timeout_ms: int = 8000) -> None:
    """Run the event loop until something holds, then until nothing is left to paint."""
    deadline = QDeadlineTimer(timeout_ms)
    while not ready():
        if deadline.hasExpired():
            raise TimeoutError(f"never came to pass: {ready}")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
    for _ in range(4):
        QApplication.processEvents()


def library(window: MainWindow) -> None:
    """Meetings by date, one of them open."""
    open_meeting(window, "m0000001")


def letters(window: MainWindow) -> None:
    """Alt is held."""
    open_meeting(window, "m0000001")
    window.activateWindow()
    settle(window.isActiveWindow)
    window.key_tips.begin()
    settle(lambda: window.key_tips.is_shown)


def search(window: MainWindow) -> None:
    """Hits for two words, the second one open."""
    window.library.search.setText("disk full")
    settle(lambda: "full" in str(window.library.model.data(window.library.model.index(1))))
    window.library.list.opened.emit(window.library.model.index(2))
    settle(lambda: window.review.document.transcript is not None)


def setup(window: MainWindow) -> None:
    """Before a recording."""
    window.show_live()
    settle(lambda: window.live.setup.choosers[StreamId.MIC].count() > 1)
    window.live.setup.title.setText("Release planning")


def live(window: MainWindow) -> None:
    """In the middle of a meeting."""
    recording = window.kit.context.recording
    assert isinstance(recording, fakes.FakeRecording)
    setup(window)
    window.live.setup.record.click()
    settle(lambda: recording.live is not None and window.live.is_running)
    assert recording.live is not None
    recording.live.play_until(59.0)
    settle(lambda: window.live.transcript.model().rowCount() > 6)
    window.live._tick()


def live_scrolled(window: MainWindow) -> None:
    """Scrolled back while the meeting goes on."""
    live(window)
    window.live.transcript.verticalScrollBar().setValue(0)
    window.live.transcript._scrolled(0)


def paused(window: MainWindow) -> None:
    """A meeting that is paused."""
    live(window)
    window.kit.actions[Do.PAUSE].trigger()
    settle(window.live.held.isVisible)
    window.live._tick()


def waiting(window: MainWindow) -> None:
    """Recording, and nothing said yet."""
    recording = window.kit.context.recording
    assert isinstance(recording, fakes.FakeRecording)
    setup(window)
    window.live.setup.record.click()
    settle(lambda: recording.live is not None and window.live.is_running)


def long_meeting(window: MainWindow) -> None:
    """Three hours, opened in the middle, playing."""
    window.review.open(LONG, at_s=5405.0)
    window._show_page(window.review)
    settle(lambda: window.review.document.transcript is not None)
    window.library.select(LONG)
    window.review.transcript._end_flash()
    window.review.transcript.set_position(5403.0)


def long_names(window: MainWindow) -> None:
    """Names that do not fit."""
    open_meeting(window, "names001")


def right_to_left(window: MainWindow) -> None:
    """Arabic, Hebrew and Chinese lines."""
    open_meeting(window, "rtl00001")


def export(window: MainWindow) -> None:
    """The export dialog."""
    open_meeting(window, "m0000001")
    window.export_meeting(MeetingId("m0000001"), "Release planning")
    dialog = window.findChild(QDialog)
    assert dialog is not None
    settle(lambda: "Anna" in dialog.preview.toPlainText())


def export_people(window: MainWindow) -> None:
    """Choosing whose lines are exported."""
    export(window)
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    settle(dialog.people.isVisible)
    dialog.people.open_list()
    panel = dialog.people.findChild(PeoplePanel)
    assert panel is not None
    list(panel.boxes.values())[1].click()


def who(window: MainWindow) -> None:
    """Naming a voice."""
    open_meeting(window, "m0000001")
    chip = window.review.voices.chips[-1]
    chip.click()


def importing(window: MainWindow) -> None:
    """A file on its way in, another waiting."""
    window.library.imports.add([Path("Interview 2026-11-20.m4a"), Path("Town hall.mp4")])
    transcribing = window.kit.context.transcribing
    assert isinstance(transcribing, fakes.FakeTranscribing)
    transcribing.allow(2)
    settle(lambda: window.findChild(QWidget, "import-bar") is not None or True)
    bars = window.library.findChildren(type(window.live.progress))
    settle(lambda: any(bar.value() == 500 for bar in bars))


def find(window: MainWindow) -> None:
    """Words found in the open meeting."""
    open_meeting(window, "m0000001")
    window.review._open_find()
    window.review.find_bar.field.setText("release")
    settle(lambda: window.review.find_bar.count.text() != "")


def looping(window: MainWindow) -> None:
    """Three selected lines are repeated, in a time line that is enlarged."""
    open_meeting(window, "m0000001")
    view = window.review.transcript
    view.setFocus()
    view.setCurrentIndex(view.model().index(1))
    rows = QItemSelection(view.model().index(1), view.model().index(3))
    view.selectionModel().select(rows, QItemSelectionModel.SelectionFlag.Select)
    window.kit.actions[Do.LOOP].trigger()
    for _ in range(4):
        window.kit.actions[Do.ZOOM_IN].trigger()


def dragging(window: MainWindow) -> None:
    """A line on its way to one of the voices, or to somebody new."""
    open_meeting(window, "m0000001")
    voices = window.review.voices
    voices.offer(True)
    voices.chips[1].set_target(is_target=True)


def replacing(window: MainWindow) -> None:
    """Words about to be replaced."""
    find(window)
    window.review.find_bar.open_replacing()
    window.review.find_bar.text.setText("launch")


def line_menu(window: MainWindow) -> None:
    """What can be done with a line."""
    open_meeting(window, "m0000001")
    passage = window.review.document.model.row(1).lanes[0]
    view = window.review.transcript
    at = view.viewport().mapToGlobal(view.visualRect(view.model().index(1)).center())
    view.menu_wanted.emit(passage, passage.first.span.start_s + 1, at)


def split_voice(window: MainWindow) -> None:
    """Who says the rest of what this voice says? Two people in one voice are split by it."""
    open_meeting(window, "m0000001")
    view = window.review.transcript
    view.setCurrentIndex(view.model().index(3))
    window.kit.actions[Do.SPLIT_VOICE].trigger()
    settle(lambda: any(menu.isVisible() for menu in window.findChildren(QMenu)))


def given_away(window: MainWindow) -> None:
    """The lines that sounded like one are somebody else's now."""
    open_meeting(window, "m0000001")
    speakers, document = window.kit.context.speakers, window.review.document
    assert isinstance(speakers, fakes.FakeSpeakers)
    speakers.alike = ()
    passage = document.model.row(0).lanes[0]
    window.review.corrector._give_alike(passage, None)
    settle(lambda: any("given away" in text for text in window.banners.texts))


def solo(window: MainWindow) -> None:
    """One of two people who talk at once is heard alone, with less noise."""
    open_meeting(window, "m0000001")
    window.kit.actions[Do.REDUCE_NOISE].trigger()
    lines = window.review.document.model.lines()
    line = next(line for line in lines if line.has_overlap)
    window.review.transcript.show_moment(line.span.start_s)
    window.review.corrector.play_solo(line.segment_id)
    settle(lambda: window.review.player.is_playing)
    player = window.kit.context.player
    assert isinstance(player, fakes.FakePlayer)
    settle(lambda: bool(player.played))


def overlap_menu(window: MainWindow) -> None:
    """What can be done with a line while somebody else talks."""
    open_meeting(window, "m0000001")
    view, model = window.review.transcript, window.review.document.model
    rows = range(model.rowCount())
    row = next(n for n in rows if model.row(n).lanes[0].first.has_overlap)
    passage = model.row(row).lanes[0]
    view.setCurrentIndex(model.index(row))
    at = view.viewport().mapToGlobal(view.visualRect(model.index(row)).center())
    view.menu_wanted.emit(passage, passage.first.span.start_s + 1, at)


def names_menu(window: MainWindow) -> None:
    """The menu of a line whose people have long names."""
    open_meeting(window, "names001")
    view = window.review.transcript
    view.setCurrentIndex(view.model().index(2))
    window.kit.actions[Do.SPLIT_VOICE].trigger()
    settle(lambda: any(menu.isVisible() for menu in window.findChildren(QMenu)))


def names_dragging(window: MainWindow) -> None:
    """A line on its way to one of several people with long names."""
    open_meeting(window, "names001")
    window.review.voices.offer(True)


def filtered(window: MainWindow) -> None:
    """A filter that leaves nothing, and a queue that is paused."""
    importing(window)
    window.library.imports.set_paused(is_paused=True)
    window.library.filters.times.setCurrentIndex(1)
    people = window.library.filters.people
    people.setCurrentIndex(people.findText(made.LONG_NAMES["S4"]))


def audio_gone(window: MainWindow) -> None:
    """A meeting whose audio is deleted, and the sentence that says so."""
    open_meeting(window, "m0000001")
    window._delete_audio(MeetingId("m0000001"))
    settle(lambda: bool(window.banners.texts))
    settle(lambda: "audio deleted" in window.review.facts.text())


def deleted(window: MainWindow) -> None:
    """A meeting that is gone unless the user wants it back."""
    open_meeting(window, "m0000001")
    window.kit.actions[Do.DELETE_MEETING].trigger()
    settle(lambda: bool(window.banners.texts))


def captions(window: MainWindow) -> None:
    """The caption window over a running meeting."""
    live(window)
    window.captions.setVisible(True)
    width = min(720, window.width() - 340)
    window.captions.resize(width, window.captions.height())
    below = window.height() - window.captions.height() - 24
    window.captions.move(window.pos() + QPoint(window.width() - width - 30, below))
    window.captions.refresh()


def live_panel(window: MainWindow) -> None:
    """A running meeting with talk times and the pipeline beside it."""
    live(window)
    window.kit.actions[Do.LIVE_PANEL].setChecked(True)
    settle(lambda: bool(window.live.panel.chips))


def people(window: MainWindow) -> None:
    """Enrolled voices, and a voice of the open meeting to remember."""
    open_meeting(window, "m0000001")
    window.show_people()
    settle(lambda: True)


def open_meeting(window: MainWindow, meeting_id: str) -> None:
    """Open a stored meeting and wait for it."""
    window.open_meeting(MeetingId(meeting_id))
    settle(lambda: window.review.document.transcript is not None)
