"""Two fields: from when until when."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTime, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTimeEdit, QWidget

from app.domain.units import Span
from app.ui.tab_order import move_focus

LAST_S = 24 * 3600 - 1
"""A longer meeting is exported as a whole or up to here."""


class RangeFields(QWidget):
    """The whole meeting unless something is changed; hidden when the length is unknown."""

    changed = Signal()

    def __init__(self, duration_s: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._end_s = min(LAST_S, int(duration_s) + 1)
        self.start = self._field(self.tr("From"), self.tr("Leave out what was said before"), 0)
        self.end = self._field(
            self.tr("Until"), self.tr("Leave out what was said after"), self._end_s
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for field in (self.start, self.end):
            label = QLabel(field.accessibleName(), self)
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field)
        row.addStretch(1)
        self.setVisible(duration_s > 0)

    @property
    def span(self) -> Span | None:
        """What is chosen; None for the whole meeting."""
        start_s, end_s = _seconds(self.start), _seconds(self.end)
        is_whole = start_s == 0 and end_s >= self._end_s
        return None if is_whole else Span.from_seconds(start_s, max(start_s + 1, end_s))

    def _field(self, name: str, tip: str, seconds: int) -> QTimeEdit:
        field = _TimeField(QTime(0, 0).addSecs(seconds), self)
        field.setDisplayFormat("HH:mm:ss")
        field.setMaximumTime(QTime(0, 0).addSecs(self._end_s))
        field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        field.setMinimumWidth(field.fontMetrics().horizontalAdvance("00:00:00") + 40)
        field.setAccessibleName(name)
        field.setAccessibleDescription(tip)
        field.setToolTip(tip)
        field.timeChanged.connect(self._tell)
        return field

    @Slot()
    def _tell(self) -> None:
        self.changed.emit()


class _TimeField(QTimeEdit):
    """Tab leaves it at once; the arrow keys go to its hours, minutes and seconds."""

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802
        """Go on to the next control."""
        return move_focus(self.window(), is_next=is_next)


def _seconds(field: QTimeEdit) -> int:
    return QTime(0, 0).secsTo(field.time())
