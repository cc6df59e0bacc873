"""The time line of a meeting: who speaks when, in colour, and where playback is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSlider, QWidget

from app.domain.units import Span
from app.ui.review.zoom import STEP, Zoom
from app.ui.theme import Theme
from app.ui.times import clock
from app.ui.transcript.lines import Line

HEIGHT_PX = 30
_LANE_PX = 8
_PART_PX = 3
"""The thin bar below, which shows where the part lies in the whole."""
_MS = 1000
_JUMP_MS = 1000
"""Playback moves by less between two looks at it: more means that somebody sought."""
_NOTCH = 120
"""What a wheel reports for one notch, in eighths of a degree."""
_NOTCH_STEP = 1.25
_NOTCH_SHARE = 0.1
"""A notch scrolls by this much of what is shown."""

_Bar = tuple[float, float, int | None, int]
"""Start and end in seconds, colour and lane."""


class Timeline(QSlider):
    """A slider in milliseconds over coloured stretches; a second lane shows overlap.

    The slider spans the whole recording; what is painted and clicked may be a part of it.
    """

    sought = Signal(float)
    """The user chose a position; seconds."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self._bars: list[_Bar] = []
        self._longest_s = 0.0
        self._loop: Span | None = None
        self._is_led = True
        self._painted: QPixmap | None = None
        self.zoom = Zoom()
        self.setAccessibleName(self.tr("Position in the recording"))
        self.setAccessibleDescription(
            self.tr("Arrow keys move by 5 seconds, page keys by 30, plus and minus zoom")
        )
        self.setFixedHeight(HEIGHT_PX)
        self.setSingleStep(5 * _MS)
        self.setPageStep(30 * _MS)
        self.setMouseTracking(True)
        self.actionTriggered.connect(lambda _action: self._seek_to_slider())
        theme.changed.connect(self._repaint)

    def show_lines(self, lines: Iterable[Line], duration_s: float) -> None:
        """Show a meeting; the part that is shown stays if the length does."""
        self._bars = []
        ends = [0, 0]
        for line in lines:
            lane = 0 if line.span.start >= ends[0] else 1
            ends[lane] = max(ends[lane], line.span.end)
            self._bars.append((line.span.start_s, line.span.end_s, line.colour_index, lane))
        self._bars.sort(key=_start_of)
        self._longest_s = max((end - start for start, end, _, _ in self._bars), default=0.0)
        last_s = max((bar[1] for bar in self._bars), default=0.0)
        self.zoom.set_duration(max(duration_s, last_s, 0.001))
        self.setRange(0, round(self.zoom.duration_s * _MS))
        self._repaint()

    def show_loop(self, stretch: Span | None) -> None:
        """Mark the stretch that is repeated; None marks none."""
        self._loop = stretch
        self._repaint()

    # --- The part that is shown ------------------------------------------------------------

    @Slot()
    def zoom_in(self) -> None:
        """Show a shorter part, around the position."""
        self._enlarge(STEP, self._anchor_s())

    @Slot()
    def zoom_out(self) -> None:
        """Show a longer part."""
        self._enlarge(1 / STEP, self._anchor_s())

    @Slot()
    def zoom_all(self) -> None:
        """Show the whole recording."""
        self.zoom.show_all()
        self._is_led = True
        self._repaint()

    def bars_in_sight(self) -> Sequence[_Bar]:
        """The stretches that the shown part may touch, by start; found by bisection."""
        first = bisect_left(self._bars, self.zoom.start_s - self._longest_s, key=_start_of)
        return self._bars[first : bisect_right(self._bars, self.zoom.end_s, key=_start_of)]

    def _anchor_s(self) -> float:
        """The position if it is in sight, else the middle of what is."""
        position_s = self.value() / _MS
        is_seen = self.zoom.start_s <= position_s <= self.zoom.end_s
        return position_s if is_seen else self.zoom.seconds_at(0.5)

    def _enlarge(self, factor: float, at_s: float) -> None:
        self.zoom.enlarge(factor, at_s)
        self._is_led = True
        self._repaint()

    # --- Position --------------------------------------------------------------------------

    def set_position(self, seconds: float) -> None:
        """Move the mark without seeking; the shown part follows unless it was scrolled away."""
        self._is_led = self._is_led or abs(seconds * _MS - self.value()) > _JUMP_MS
        self.blockSignals(True)
        self.setValue(round(seconds * _MS))
        self.blockSignals(False)
        if self._is_led:
            if self.zoom.follow(seconds):
                self._painted = None
        else:
            self._is_led = self.zoom.start_s <= seconds <= self.zoom.end_s
        self.update()

    def seconds_at(self, x: float) -> float:
        """The position under a point of the widget."""
        return self.zoom.seconds_at(x / max(1, self.width()))

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

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom around the pointer with Ctrl, else scroll what is zoomed."""
        turned = event.angleDelta()
        notches = (turned.y() or turned.x()) / _NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._enlarge(_NOTCH_STEP**notches, self.seconds_at(event.position().x()))
        elif not self.zoom.is_whole:
            self.zoom.move(-notches * _NOTCH_SHARE * self.zoom.shown_s)
            self._is_led = False
            self._repaint()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Plus and minus zoom, wherever the keyboard has them."""
        if event.text() in ("+", "="):
            self.zoom_in()
        elif event.text() in ("-", "_"):
            self.zoom_out()
        else:
            super().keyPressEvent(event)

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
        share = self.zoom.share_of(self.value() / _MS)
        if 0 <= share <= 1:
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
        scale = self.width() / self.zoom.shown_s
        for start, end, colour_index, lane in self.bars_in_sight():
            y = 6 + lane * (_LANE_PX + 2)
            x = (start - self.zoom.start_s) * scale
            box = QRectF(x, y, max(1.0, (end - start) * scale), _LANE_PX)
            painter.fillRect(box, QColor(tokens.speaker(colour_index)))
        if self._loop is not None:
            self._paint_loop(painter, self._loop, scale)
        if not self.zoom.is_whole:
            self._paint_part(painter)
        painter.end()
        return pixmap

    def _paint_loop(self, painter: QPainter, stretch: Span, scale: float) -> None:
        left = (stretch.start_s - self.zoom.start_s) * scale
        width = max(6.0, stretch.duration_s * scale)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.tokens.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(left, 2, width, self.height() - 4), 3, 3)

    def _paint_part(self, painter: QPainter) -> None:
        scale, y = self.width() / self.zoom.duration_s, self.height() - _PART_PX
        painter.fillRect(QRectF(0, y, self.width(), _PART_PX), QColor(self._theme.tokens.line))
        box = QRectF(self.zoom.start_s * scale, y, max(8.0, self.zoom.shown_s * scale), _PART_PX)
        painter.fillRect(box, QColor(self._theme.tokens.muted))

    def _seek_to_slider(self) -> None:
        self.sought.emit(self.sliderPosition() / _MS)

    def _repaint(self) -> None:
        self._painted = None
        self.update()


def _start_of(bar: _Bar) -> float:
    return bar[0]
