"""The list that shows a transcript: follows the live edge, plays on click, scrolls fast."""

from __future__ import annotations

from PySide6.QtCore import (
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QPushButton,
    QStyledItemDelegate,
    QWidget,
)

from app.domain.ids import SegmentId
from app.ui.actions import Do
from app.ui.kit import Kit
from app.ui.transcript.delegate import Hit
from app.ui.transcript.dragging import carry
from app.ui.transcript.layout import column
from app.ui.transcript.lines import Passage
from app.ui.transcript.rows_view import EDGE_PX, RowsView

FLASH_MS = 4000

_SELECTING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class TranscriptView(RowsView):
    """A transcript as one reads it: follows what comes, plays, edits, lets lines be dragged."""

    time_clicked = Signal(float)
    """A word was clicked; seconds from the start of the recording."""
    speaker_clicked = Signal(object, QRect)
    """A name or avatar was clicked: the `Passage`, and where, in global coordinates."""
    menu_wanted = Signal(object, float, QPoint)
    """The `Passage` under the pointer, the moment of the word there, and where, globally."""
    carrying_changed = Signal(bool)
    """Lines are being dragged, or no longer."""
    edit_started = Signal()
    following_changed = Signal(bool)

    def __init__(self, kit: Kit, *, is_live: bool, parent: QWidget | None = None) -> None:
        super().__init__(kit, is_live=is_live, parent=parent)
        self._kit = kit
        self._pressed: QPoint | None = None
        self.setAccessibleName(self.tr("Transcript"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.viewport().setMouseTracking(True)
        self.pill = QPushButton(kit.actions[Do.JUMP_TO_LIVE].text(), self)
        self.pill.setProperty("kind", "pill")
        self.pill.setAccessibleName(kit.actions[Do.JUMP_TO_LIVE].text())
        self.pill.setToolTip(kit.actions[Do.JUMP_TO_LIVE].toolTip())
        self.pill.clicked.connect(self.jump_to_live)
        self.pill.hide()
        self._flash_timer = QTimer(self)
        self._flash_timer.setSingleShot(True)
        self._flash_timer.timeout.connect(self._end_flash)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        kit.theme.changed.connect(self._dress)
        self._dress()

    # --- For the pages ---------------------------------------------------------------------

    @property
    def is_following(self) -> bool:
        """Whether the newest words stay in sight by themselves."""
        return self._is_following

    @Slot()
    def jump_to_live(self) -> None:
        """Show the end, and follow it from now on."""
        self._set_following(is_following=True)
        self._to_end()

    def set_live(self, *, is_live: bool) -> None:
        """Follow what comes (a meeting runs), or show a finished transcript from its start."""
        self._is_live = is_live
        self._set_following(is_following=is_live)

    def show_moment(self, seconds: float, segment_id: SegmentId | None = None) -> None:
        """Bring a moment into sight and point out its line for a few seconds."""
        row = self._rows().row_of(segment_id) if segment_id is not None else None
        if row is None:
            row = self._rows().row_at(seconds)
        if row is None:
            return
        self._ensure_geometry()
        index = self._rows().index(row)
        self._choose(index)
        self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
        lines = self._rows().row(row).lines
        self.painter.shown.flash = segment_id or (lines[0].segment_id if lines else None)
        self._flash_timer.start(FLASH_MS)
        self.viewport().update()

    def set_terms(self, terms: tuple[str, ...]) -> None:
        """Mark words that begin with one of `terms` (lower case)."""
        self.painter.shown.terms = terms
        self.viewport().update()

    def set_position(self, seconds: float | None) -> None:
        """Mark the word that is heard, and keep it in sight unless it was scrolled away."""
        old = self._row_heard()
        was_visible = old is None or self._is_in_sight(old)
        self.painter.shown.position_s = seconds
        row = self._row_heard()
        if row is not None and row != old and was_visible and not self._is_in_sight(row):
            self.scrollTo(self._rows().index(row), QAbstractItemView.ScrollHint.PositionAtCenter)
        for number in {old, row} - {None}:
            self._update_rows(max(0, (number or 0) - 1), (number or 0) + 1)

    def edit_line(self, segment_id: SegmentId) -> None:
        """Open a line for editing in place."""
        row = self._rows().row_of(segment_id)
        if row is None:
            return
        index = self._rows().index(row)
        self.scrollTo(index)
        self.painter.editing = segment_id
        self._choose(index)
        self.edit(index)
        self.edit_started.emit()
        self.viewport().update()

    def passage_at(self, seconds: float) -> Passage | None:
        """What is heard at a moment: of people who talk at once, the first."""
        row = self._rows().row_at(seconds)
        lanes = self._rows().row(row).lanes if row is not None else ()
        return lanes[0] if lanes else None

    # --- Following -------------------------------------------------------------------------

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        if self._is_live and not self._is_own_scroll:
            is_at_edge = value >= self.verticalScrollBar().maximum() - EDGE_PX
            self._set_following(is_following=is_at_edge)

    def _set_following(self, *, is_following: bool) -> None:
        is_changed = is_following != self._is_following
        self._is_following = is_following
        self.pill.setVisible(self._is_live and not is_following)
        self._place_pill()
        if is_changed:
            self.following_changed.emit(is_following)

    def _place_pill(self) -> None:
        self.pill.adjustSize()
        x = (self.viewport().width() - self.pill.width()) // 2
        self.pill.move(x, self.height() - self.pill.height() - 18)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Wrap again when the width changes."""
        self._ensure_geometry()
        self._set_range()
        self._place_pill()
        QAbstractItemView.resizeEvent(self, event)

    # --- Painting and input ----------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the rows in sight, nothing else."""
        self._ensure_geometry()
        painter = QPainter(self.viewport())
        offset = self.verticalOffset()
        chosen = self.selectionModel()
        first = self._geometry.row_at(event.rect().top() + offset)
        if first is None:
            return
        # The row above may be selected, which shows below it.
        for number in range(max(0, first - 1), len(self._geometry)):
            top = self._geometry.top(number) - offset
            if top > event.rect().bottom():
                break
            rect = QRect(0, top, self.viewport().width(), self._geometry.height(number))
            if self._has_several and chosen.isSelected(self._rows().index(number)):
                self._paint_selected(painter, rect)
            if self.hasFocus() and number == self.currentIndex().row():
                self._paint_current(painter, rect, number)
            layout = self.layout_of(number)
            self.painter.paint_row(painter, rect, self._rows().row(number), layout)

    def _paint_selected(self, painter: QPainter, rect: QRect) -> None:
        left, width = column(rect.width())
        box = QRect(left - 10, rect.top() + 6, width + 20, rect.height() - 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._kit.theme.tokens.accent_soft))
        painter.drawRoundedRect(box, 8, 8)

    def _paint_current(self, painter: QPainter, rect: QRect, number: int) -> None:
        cells = self.layout_of(number).cells
        if cells:
            left, top = cells[0].x - 64, rect.top() + cells[0].y - 2
            bar = QRect(left, top, 3, cells[0].height)
            painter.fillRect(bar, self.palette().highlight())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A press may begin to drag lines."""
        at = event.position().toPoint()
        can_drag = not self._is_live and event.button() is Qt.MouseButton.LeftButton
        self._pressed = at if can_drag and self._hit(at) is not None else None
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click on a word plays from there, one on a name asks who; Ctrl and Shift select."""
        self._pressed = None
        super().mouseReleaseEvent(event)
        hit = self._hit(event.position().toPoint())
        if hit is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        if not self._is_live and event.modifiers() & _SELECTING:
            return
        if hit.is_name:
            at = self.viewport().mapToGlobal(event.position().toPoint())
            self.speaker_clicked.emit(hit.passage, QRect(at, QSize(1, 1)))
        elif hit.character is not None:
            self.time_clicked.emit(hit.passage.time_at(hit.character))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A double click edits."""
        hit = self._hit(event.position().toPoint())
        if hit is not None and hit.character is not None and hit.passage.is_final:
            self.edit_line(hit.line.segment_id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show what can be clicked; with the button held, drag it."""
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            way = event.position().toPoint() - self._pressed
            if way.manhattanLength() >= QApplication.startDragDistance():
                self._carry(self._pressed)
            return
        hit = self._hit(event.position().toPoint())
        is_active = hit is not None and (hit.is_name or hit.character is not None)
        shape = Qt.CursorShape.PointingHandCursor if is_active else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)

    def _carry(self, pressed: QPoint) -> None:
        """Drag what was pressed: the selected rows, or one passage."""
        self._pressed = None
        hit = self._hit(pressed)
        if hit is None:
            return
        selected = self.selected_passages()
        passages = selected if len(selected) > 1 and hit.passage in selected else (hit.passage,)
        many = self.tr("%1 passages").replace("%1", str(len(passages)))
        label = many if len(passages) > 1 else hit.passage.text
        self.carrying_changed.emit(True)
        carry(self, passages, label, self._kit.theme.tokens)
        self.carrying_changed.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter plays from the current passage."""
        passage = self.current_passage()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and passage is not None:
            self.time_clicked.emit(passage.first.span.start_s)
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Ask the page for a menu on the line."""
        hit = self._hit(event.pos())
        passage = hit.passage if hit is not None else self.current_passage()
        if passage is not None:
            character = (hit.character or 0) if hit is not None else 0
            self.menu_wanted.emit(passage, passage.time_at(character), event.globalPos())

    def closeEditor(  # noqa: N802
        self, editor: QWidget, hint: QStyledItemDelegate.EndEditHint
    ) -> None:
        """Show the line's own text again."""
        self.painter.editing = None
        super().closeEditor(editor, hint)
        self.viewport().update()

    # --- Inside ----------------------------------------------------------------------------

    def _hit(self, point: QPoint) -> Hit | None:
        index = self.indexAt(point)
        if not index.isValid():
            return None
        relative = point - self.visualRect(index).topLeft()
        return self.painter.hit(self.layout_of(index.row()), relative)

    def _row_heard(self) -> int | None:
        position = self.painter.shown.position_s
        return None if position is None else self._rows().row_at(position)

    def _is_in_sight(self, row: int) -> bool:
        return self.visualRect(self._rows().index(row)).intersects(self.viewport().rect())

    def _update_rows(self, first: int, last: int) -> None:
        for number in range(first, min(last + 1, len(self._geometry))):
            self.viewport().update(self.visualRect(self._rows().index(number)))

    @Slot()
    def _end_flash(self) -> None:
        self.painter.shown.flash = None
        self.viewport().update()

    @Slot()
    def _dress(self) -> None:
        self.painter.dress(self._kit.theme.tokens, self.font(), self._kit.theme.air)
        icon = self._kit.icons.icon("down", self._kit.theme.tokens.on_accent)
        self.pill.setIcon(icon)
        self._width = 0
        self._ensure_geometry()
        self.viewport().update()
