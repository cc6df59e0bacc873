"""A level meter that repaints at most ten times a second."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.roles import set_role
from app.ui.theme import Theme

REFRESH_MS = 100
FLOOR_DBFS = -60.0
LOUD_DBFS = -6.0
_FALL_PER_REFRESH = 0.12
"""Share of the scale that the bar falls back per refresh, so that it does not flicker."""


def share_of(level_dbfs: float) -> float:
    """A level as a share of the scale in [0, 1]."""
    return min(1.0, max(0.0, 1.0 - level_dbfs / FLOOR_DBFS))


class LevelMeter(QWidget):
    """Shows one level; None means that nothing is listening."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._share: float | None = None
        self._is_loud = False
        self.setAccessibleName(name)
        self.setAccessibleDescription(self.tr("How loud it is now"))
        set_role(self, QAccessible.Role.Indicator)
        self.setMinimumWidth(56)
        self.setFixedHeight(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def share(self) -> float | None:
        """The bar's share of the scale in [0, 1]."""
        return self._share

    def set_level(self, level_dbfs: float | None) -> None:
        """Show a level in dBFS; call at most every `REFRESH_MS`."""
        if level_dbfs is None:
            new = None
        else:
            falling = (self._share or 0.0) - _FALL_PER_REFRESH
            new = max(share_of(level_dbfs), falling)
            self._is_loud = level_dbfs > LOUD_DBFS
        if new != self._share:
            self._share = new
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """A short bar; layouts stretch it."""
        return QSize(120, 8)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the bar."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        box = QRectF(0, 1, self.width(), self.height() - 2)
        painter.setBrush(QColor(tokens.line))
        painter.drawRoundedRect(box, 3, 3)
        if self._share:
            box.setWidth(max(6.0, box.width() * self._share))
            painter.setBrush(QColor(tokens.warning if self._is_loud else tokens.accent))
            painter.drawRoundedRect(box, 3, 3)
