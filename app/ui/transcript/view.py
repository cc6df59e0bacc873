"""The list that shows a transcript: follows the live edge, plays on click, scrolls fast."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QPushButton,
    QStyledItemDelegate,
    QWidget,
)

from app.domain.ids import SegmentId
from app.ui.actions import Do
from app.ui.kit import Kit
from app.ui.transcript.delegate import Hit, TranscriptDelegate
from app.ui.transcript.geometry import RowGeometry
from app.ui.transcript.layout import RowLayout
from app.ui.transcript.lines import Passage, Row
from app.ui.transcript.model import TranscriptModel

EDGE_PX = 24
"""Nearer than this to the end counts as being at the live edge."""
BOTTOM_PX = 72
"""Room below the last row, so that it is not glued to the edge or under the pill."""
FLASH_MS = 4000

Index = QModelIndex | QPersistentModelIndex


class TranscriptView(QListView):
    """A list view that does its own geometry, so that a change costs only the rows it touches."""

    time_clicked = Signal(float)
    """A word was clicked; seconds from the start of the recording."""
    speaker_clicked = Signal(object, QRect)
    """A name or avatar was clicked: the `Passage`, and where, in global coordinates."""
    menu_wanted = Signal(object, float, QPoint)
    """The `Passage` under the pointer, the moment of the word there, and where, globally."""
    edit_started = Signal()
    following_changed = Signal(bool)

    def __init__(self, kit: Kit, *, is_live: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._is_live = is_live
        self._is_following = is_live
        self._is_own_scroll = False
        self._geometry = RowGeometry()
        self._layouts: list[RowLayout | None] = []
        self._width = 0
        self.painter = TranscriptDelegate(kit.theme.tokens, self.font(), self)
        self.setItemDelegate(self.painter)
        self.setAccessibleName(self.tr("Transcript"))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
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
        self.setCurrentIndex(index)
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
        self.setCurrentIndex(index)
        self.edit(index)
        self.edit_started.emit()
        self.viewport().update()

    def current_passage(self) -> Passage | None:
        """The first passage of the current row."""
        row = self._row(self.currentIndex())
        return row.lanes[0] if row is not None and row.lanes else None

    # --- Geometry --------------------------------------------------------------------------

    def setModel(self, model: TranscriptModel) -> None:  # type: ignore[override]  # noqa: N802
        """Show another transcript."""
        super().setModel(model)
        model.modelReset.connect(self._reset_geometry)
        self._reset_geometry()

    def layout_of(self, number: int) -> RowLayout:
        """A row as it stands in this view."""
        known = self._layouts[number]
        if known is None:
            known = self.painter.layout_row(self._rows().row(number), self._width)
            self._layouts[number] = known
        return known

    @Slot()
    def _reset_geometry(self) -> None:
        self._geometry = RowGeometry()
        self._layouts = []
        self._width = 0
        self._ensure_geometry()

    def _ensure_geometry(self) -> None:
        if self.model() is None:
            return
        width, count = self.viewport().width(), self._rows().rowCount()
        if width == self._width and count == len(self._geometry):
            return
        anchor = self._geometry.row_at(self.verticalOffset()) if self._width else None
        shift = self.verticalOffset() - self._geometry.top(anchor) if anchor is not None else 0
        self._width = width
        self._layouts = [self.painter.layout_row(self._rows().row(n), width) for n in range(count)]
        self._geometry = RowGeometry()
        self._geometry.replace(0, 0, [layout.height for layout in self._layouts if layout])
        self._set_range()
        if anchor is not None and not self._is_following:
            self._scroll_to(self._geometry.top(min(anchor, count)) + shift)

    def _replace_rows(self, first: int, removed_count: int, added_count: int) -> None:
        if self._width == 0:
            self._ensure_geometry()
            return
        top = self.verticalOffset()
        old_bottom = self._geometry.top(first + removed_count)
        rows = [self._rows().row(number) for number in range(first, first + added_count)]
        layouts = [self.painter.layout_row(row, self._width) for row in rows]
        self._layouts[first : first + removed_count] = layouts
        self._geometry.replace(first, removed_count, [layout.height for layout in layouts])
        self._set_range()
        moved = self._geometry.top(first + added_count) - old_bottom
        if old_bottom <= top and moved and not self._is_following:
            self._scroll_to(top + moved)
        self.viewport().update()

    def _set_range(self) -> None:
        bar = self.verticalScrollBar()
        self._is_own_scroll = True
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self.painter.shaper.line_height)
        room = BOTTOM_PX if self._is_live else BOTTOM_PX // 2
        bar.setRange(0, max(0, self._geometry.total + room - self.viewport().height()))
        bar.setEnabled(bar.maximum() > 0)
        self._is_own_scroll = False
        if self._is_following:
            self._to_end()

    def _to_end(self) -> None:
        self._scroll_to(self.verticalScrollBar().maximum())

    def _scroll_to(self, value: int) -> None:
        self._is_own_scroll = True
        self.verticalScrollBar().setValue(value)
        self._is_own_scroll = False

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

    # --- What QListView asks ---------------------------------------------------------------

    def doItemsLayout(self) -> None:  # noqa: N802
        """Place rows that are not placed yet."""
        self._ensure_geometry()
        QAbstractItemView.doItemsLayout(self)

    def updateGeometries(self) -> None:  # noqa: N802
        """Keep editors and scroll range in step."""
        self._set_range()
        QAbstractItemView.updateGeometries(self)

    def visualRect(self, index: Index) -> QRect:  # noqa: N802
        """Where a row stands in the viewport."""
        if not index.isValid() or index.row() >= len(self._geometry):
            return QRect()
        top = self._geometry.top(index.row()) - self.verticalOffset()
        return QRect(0, top, self.viewport().width(), self._geometry.height(index.row()))

    def indexAt(self, point: QPoint) -> QModelIndex:  # noqa: N802
        """The row under a point of the viewport."""
        row = self._geometry.row_at(point.y() + self.verticalOffset())
        return QModelIndex() if row is None else self._rows().index(row)

    def scrollTo(  # noqa: N802
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Bring a row into sight."""
        self._ensure_geometry()
        if not index.isValid() or index.row() >= len(self._geometry):
            return
        top, height = self._geometry.top(index.row()), self._geometry.height(index.row())
        page, bar = self.viewport().height(), self.verticalScrollBar()
        if hint is QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(top - max(0, (page - height) // 2))
        elif top < bar.value():
            bar.setValue(top)
        elif top + height > bar.value() + page:
            bar.setValue(min(top, top + height - page + EDGE_PX))

    def verticalOffset(self) -> int:  # noqa: N802
        """Pixels scrolled."""
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:  # noqa: N802
        """Always 0."""
        return 0

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        """Move what is painted."""
        self.viewport().scroll(0, dy)

    def moveCursor(  # noqa: N802
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """The row that a key leads to."""
        count = self._rows().rowCount()
        if count == 0:
            return QModelIndex()
        row = max(0, self.currentIndex().row())
        move = QAbstractItemView.CursorAction
        page = max(1, self.viewport().height() // (3 * self.painter.shaper.line_height))
        step = {
            move.MoveUp: -1, move.MovePrevious: -1, move.MoveDown: 1, move.MoveNext: 1,
            move.MovePageUp: -page, move.MovePageDown: page,
            move.MoveHome: -count, move.MoveEnd: count,
        }.get(action, 0)  # fmt: skip
        return self._rows().index(min(count - 1, max(0, row + step)))

    def setSelection(  # noqa: N802
        self, rect: QRect, command: QItemSelectionModel.SelectionFlag
    ) -> None:
        """Select the row under a rectangle."""
        index = self.indexAt(rect.center())
        self.selectionModel().select(QItemSelection(index, index), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:  # noqa: N802
        """What to repaint when the selection changes."""
        return QRegion(self.viewport().rect())

    def dataChanged(  # noqa: N802
        self, top_left: Index, bottom_right: Index, roles: Sequence[int] = ()
    ) -> None:
        """Lay changed rows out again."""
        count = bottom_right.row() - top_left.row() + 1
        self._replace_rows(top_left.row(), count, count)
        QAbstractItemView.dataChanged(self, top_left, bottom_right, roles)

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:  # noqa: N802
        """Place new rows."""
        if len(self._geometry) + end - start + 1 == self._rows().rowCount():
            self._replace_rows(start, 0, end - start + 1)
        self._ensure_geometry()
        QAbstractItemView.rowsInserted(self, parent, start, end)

    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:  # noqa: N802
        """Close the gap that removed rows leave."""
        self._replace_rows(start, end - start + 1, 0)
        QAbstractItemView.rowsAboutToBeRemoved(self, parent, start, end)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Wrap again when the width changes."""
        self._ensure_geometry()
        self._set_range()
        self._place_pill()
        QAbstractItemView.resizeEvent(self, event)

    def viewportSizeHint(self) -> QSize:  # noqa: N802
        """Whatever there is."""
        return QSize(400, 300)

    # --- Painting and input ----------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint the rows in sight, nothing else."""
        self._ensure_geometry()
        painter = QPainter(self.viewport())
        offset = self.verticalOffset()
        first = self._geometry.row_at(event.rect().top() + offset)
        if first is None:
            return
        for number in range(first, len(self._geometry)):
            top = self._geometry.top(number) - offset
            if top > event.rect().bottom():
                break
            rect = QRect(0, top, self.viewport().width(), self._geometry.height(number))
            if self.hasFocus() and number == self.currentIndex().row():
                self._paint_current(painter, rect, number)
            layout = self.layout_of(number)
            self.painter.paint_row(painter, rect, self._rows().row(number), layout)

    def _paint_current(self, painter: QPainter, rect: QRect, number: int) -> None:
        cells = self.layout_of(number).cells
        if cells:
            left, top = cells[0].x - 64, rect.top() + cells[0].y - 2
            bar = QRect(left, top, 3, cells[0].height)
            painter.fillRect(bar, self.palette().highlight())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """A click on a word plays from there, one on a name asks who it is."""
        super().mouseReleaseEvent(event)
        hit = self._hit(event.position().toPoint())
        if hit is None or event.button() is not Qt.MouseButton.LeftButton:
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
        """Show what can be clicked."""
        hit = self._hit(event.position().toPoint())
        is_active = hit is not None and (hit.is_name or hit.character is not None)
        shape = Qt.CursorShape.PointingHandCursor if is_active else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)

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

    def _rows(self) -> TranscriptModel:
        model = self.model()
        assert isinstance(model, TranscriptModel)
        return model

    def _row(self, index: Index) -> Row | None:
        return self._rows().row(index.row()) if index.isValid() else None

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
        self.painter.dress(self._kit.theme.tokens, self.font())
        icon = self._kit.icons.icon("down", self._kit.theme.tokens.on_accent)
        self.pill.setIcon(icon)
        self._width = 0
        self._ensure_geometry()
        self.viewport().update()
