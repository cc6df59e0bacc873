"""Takes recordings that are dropped on a window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.domain.errors import Severity
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.library.imports import ImportQueue, media_files


class FileDrop(QObject):
    """Shows over the whole window that files can be dropped, and imports them."""

    def __init__(self, kit: Kit, imports: ImportQueue, window: QWidget) -> None:
        super().__init__(window)
        self._kit = kit
        self._imports = imports
        self._window = window
        self.hint = QLabel(self.tr("Drop to transcribe"), window)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hint.hide()
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        kit.theme.changed.connect(self._dress)
        self._dress()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take what is dragged over the window."""
        if isinstance(event, QDragEnterEvent):
            self._offer(event)
            return True
        if event.type() is QEvent.Type.DragLeave:
            self.hint.hide()
            return True
        if event.type() is QEvent.Type.Drop and isinstance(event, QDropEvent):
            self._take(event)
            return True
        return super().eventFilter(watched, event)

    def _offer(self, event: QDragEnterEvent) -> None:
        # What this window hands out itself is no recording.
        if event.source() is None and _paths(event.mimeData()):
            event.acceptProposedAction()
            self.hint.setGeometry(self._window.rect())
            self.hint.raise_()
            self.hint.show()
        else:
            event.ignore()

    def _take(self, event: QDropEvent) -> None:
        self.hint.hide()
        files = media_files(_paths(event.mimeData()))
        if files:
            event.acceptProposedAction()
            self._imports.add(files)
            return
        text = self.tr(
            "This is no audio or video file. Drop a recording, for example WAV, MP3, M4A or MP4."
        )
        self._kit.show_problem(Problem(text=text, severity=Severity.WARNING))

    @Slot()
    def _dress(self) -> None:
        tokens = self._kit.theme.tokens
        self.hint.setStyleSheet(
            f"background: {tokens.accent_soft}; color: {tokens.accent}; font-size: 20pt;"
            f"border: 3px dashed {tokens.accent}; font-weight: 600;"
        )


def _paths(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
