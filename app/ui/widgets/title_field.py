"""A title that can be edited in place, and is shortened while it is not."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_ROOM_PX = 22
"""Padding and cursor on both sides of the text."""


class TitleField(QLineEdit):
    """Looks like a heading; Enter takes the new title, Escape the old one."""

    renamed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ""
        self.setProperty("kind", "title")
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        self.editingFinished.connect(self._finish)

    @property
    def title(self) -> str:
        """The whole title."""
        return self._title

    def set_title(self, title: str) -> None:
        """Show a title, unless one is being typed."""
        self._title = title
        if not self.hasFocus():
            self._shorten()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show all of it to edit."""
        self.setText(self._title)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Take what was typed."""
        super().focusOutEvent(event)
        self._shorten()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape gives up."""
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._title)
            self.clearFocus()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Shorten to the new width."""
        super().resizeEvent(event)
        if not self.hasFocus():
            self._shorten()

    def _finish(self) -> None:
        typed = " ".join(self.text().split())
        if self.isModified() and typed and typed != self._title:
            self._title = typed
            self.setModified(False)
            self.renamed.emit(typed)
        self.clearFocus()

    def _shorten(self) -> None:
        metrics = QFontMetrics(self.font())
        room = self.width() - _ROOM_PX
        self.setText(metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, room))
        self.setCursorPosition(0)
        self.setToolTip(self._title)
