"""Lets a meeting be dragged out of the list: what is dropped is a file of its transcript."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Qt, QTemporaryDir, QUrl, Slot
from PySide6.QtGui import QDrag, QGuiApplication
from PySide6.QtWidgets import QWidget

from app.domain.meeting import MeetingSummary
from app.ui.kit import Kit

FORMAT_ID, SUFFIX = "md", ".md"


class TranscriptDrag(QObject):
    """Writes the file in the background and begins the drag when it is there.

    The files stay until the window is gone: what they are dropped on may read them late.
    """

    def __init__(self, kit: Kit, source: QWidget) -> None:
        super().__init__(source)
        self._kit = kit
        self._source = source
        self._folder: QTemporaryDir | None = None
        self._count = 0

    @Slot(object)
    def start(self, summary: MeetingSummary) -> None:
        """Somebody drags a meeting."""
        if self._folder is None:
            self._folder = QTemporaryDir()
        self._count += 1
        folder = Path(self._folder.path(), str(self._count))
        exporting, meeting = self._kit.context.exporting, summary.meeting

        def write() -> Path:
            folder.mkdir(parents=True)
            path = folder / f"{exporting.file_stem(meeting)}{SUFFIX}"
            return exporting.export(meeting.meeting_id, FORMAT_ID, path)

        self._kit.tasks.run(write, self._carry)

    def _carry(self, path: Path) -> None:
        """Begin the drag, unless the button was let go meanwhile."""
        if not QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            return
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        drag = QDrag(self._source)
        drag.setMimeData(data)
        drag.setPixmap(self._kit.icons.pixmap("export", self._kit.theme.tokens.accent, 32))
        drag.exec(Qt.DropAction.CopyAction)
