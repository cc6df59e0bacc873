"""The caption window: frameless, above other windows, as see-through as the user likes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSettings,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizeGrip, QToolButton, QWidget
from shiboken6 import isValid

from app.ui.actions import Do, with_keys
from app.ui.captions.lines import NEWEST_LINES, Caption, captions_of
from app.ui.kit import Kit
from app.ui.roles import set_role
from app.ui.tab_order import move_focus
from app.ui.tokens import DARK
from app.ui.transcript.model import TranscriptModel

REFRESH_MS = 100
LEADING = 1.35
PADDING_PX = 18
MIN_WIDTH_PX = 320
_PLACE_KEY = "captions/geometry"


class CaptionWindow(QWidget):
    """White on dark in both themes: it stands over films, slides and documents alike.

    Locked, it lets every click through to what is below; the lock is opened in the main window.
    """

    shown_changed = Signal(bool)
    lock_changed = Signal(bool)

    def __init__(self, kit: Kit, state_file: Path) -> None:
        super().__init__(None, _FLAGS)
        self._kit = kit
        self._state = QSettings(str(state_file), QSettings.Format.IniFormat)
        self._model: TranscriptModel | None = None
        self._captions: tuple[Caption, ...] = ()
        self._dragged_from: QPoint | None = None
        self.is_locked = False
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowTitle(self.tr("Crosstalk captions"))
        self.setAccessibleName(self.tr("Captions"))
        self.setAccessibleDescription(self.tr("The newest lines of the running meeting"))
        set_role(self, QAccessible.Role.Window)
        self.setMinimumWidth(MIN_WIDTH_PX)
        self._bar = QWidget(self)
        row = QHBoxLayout(self._bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.lock = self._button("captions", self.tr("Let clicks through"), row)
        self.lock.setToolTip(self._lock_tip())
        self.lock.clicked.connect(lambda: self.set_locked(is_locked=True))
        self.hide_button = self._button("close", self.tr("Hide captions"), row)
        self.hide_button.setToolTip(self._hide_tip())
        self.hide_button.clicked.connect(self.close)
        self._bar.hide()
        self._grip = QSizeGrip(self)
        self._grip.setAccessibleName(self.tr("Change the size"))
        self._grip.setAccessibleDescription(self.tr("Drag to make the captions wider"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self.take_settings()
        self._restore_place()

    # --- For the main window ---------------------------------------------------------------

    @property
    def captions(self) -> tuple[Caption, ...]:
        """What is shown now, from top to bottom."""
        return self._captions

    def follow(self, model: TranscriptModel | None) -> None:
        """Show the end of another transcript; None leaves the window empty."""
        if model is self._model:
            return
        if self._model is not None and isValid(self._model):
            self._model.dataChanged.disconnect(self._schedule)
            self._model.rowsInserted.disconnect(self._schedule)
            self._model.rowsRemoved.disconnect(self._schedule)
        self._model = model
        if model is not None:
            model.dataChanged.connect(self._schedule)
            model.rowsInserted.connect(self._schedule)
            model.rowsRemoved.connect(self._schedule)
        self.refresh()

    @Slot()
    def take_settings(self) -> None:
        """Take lines, typeface, size and opacity from the settings."""
        settings = self._kit.context.settings.captions
        self._line_count = settings.lines
        self._opacity = settings.opacity_percent / 100
        self.text_font = QFont(self.font())
        if settings.typeface:
            self.text_font.setFamily(settings.typeface)
        self.text_font.setPointSizeF(settings.text_pt)
        self._bold = QFont(self.text_font)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self._metrics = QFontMetricsF(self._bold)
        self.setFixedHeight(self.sizeHint().height())
        self.refresh()

    def set_locked(self, *, is_locked: bool) -> None:
        """Let clicks through to the windows below, or take them."""
        if is_locked == self.is_locked:
            return
        self.is_locked = is_locked
        was_visible = self.isVisible()
        place = self.geometry()
        self.setWindowFlag(Qt.WindowType.WindowTransparentForInput, is_locked)
        self._bar.hide()
        self._grip.setVisible(not is_locked)
        if was_visible:
            self.show()
            self.setGeometry(place)
        self.lock_changed.emit(is_locked)

    @Slot()
    def refresh(self) -> None:
        """Break the newest words into lines again."""
        lines = self._model.newest_lines(NEWEST_LINES) if self._model is not None else []
        room = self.width() - 2 * PADDING_PX
        new = captions_of(lines, self._line_count, room, self._metrics.horizontalAdvance)
        if new != self._captions:
            self._captions = new
            self.setAccessibleDescription("\n".join(c.text for c in new))
            self.update()

    @property
    def warning(self) -> str:
        """What this desktop cannot promise; "" when it can."""
        if not QGuiApplication.platformName().startswith("wayland"):
            return ""
        return self.tr(
            "On Wayland the desktop decides which window is on top and where it opens. If the "
            "captions do not stay above other windows, choose “Always on top” in their window menu."
        )

    # --- What Qt asks ----------------------------------------------------------------------

    def sizeHint(self) -> QSize:  # noqa: N802
        """Room for all lines."""
        height = self._line_count * self._metrics.height() * LEADING + 2 * PADDING_PX
        return QSize(760, round(height))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the background, then the lines from the bottom up."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        background = QColor(DARK.window)
        background.setAlphaF(self._opacity)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(background)
        painter.drawRoundedRect(QRectF(self.rect()), 12, 12)
        step = self._metrics.height() * LEADING
        y = self.height() - PADDING_PX - step * len(self._captions) + self._metrics.ascent()
        if not self._captions:
            self._paint_empty(painter)
        for caption in self._captions:
            self._paint_caption(painter, caption, y)
            y += step

    def enterEvent(self, event: QEvent) -> None:  # noqa: N802
        """Show the buttons."""
        self._bar.setVisible(not self.is_locked)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Hide the buttons."""
        self._bar.setVisible(self.isActiveWindow() and not self.is_locked)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin to move; on Wayland the desktop moves the window itself."""
        handle = self.windowHandle()
        if handle is not None and handle.startSystemMove():
            return
        self._dragged_from = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Move along."""
        if self._dragged_from is not None:
            self.move(event.globalPosition().toPoint() - self._dragged_from)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Stay there."""
        self._dragged_from = None

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802
        """Go on as the layouts order the controls."""
        return move_focus(self, is_next=is_next)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape hides, arrows move."""
        steps: dict[int, QPoint] = {
            Qt.Key.Key_Left: QPoint(-20, 0), Qt.Key.Key_Right: QPoint(20, 0),
            Qt.Key.Key_Up: QPoint(0, -20), Qt.Key.Key_Down: QPoint(0, 20),
        }  # fmt: skip
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif (step := steps.get(event.key())) is not None:
            self.move(self.pos() + step)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Break the lines again."""
        self._bar.adjustSize()
        self._bar.move(self.width() - self._bar.width() - 6, 4)
        self._grip.move(self.width() - self._grip.width(), self.height() - self._grip.height())
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Tell the main window."""
        self.refresh()
        self.shown_changed.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Remember the place."""
        self._state.setValue(_PLACE_KEY, self.geometry())
        self._state.sync()
        self.shown_changed.emit(False)

    # --- Inside ----------------------------------------------------------------------------

    @Slot()
    def _schedule(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _button(self, icon: str, name: str, row: QHBoxLayout) -> QToolButton:
        button = QToolButton(self._bar)
        button.setIcon(self._kit.icons.icon(icon, DARK.text))
        button.setAccessibleName(name)
        button.setStyleSheet(
            f"QToolButton {{ background: {DARK.raised}; border: none; padding: 4px; }}"
            f"QToolButton:hover {{ background: {DARK.selected}; }}"
        )
        row.addWidget(button)
        return button

    def event(self, event: QEvent) -> bool:
        """Show the buttons while the keys go to this window, too."""
        if event.type() is QEvent.Type.WindowActivate:
            self._bar.setVisible(not self.is_locked)
        elif event.type() is QEvent.Type.WindowDeactivate:
            self._bar.setVisible(self.underMouse() and not self.is_locked)
        return super().event(event)

    def _hide_tip(self) -> str:
        return with_keys(self.tr("Hide captions"), self._kit.actions[Do.CAPTIONS])

    def _lock_tip(self) -> str:
        text = self.tr("Let clicks through to what is below; the main window undoes it")
        return with_keys(text, self._kit.actions[Do.LOCK_CAPTIONS])

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setFont(self.text_font)
        painter.setPen(QColor(DARK.muted))
        text = self.tr("Captions appear here while a meeting runs.")
        box = self.rect().adjusted(PADDING_PX, 0, -PADDING_PX, 0)
        elided = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, elided)

    def _paint_caption(self, painter: QPainter, caption: Caption, y: float) -> None:
        x = float(PADDING_PX)
        solid, open_end = (
            caption.text[: caption.solid_chars],
            caption.text[caption.solid_chars :],
        )
        for text, font, colour in (
            (f"{caption.name}  " if caption.name else "", self._bold,
             DARK.speaker(caption.colour_index)),
            (solid, self.text_font, DARK.text),
            (open_end, self.text_font, DARK.partial),
        ):  # fmt: skip
            painter.setFont(font)
            painter.setPen(QColor(colour))
            painter.drawText(QPointF(x, y), text)
            x += QFontMetricsF(font).horizontalAdvance(text)

    def _restore_place(self) -> None:
        stored = self._state.value(_PLACE_KEY)
        place = stored if isinstance(stored, QRect) else None
        screen = QGuiApplication.primaryScreen().availableGeometry()
        screens = [s.availableGeometry() for s in QGuiApplication.screens()]
        if place is None or not any(s.contains(place.center()) for s in screens):
            size = QSize(min(self.sizeHint().width(), screen.width() - 40), self.height())
            place = QRect(QPoint(0, 0), size)
            place.moveCenter(screen.center())
            place.moveBottom(screen.bottom() - 48)
        self.resize(place.width(), self.height())
        self.move(place.topLeft())


_FLAGS = Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
