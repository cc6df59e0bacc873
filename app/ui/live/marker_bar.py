"""The line in which a note for a marker is typed while the meeting goes on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QWidget

from app.domain.units import to_seconds
from app.ui.times import clock


class MarkerBar(QFrame):
    """Hidden until a moment is marked; Enter keeps the marker with its note, Escape drops it."""

    confirmed = Signal(int, str)
    """The session sample that was marked, and the note."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "header")
        self._at = 0
        self.label = QLabel(self)
        self.note = QLineEdit(self)
        self.note.setAccessibleName(self.tr("Note for the marker"))
        self.note.setAccessibleDescription(self.tr("Enter keeps it, Escape drops it"))
        self.note.setPlaceholderText(self.tr("A note, if you like. Enter keeps, Escape drops."))
        self.note.returnPressed.connect(self._confirm)
        self.note.installEventFilter(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 6, 20, 6)
        row.addWidget(self.label)
        row.addWidget(self.note, 1)
        self.hide()

    def begin(self, at: int) -> None:
        """Mark a session sample; a marker being typed is kept first."""
        if self.isVisible():
            self._confirm()
        self._at = at
        self.label.setText(self.tr("Marker at %1").replace("%1", clock(to_seconds(at))))
        self.note.clear()
        self.show()
        self.note.setFocus()

    def end(self) -> None:
        """The meeting ends: keep what was being typed."""
        if self.isVisible():
            self._confirm()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Drop the marker on Escape."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.hide()
                return True
        return super().eventFilter(watched, event)

    @Slot()
    def _confirm(self) -> None:
        self.hide()
        self.confirmed.emit(self._at, self.note.text())
