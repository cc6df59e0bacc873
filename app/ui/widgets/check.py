"""A check box in the theme's colours."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox, QWidget

from app.ui.theme import Theme
from app.ui.tokens import mix

_BOX_PX = 18
_GAP_PX = 9


class Check(QCheckBox):
    """Box, tick and text; the focus ring goes around the box."""

    def __init__(self, theme: Theme, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._theme = theme
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Box and text with room for the ring."""
        metrics = QFontMetrics(self.font())
        width = _BOX_PX + _GAP_PX + metrics.horizontalAdvance(self.text()) + 8
        return QSize(width, max(_BOX_PX, metrics.height()) + 8)

    def hitButton(self, position: object) -> bool:  # noqa: N802
        """Everything can be pressed."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint box, tick and text."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        left = self.width() - _BOX_PX - 3 if is_mirrored else 3
        box = QRectF(left, (self.height() - _BOX_PX) / 2, _BOX_PX, _BOX_PX)
        is_on = self.isChecked()
        edge = tokens.accent if is_on or self.hasFocus() else tokens.muted
        painter.setPen(QPen(QColor(edge), 1.5))
        painter.setBrush(QColor(tokens.accent if is_on else tokens.surface))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        if is_on:
            painter.setPen(QPen(QColor(tokens.on_accent), 2.2))
            x, y = box.left(), box.top()
            tick = [QPointF(x + 4.5, y + 9.5), QPointF(x + 7.8, y + 12.6), QPointF(x + 13.4, y + 6)]
            painter.drawPolyline(QPolygonF(tick))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(mix(tokens.accent, tokens.window, 0.5)), 2))
            painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), 7, 7)
        painter.setPen(QColor(tokens.text if self.isEnabled() else tokens.muted))
        shift = _BOX_PX + _GAP_PX + 3
        text = (
            self.rect().adjusted(0, 0, -shift, 0)
            if is_mirrored
            else self.rect().adjusted(shift, 0, 0, 0)
        )
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        painter.drawText(text, flags, self.text())
