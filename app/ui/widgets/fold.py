"""Two groups side by side, or below each other where both do not fit."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLayout, QSizePolicy, QWidget


class Fold(QWidget):
    """Folds when the second group would have to be shortened."""

    def __init__(
        self, first: QLayout, second: QLayout, parent: QWidget | None = None, *, spacing_px: int = 8
    ) -> None:
        super().__init__(parent)
        self._first, self._second = first, second
        self._spacing_px = spacing_px
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(spacing_px)
        self._box.addLayout(first, 1)
        self._box.addLayout(second)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def is_folded(self) -> bool:
        """Whether the groups stand below each other."""
        return self._box.direction() is QBoxLayout.Direction.TopToBottom

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for the wider group, as far as its parts give way."""
        width = max(part.minimumSize().width() for part in (self._first, self._second))
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fold or unfold for the new width."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Fold or unfold when a part appears, goes or changes its size."""
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        wanted = self._first.minimumSize().width() + self._second.sizeHint().width()
        direction = QBoxLayout.Direction
        is_tight = wanted + self._spacing_px > self.width()
        fitting = direction.TopToBottom if is_tight else direction.LeftToRight
        if fitting is not self._box.direction():
            self._box.setDirection(fitting)
            self.updateGeometry()
