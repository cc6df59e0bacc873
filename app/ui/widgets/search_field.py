"""A line edit with a magnifying glass."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.icons import Icons
from app.ui.theme import Theme

_ICON_PX = 18
_INSET_PX = 10


class SearchField(QLineEdit):
    """Escape empties it."""

    def __init__(
        self, theme: Theme, icons: Icons, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme, self._icons = theme, icons
        self.setPlaceholderText(name)
        self.setAccessibleName(name)
        self.setTextMargins(_ICON_PX + 4, 0, 0, 0)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the field, then the glass."""
        super().paintEvent(event)
        painter = QPainter(self)
        y = (self.height() - _ICON_PX) // 2
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        x = self.width() - _INSET_PX - _ICON_PX if is_mirrored else _INSET_PX
        painter.drawPixmap(x, y, self._icons.pixmap("search", self._theme.tokens.muted, _ICON_PX))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape empties the field."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)
