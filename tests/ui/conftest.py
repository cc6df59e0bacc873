"""A whole window over a program in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from app.domain.ids import MeetingId, StreamId
from app.ui.export.view import PREFERRED_FORMAT, ExportDialog
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme, ThemeMode
from app.ui.window import MainWindow
from tests.fakes import ui_context as fakes

JOIN_S = 10
RELEASE = MeetingId("m0000001")


@dataclass
class Desk:
    """The window and the fakes behind it."""

    window: MainWindow
    library: fakes.FakeLibrary
    recording: fakes.FakeRecording
    transcribing: fakes.FakeTranscribing
    exporting: fakes.FakeExporting
    models: fakes.FakeModels
    player: fakes.FakePlayer
    updates: fakes.FakeUpdates
    qtbot: object

    def open(self, meeting_id: MeetingId = RELEASE) -> None:
        """Open a stored meeting and wait for it."""
        self.window.open_meeting(meeting_id)
        self.wait(lambda: self.window.review.document.transcript is not None)

    def start_recording(self, title: str = "Stand-up") -> fakes.FakeLiveMeeting:
        """Record with the default devices."""
        setup = self.window.live.setup
        self.window.show_live()
        self.wait(lambda: setup.choosers[StreamId.MIC].count() > 1)
        setup.title.setText(title)
        setup.record.click()
        self.wait(lambda: self.window.live.is_running and self.recording.live is not None)
        self.wait(lambda: self.window.live.stop_button.isEnabled())
        assert self.recording.live is not None
        return self.recording.live

    def wait(self, condition) -> None:
        """Run the event loop until something holds."""
        self.qtbot.waitUntil(condition, timeout=20_000)  # type: ignore[attr-defined]

    def open_box(self) -> QMessageBox:
        """The question that is asked now."""
        boxes = [b for b in self.window.findChildren(QMessageBox) if b.isVisible()]
        assert len(boxes) == 1
        return boxes[0]

    def press(self, box: QMessageBox, text: str) -> None:
        """Answer a question."""
        button = next(b for b in box.buttons() if b.text() == text)
        button.click()


@pytest.fixture
def make_desk(qtbot, qapp, tmp_path: Path, monkeypatch) -> Iterator[object]:
    monkeypatch.setattr(ExportDialog, "_last_folder", tmp_path)
    monkeypatch.setattr(ExportDialog, "_last_format", PREFERRED_FORMAT)
    made: list[tuple[MainWindow, TaskRunner, fakes.FakeModels, fakes.FakeTranscribing]] = []

    def make(transcripts=None, **options) -> Desk:
        context = fakes.make_context(tmp_path / "data", transcripts, **options)
        tasks = TaskRunner()
        window = MainWindow(context, Theme(qapp, ThemeMode.LIGHT), tasks)
        window.resize(1180, 760)
        window.show()
        desk = Desk(
            window=window,
            library=context.library,
            recording=context.recording,
            transcribing=context.transcribing,
            exporting=context.exporting,
            models=context.models,
            player=context.player,
            updates=context.updates,
            qtbot=qtbot,
        )
        made.append((window, tasks, context.models, context.transcribing))
        window.begin()
        count = len(context.library.list())
        desk.wait(lambda: len(window.library.meetings) == count)
        return desk

    yield make
    for window, tasks, models, transcribing in made:
        models.may_finish.set()
        transcribing.allow(100)
        for child in window.findChildren(QWidget):
            if child.isWindow() and isinstance(child, QDialog):
                child.close()
        window.live.session = None
        assert tasks.close(JOIN_S)
        window.close()
        window.captions.deleteLater()  # a window of its own, without a parent
        window.deleteLater()
        qapp.processEvents()


@pytest.fixture
def desk(make_desk) -> Desk:
    return make_desk()
