"""A list of transcript rows that does its own geometry: a change costs only what it touches."""

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
    Slot,
)
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from app.domain.ids import SegmentId
from app.ui.kit import Kit
from app.ui.transcript.delegate import TranscriptDelegate
from app.ui.transcript.geometry import RowGeometry
from app.ui.transcript.layout import RowLayout
from app.ui.transcript.lines import Passage, Row
from app.ui.transcript.model import TranscriptModel

EDGE_PX = 24
"""Nearer than this to the end counts as being at the live edge."""
BOTTOM_PX = 72
"""Room below the last row, so that it is not glued to the edge or under the pill."""

Index = QModelIndex | QPersistentModelIndex


class RowsView(QListView):
    """Where rows stand, which of them are selected, and how far the list is scrolled."""

    def __init__(self, kit: Kit, *, is_live: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_live = is_live
        self._is_following = is_live
        self._is_own_scroll = False
        self._geometry = RowGeometry()
        self._layouts: list[RowLayout | None] = []
        self._width = 0
        self._has_several = False
        self._kept: tuple[SegmentId | None, tuple[SegmentId, ...]] = (None, ())
        self.painter = TranscriptDelegate(kit.theme.tokens, self.font(), self)
        self.setItemDelegate(self.painter)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.SingleSelection if is_live else modes.ExtendedSelection)

    # --- Selection ---------------------------------------------------------------------------

    def current_passage(self) -> Passage | None:
        """The first passage of the current row."""
        row = self._row(self.currentIndex())
        return row.lanes[0] if row is not None and row.lanes else None

    def selected_passages(self) -> tuple[Passage, ...]:
        """What is selected, by time; of a single row, its first passage."""
        numbers = sorted(index.row() for index in self.selectionModel().selectedRows())
        if len(numbers) > 1:
            return tuple(lane for n in numbers for lane in self._rows().row(n).lanes)
        passage = self.current_passage()
        return () if passage is None else (passage,)

    def _choose(self, index: QModelIndex) -> None:
        """Select one row, whatever keys are held."""
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().setCurrentIndex(index, flag)

    def selectionChanged(  # noqa: N802
        self, selected: QItemSelection, deselected: QItemSelection
    ) -> None:
        """Several rows are marked; a single one is just where the user is."""
        self._has_several = len(self.selectionModel().selectedRows()) > 1
        super().selectionChanged(selected, deselected)

    @Slot()
    def _keep_selection(self) -> None:
        passage = self.current_passage()
        selected = tuple(one.first.segment_id for one in self.selected_passages())
        self._kept = (passage.first.segment_id if passage is not None else None, selected)

    @Slot()
    def _restore_selection(self) -> None:
        """Select the lines again that were selected before the meeting was read again."""
        current, selected = self._kept
        row = self._rows().row_of(current) if current is not None else None
        if row is None:
            return
        self._choose(self._rows().index(row))
        for one in selected:
            row = self._rows().row_of(one)
            if row is not None:
                flag = QItemSelectionModel.SelectionFlag.Select
                self.selectionModel().select(self._rows().index(row), flag)

    # --- Geometry ----------------------------------------------------------------------------

    def setModel(self, model: TranscriptModel) -> None:  # type: ignore[override]  # noqa: N802
        """Show another transcript."""
        super().setModel(model)
        model.modelAboutToBeReset.connect(self._keep_selection)
        model.modelReset.connect(self._reset_geometry)
        model.modelReset.connect(self._restore_selection)
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

    # --- What QListView asks -----------------------------------------------------------------

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
        """Select the rows that a rectangle touches."""
        box = rect.normalized().translated(0, self.verticalOffset())
        first = self._geometry.row_at(max(0, box.top()))
        last = self._geometry.row_at(min(box.bottom(), self._geometry.total - 1))
        if first is not None and last is not None:
            rows = QItemSelection(self._rows().index(first), self._rows().index(last))
            self.selectionModel().select(rows, command)

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

    def viewportSizeHint(self) -> QSize:  # noqa: N802
        """Whatever there is."""
        return QSize(400, 300)

    # --- Inside ------------------------------------------------------------------------------

    def _rows(self) -> TranscriptModel:
        model = self.model()
        assert isinstance(model, TranscriptModel)
        return model

    def _row(self, index: Index) -> Row | None:
        return self._rows().row(index.row()) if index.isValid() else None
