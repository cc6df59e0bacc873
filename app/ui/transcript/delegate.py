"""Paints rows of a transcript and edits a line in place; no widget per line."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPen,
    QTextCharFormat,
    QTextLayout,
    QTextLine,
    QTextOption,
)
from PySide6.QtWidgets import QPlainTextEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.domain.ids import SegmentId
from app.ui.times import clock
from app.ui.tokens import Tokens
from app.ui.transcript.layout import AVATAR_PX, GUTTER_PX, Cell, RowLayout, lay_out
from app.ui.transcript.lines import Aside, Line, Passage, Row, distribute
from app.ui.transcript.model import TranscriptModel, aside_text
from app.ui.transcript.shaping import TextShaper
from app.ui.widgets.chip import paint_avatar

_MAX_LAYOUTS = 400

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What lies under a point of a row."""

    passage: Passage
    is_name: bool
    character: int | None

    @property
    def line(self) -> Line:
        """The line under the point; of a name, the first one."""
        return self.passage.line_at(self.character or 0)


@dataclass(slots=True)
class Shown:
    """What changes while the user looks, without the text changing.

    Attributes:
        position_s: Where playback is; None when nothing plays.
        flash: A segment to point out.
        terms: Lower-case beginnings of words to mark.
    """

    position_s: float | None = None
    flash: SegmentId | None = None
    terms: tuple[str, ...] = ()


