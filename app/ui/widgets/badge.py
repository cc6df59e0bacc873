"""A short remark in a header that gives way where room is scarce."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

MIN_WIDTH_PX = 44


class Badge(QLabel):
    """As wide as its text where there is room; else shortened, with all of it in the tooltip.

    Hidden until somebody shows it; a screen reader gets the whole text.
    """

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self._wanted = QSize()
        self._tip = ""
        self.setProperty("kind", kind)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.hide()

    def text(self) -> str:
        """All of it."""
        return self._whole

    def setText(self, text: str) -> None:  # noqa: N802
        """Show another remark."""
        self._whole = text
        self.setAccessibleName(text)
        self._measure()

    def set_tip(self, tip: str) -> None:
        """Explain the remark."""
        self._tip = tip
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for all of the text."""
        return self._wanted

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for its beginning."""
        return QSize(min(MIN_WIDTH_PX, self._wanted.width()), self._wanted.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show what fits."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Measure again in another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()

    def _measure(self) -> None:
        self.ensurePolished()  # the style sheet brings a font of its own
        super().setText(self._whole)
        self._wanted = super().sizeHint()
        self.updateGeometry()
        self._fit()

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        padding = self._wanted.width() - metrics.horizontalAdvance(self._whole)
        shown = self._whole
        if self.width() < self._wanted.width():
            room = max(0, self.width() - padding)
            shown = metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        super().setText(shown)
        parts = (self._whole if shown != self._whole else "", self._tip)
        self.setToolTip("\n".join(part for part in parts if part))
