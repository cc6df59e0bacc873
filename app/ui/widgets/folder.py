"""A field that names a folder."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

WIDTH_PX = 260


class FolderField(QWidget):
    """Typed or chosen; empty for none."""

    changed = Signal(str)

    def __init__(self, name: str, value: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._value = value
        self.setAccessibleName(name)
        self.line = QLineEdit(value, self)
        self.line.setAccessibleName(name)
        self.line.setMinimumWidth(WIDTH_PX - 90)
        self.line.setPlaceholderText(self.tr("None"))
        self.line.editingFinished.connect(self._take)
        self.choose = QPushButton(self.tr("Choose…"), self)
        self.choose.setAccessibleName(self.tr("Choose a folder: %1").replace("%1", name))
        self.choose.setToolTip(self.tr("Opens a file dialog"))
        self.choose.clicked.connect(self._choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.line, 1)
        row.addWidget(self.choose)
        self.setFocusProxy(self.line)

    def setAccessibleDescription(self, text: str) -> None:  # noqa: N802
        """The line itself says what it is for."""
        super().setAccessibleDescription(text)
        self.line.setAccessibleDescription(text)

    def set_value(self, value: str) -> None:
        """Show a folder without telling anybody."""
        self._value = value
        self.line.setText(value)

    @Slot()
    def _take(self) -> None:
        value = self.line.text().strip()
        if value != self._value:
            self._value = value
            self.changed.emit(value)

    @Slot()
    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self._name, self._value)
        if chosen:
            self.line.setText(chosen)
            self._take()