class TranscriptDelegate(QStyledItemDelegate):
    """Layout, painting, hit-testing and editing of rows; one per view."""

    edited = Signal(dict)
    """The new texts of the segments that a person changed, by id."""

    def __init__(self, tokens: Tokens, font: QFont, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shown = Shown()
        self.editing: SegmentId | None = None
        self._layouts: OrderedDict[tuple[int, int], tuple[Passage, QTextLayout]] = OrderedDict()
        self.dress(tokens, font)

    def dress(self, tokens: Tokens, font: QFont, air: float = 1.0) -> None:
        """Take another theme, font size or density."""
        self._tokens = tokens
        self._air = air
        text_font = QFont(font)
        text_font.setPointSizeF(font.pointSizeF() + 0.5)
        self._name_font = QFont(font)
        self._name_font.setWeight(QFont.Weight.DemiBold)
        self._small_font = QFont(font)
        self._small_font.setPointSizeF(font.pointSizeF() - 1.5)
        self.shaper = TextShaper(text_font)
        self._name_metrics = QFontMetrics(self._name_font)
        self._name_height = self._name_metrics.height() + 4
        self._layouts.clear()

    # --- Layout ----------------------------------------------------------------------------

    def layout_row(self, row: Row, view_width: int) -> RowLayout:
        """Place a row in a view of `view_width` pixels; cheap enough for thousands of rows."""
        return lay_out(row, view_width, self.shaper, self._name_height, air=self._air)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """The height of a row at the option's width."""
        row = index.data(TranscriptModel.RowRole)
        width = max(option.rect.width(), 1)
        return QSize(width, self.layout_row(row, width).height)

    def hit(self, layout: RowLayout, point: QPoint) -> Hit | None:
        """What lies under `point`, relative to the row."""
        for cell in layout.cells:
            name_top = cell.y - (self._name_height if cell.has_name else 0)
            left = cell.x if cell.is_mirrored else cell.x - GUTTER_PX
            box = QRect(left, name_top, cell.width + GUTTER_PX, cell.y + cell.height - name_top)
            if not box.contains(point):
                continue
            is_beside = not cell.x <= point.x() < cell.x + cell.width
            if cell.has_name and (point.y() < cell.y or is_beside):
                reach = GUTTER_PX + self._name_metrics.horizontalAdvance(cell.passage.first.label)
                inward = box.right() - point.x() if cell.is_mirrored else point.x() - box.left()
                is_name = inward <= reach and point.y() < name_top + AVATAR_PX
                return Hit(passage=cell.passage, is_name=is_name, character=None)
            character = self._char(cell, point)
            return Hit(passage=cell.passage, is_name=False, character=character)
        return None

    def _char(self, cell: Cell, point: QPoint) -> int | None:
        number = (point.y() - cell.y) // self.shaper.line_height
        if not 0 <= number < len(cell.breaks) or point.x() < cell.x:
            return None
        line = self._text_layout(cell).lineAt(number)
        drawn = line.naturalTextRect()
        if not drawn.left() - 6 <= point.x() - cell.x <= drawn.right() + 6:
            return None
        return line.xToCursor(point.x() - cell.x, QTextLine.CursorPosition.CursorOnCharacter)

    # --- Painting --------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row into the option's rectangle."""
        row: Row = index.data(TranscriptModel.RowRole)
        self.paint_row(painter, option.rect, row, self.layout_row(row, option.rect.width()))

    def paint_row(self, painter: QPainter, rect: QRect, row: Row, layout: RowLayout) -> None:
        """Paint one row that is laid out already."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.topLeft())
        if row.aside is not None:
            self._paint_aside(painter, rect.width(), row.aside)
        if layout.lanes:
            self._paint_lanes(painter, row, layout)
        for cell in layout.cells:
            self._paint_cell(painter, cell, is_lane=bool(layout.lanes))
        painter.restore()

    def _paint_cell(self, painter: QPainter, cell: Cell, *, is_lane: bool) -> None:
        if cell.has_name:
            self._paint_name(painter, cell, is_lane=is_lane)
        self._paint_text(painter, cell)

    def _paint_name(self, painter: QPainter, cell: Cell, *, is_lane: bool) -> None:
        line, tokens = cell.passage.first, self._tokens
        top = cell.y - self._name_height
        colour = tokens.speaker(line.colour_index)
        beside = cell.x + cell.width + GUTTER_PX - AVATAR_PX
        avatar_x = beside if cell.is_mirrored else cell.x - GUTTER_PX
        avatar = QRectF(avatar_x, top, AVATAR_PX, AVATAR_PX)
        paint_avatar(painter, avatar, line.initials, colour, tokens, is_solid=is_lane)
        has_badge = cell.passage.has_overlap and not is_lane
        time, badge = clock(line.span.start_s), self.tr("overlap") if has_badge else ""
        small = QFontMetrics(self._small_font)
        extra = small.horizontalAdvance(badge) + 26 if badge else 0
        room = cell.width - small.horizontalAdvance(time) - 14 - extra
        name = self._name_metrics.elidedText(line.label, Qt.TextElideMode.ElideRight, room)
        base = top + self._name_metrics.ascent()
        parts = (
            (self._name_metrics.horizontalAdvance(name), name, colour, self._name_font),
            (small.horizontalAdvance(time), time, tokens.muted, self._small_font),
        )
        x = float(cell.x + cell.width if cell.is_mirrored else cell.x)
        for width, text, ink, font in parts:
            painter.setFont(font)
            painter.setPen(QColor(ink))
            painter.drawText(QPointF(x - width if cell.is_mirrored else x, base), text)
            x += -(width + 10) if cell.is_mirrored else width + 10
        if badge:
            self._paint_badge(painter, x - extra + 12 if cell.is_mirrored else x, top, badge)

    def _paint_badge(self, painter: QPainter, x: float, top: float, text: str) -> None:
        small = QFontMetrics(self._small_font)
        height = small.height() + 2
        y = top + (self._name_metrics.height() - height) / 2
        box = QRectF(x, y, small.horizontalAdvance(text) + 14, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._tokens.hover))
        painter.drawRoundedRect(box, height / 2, height / 2)
        painter.setFont(self._small_font)
        painter.setPen(QColor(self._tokens.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_lanes(self, painter: QPainter, row: Row, layout: RowLayout) -> None:
        for lane, (x, y, width, height) in zip(row.lanes, layout.lanes, strict=True):
            colour = self._tokens.speaker(lane.first.colour_index)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._tokens.soft(colour)))
            painter.drawRoundedRect(QRectF(x, y, width, height), 10, 10)
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(x, y + 10, 3, height - 20), 1.5, 1.5)
        x, y, _width, _height = layout.lanes[0]
        self._paint_badge(painter, x, y - self._name_height - 3, self.tr("speaking at once"))

    def _paint_aside(self, painter: QPainter, width: int, aside: Aside) -> None:
        painter.setFont(self._small_font)
        metrics = QFontMetrics(self._small_font)
        box = QRectF(0, 8, width, 28)
        text = metrics.elidedText(aside_text(aside), Qt.TextElideMode.ElideRight, width - 100)
        half = metrics.horizontalAdvance(text) / 2 + 14
        painter.setPen(QPen(QColor(self._tokens.control_line), 1, Qt.PenStyle.DashLine))
        middle = width / 2
        painter.drawLine(QPointF(max(24, middle - 420), 22), QPointF(middle - half, 22))
        painter.drawLine(QPointF(middle + half, 22), QPointF(min(width - 24, middle + 420), 22))
        painter.setPen(QColor(self._tokens.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_text(self, painter: QPainter, cell: Cell) -> None:
        if self._is_edited(cell.passage):
            return
        layout = self._text_layout(cell)
        ranges = self._dynamic_ranges(cell.passage)
        painter.setPen(QColor(self._tokens.text))
        layout.draw(painter, QPointF(cell.x, cell.y), ranges)

    def _dynamic_ranges(self, passage: Passage) -> list[QTextLayout.FormatRange]:
        ranges = []
        pointed = passage.place_of(self.shown.flash) if self.shown.flash is not None else None
        if pointed is not None:
            start, end = pointed
            ranges.append(_format(start, end - start, background=self._tokens.selected))
        lowered = passage.text.lower() if self.shown.terms else ""
        for term in self.shown.terms:
            at = lowered.find(term)
            while at >= 0:
                if at == 0 or not lowered[at - 1].isalnum():
                    ranges.append(_format(at, len(term), background=self._tokens.mark))
                at = lowered.find(term, at + len(term))
        if self.shown.position_s is not None:
            word = passage.range_at(self.shown.position_s)
            if word is not None:
                format_range = _format(word[0], word[1] - word[0], background=self._tokens.accent)
                format_range.format.setForeground(QColor(self._tokens.on_accent))
                ranges.append(format_range)
        return ranges

    def _text_layout(self, cell: Cell) -> QTextLayout:
        passage = cell.passage
        key = (id(passage), cell.width)
        known = self._layouts.get(key)
        if known is not None:
            self._layouts.move_to_end(key)
            return known[1]
        layout = QTextLayout(passage.text, self.shaper.font)
        option = QTextOption()
        if cell.is_mirrored:
            option.setAlignment(Qt.AlignmentFlag.AlignRight)
            option.setTextDirection(Qt.LayoutDirection.RightToLeft)
        option.setWrapMode(QTextOption.WrapMode.WrapAnywhere)
        layout.setTextOption(option)
        layout.setCacheEnabled(True)
        layout.setFormats(self._static_ranges(passage))
        layout.beginLayout()
        pad = (self.shaper.line_height - self.shaper.glyph_height) / 2
        for number, (_start, end) in enumerate(cell.breaks):
            text_line = layout.createLine()
            if not text_line.isValid():
                break
            following = cell.breaks[number + 1][0] if number + 1 < len(cell.breaks) else end
            _end_line(text_line, max(1, following - text_line.textStart()), cell.width)
            text_line.setPosition(QPointF(0, number * self.shaper.line_height + pad))
        layout.endLayout()
        # The passage is kept, so that its id stays its own.
        self._layouts[key] = (passage, layout)
        if len(self._layouts) > _MAX_LAYOUTS:
            self._layouts.popitem(last=False)
        return layout

    def _static_ranges(self, passage: Passage) -> list[QTextLayout.FormatRange]:
        ranges = []
        for line, offset in zip(passage.lines, passage.starts, strict=True):
            if line.solid_chars < len(line.text):
                tail = _format(offset + line.solid_chars, len(line.text) - line.solid_chars)
                tail.format.setForeground(QColor(self._tokens.partial))
                ranges.append(tail)
            if line.is_final:
                ranges += self._doubts(line, offset)
        return ranges

    def _doubts(self, line: Line, offset: int) -> list[QTextLayout.FormatRange]:
        ranges = []
        for word, (start, end) in zip(line.words, line.word_ranges(), strict=True):
            if word.is_doubtful:
                doubt = _format(offset + start, end - start)
                doubt.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
                doubt.format.setUnderlineColor(QColor(self._tokens.muted))
                ranges.append(doubt)
        return ranges

    # --- Editing ---------------------------------------------------------------------------

    def createEditor(  # noqa: N802
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QWidget:
        """A text field over the passage that holds the line named by `editing`."""
        editor = QPlainTextEdit(parent)
        editor.setFont(self.shaper.font)
        editor.setAccessibleName(self.tr("Text of the line"))
        editor.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        editor.document().setDocumentMargin(2)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802
        """Fill in the text as it stands."""
        passage = self._edited_passage(index)
        if isinstance(editor, QPlainTextEdit) and passage is not None:
            if editor.property("filled"):
                return
            editor.setProperty("filled", True)
            editor.setPlainText(passage.text)
            place = passage.place_of(self.editing) if self.editing is not None else None
            cursor = editor.textCursor()
            cursor.setPosition(place[0] if place is not None else 0)
            editor.setTextCursor(cursor)

    def setModelData(  # noqa: N802
        self, editor: QWidget, model: QAbstractItemModel, index: Index
    ) -> None:
        """Report a changed text; the model changes when the library has stored it."""
        passage = self._edited_passage(index)
        if isinstance(editor, QPlainTextEdit) and passage is not None:
            changed = distribute(passage, editor.toPlainText())
            if changed:
                self.edited.emit(changed)

    def updateEditorGeometry(  # noqa: N802
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Lay the field over the line's text."""
        row: Row = index.data(TranscriptModel.RowRole)
        for cell in self.layout_row(row, option.rect.width()).cells:
            if self._is_edited(cell.passage):
                box = QRect(cell.x - 14, cell.y - 10, cell.width + 28, cell.height + 22)
                editor.setGeometry(box.translated(option.rect.topLeft()))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:  # noqa: N802
        """Enter stores, Escape leaves."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if is_enter and isinstance(editor, QPlainTextEdit):
                self.commitData.emit(editor)
                self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)
                return True
        return super().eventFilter(editor, event)

    def _edited_passage(self, index: Index) -> Passage | None:
        row: Row | None = index.data(TranscriptModel.RowRole)
        return row.passage_with(self.editing) if row is not None else None

    def _is_edited(self, passage: Passage) -> bool:
        return self.editing is not None and passage.place_of(self.editing) is not None


def _end_line(line: QTextLine, length: int, width: float) -> None:
    """End a line behind `length` characters; Qt counts a ligature such as "fi" as one column."""
    columns = length
    line.setNumColumns(columns, width)
    while line.textLength() > length and columns > 1:
        columns -= 1
        line.setNumColumns(columns, width)


def _format(start: int, length: int, *, background: str | None = None) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start = start
    made.length = length
    style = QTextCharFormat()
    if background is not None:
        style.setBackground(QColor(background))
    made.format = style
    return made
