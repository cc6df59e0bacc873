"""The time line of a meeting: who speaks when, in colour, and where playback is."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSlider, QWidget

from app.ui.theme import Theme
from app.ui.times import clock
from app.ui.transcript.lines import Line

HEIGHT_PX = 30
_LANE_PX = 8
_MS = 1000


class Timeline(QSlider):
    """A slider in milliseconds over coloured stretches; a second lane shows overlap."""

    sought = Signal(float)
    """The user chose a position; seconds."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self._bars: list[tuple[float, float, int | None, int]] = []
        self._duration_s = 0.0
        self._painted: QPixmap | None = None
        self.setAccessibleName(self.tr("Position in the recording"))
        self.setAccessibleDescription(self.tr("Arrow keys move by 5 seconds, page keys by 30"))
        self.setFixedHeight(HEIGHT_PX)
        self.setSingleStep(5 * _MS)
        self.setPageStep(30 * _MS)
        self.setMouseTracking(True)
        self.actionTriggered.connect(lambda _action: self._seek_to_slider())
        theme.changed.connect(self._repaint)

    def show_lines(self, lines: Iterable[Line], duration_s: float) -> None:
        """Show another meeting."""
        self._bars = []
        ends = [0, 0]
        for line in lines:
            lane = 0 if line.span.start >= ends[0] else 1
            ends[lane] = max(ends[lane], line.span.end)
            self._bars.append((line.span.start_s, line.span.end_s, line.colour_index, lane))
        last_s = max((bar[1] for bar in self._bars), default=0.0)
        self._duration_s = max(duration_s, last_s, 0.001)
        self.setRange(0, round(self._duration_s * _MS))
        self._repaint()

    def set_position(self, seconds: float) -> None:
        """Move the mark without seeking."""
        self.blockSignals(True)
        self.setValue(round(seconds * _MS))
        self.blockSignals(False)
        self.update()

    def seconds_at(self, x: float) -> float:
        """The position under a point of the widget."""
        share = min(1.0, max(0.0, x / max(1, self.width())))
        return share * self._duration_s

    def sizeHint(self) -> QSize:  # noqa: N802
        """Layouts stretch it."""
        return QSize(200, HEIGHT_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Seek to the point."""
        self.sought.emit(self.seconds_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Seek while dragging; else say which moment is under the pointer."""
        seconds = self.seconds_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(seconds)
        self.setToolTip(clock(seconds))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Nothing more."""

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Paint the stretches again."""
        self._painted = None
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the stretches, then the mark."""
        tokens = self._theme.tokens
        if self._painted is None:
            self._painted = self._paint_bars()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._painted)
        if self._duration_s:
            share = self.value() / max(1, self.maximum())
            x = share * (self.width() - 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.text))
            painter.drawRoundedRect(QRectF(x, 1, 3, self.height() - 2), 1.5, 1.5)
        if self.hasFocus():
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def _paint_bars(self) -> QPixmap:
        tokens = self._theme.tokens
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.hover))
        painter.drawRoundedRect(QRectF(0, 4, self.width(), self.height() - 8), 4, 4)
        scale = self.width() / max(self._duration_s, 0.001)
        for start, end, colour_index, lane in self._bars:
            y = 6 + lane * (_LANE_PX + 2)
            box = QRectF(start * scale, y, max(1.0, (end - start) * scale), _LANE_PX)
            painter.fillRect(box, QColor(tokens.speaker(colour_index)))
        painter.end()
        return pixmap

    def _seek_to_slider(self) -> None:
        self.sought.emit(self.sliderPosition() / _MS)

    def _repaint(self) -> None:
        self._painted = None
        self.update()
