"""Paints the rows of the meeting list."""

from __future__ import annotations

import re

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.domain.meeting import MeetingState, MeetingSummary, SearchHit
from app.ui.library.model import Heading, LibraryModel, facts_of
from app.ui.theme import Theme
from app.ui.times import clock, isolated

HEADING_PX = 34
MEETING_PX = 58
SNIPPET_LINES = 2
_INSET_PX = 8
_PADDING_PX = 11

Index = QModelIndex | QPersistentModelIndex


class LibraryDelegate(QStyledItemDelegate):
    """Headings, meetings with their facts, hits with marked words."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """The height of an entry."""
        entry = index.data(LibraryModel.EntryRole)
        metrics, air = QFontMetrics(option.font), self._theme.air
        if isinstance(entry, Heading):
            height = max(round(HEADING_PX * air), metrics.height() + round(16 * air))
        elif isinstance(entry, SearchHit):
            height = metrics.height() * (SNIPPET_LINES + 1) + round(26 * air)
        else:
            height = max(round(MEETING_PX * air), metrics.height() * 2 + round(22 * air))
        return QSize(200, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one entry."""
        entry = index.data(LibraryModel.EntryRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect
        if isinstance(entry, Heading):
            self._paint_heading(painter, rect, option.font, entry)
        else:
            self._paint_background(painter, option)
            top, side = round(8 * self._theme.air), _INSET_PX + _PADDING_PX
            inner = rect.adjusted(side, top, -side, -6)
            if isinstance(entry, SearchHit):
                self._paint_hit(painter, inner, option.font, entry)
            else:
                self._paint_meeting(painter, inner, option.font, entry)
        painter.restore()

    def _paint_background(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        tokens = self._theme.tokens
        state = option.state
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        has_focus = bool(state & QStyle.StateFlag.State_HasFocus)
        if not (is_selected or is_hovered or has_focus):
            return
        box = QRectF(option.rect).adjusted(_INSET_PX, 2, -_INSET_PX, -2)
        painter.setPen(QColor(tokens.accent) if has_focus else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.selected if is_selected else tokens.hover))
        painter.drawRoundedRect(box, 8, 8)

    def _paint_heading(self, painter: QPainter, rect: QRect, font: QFont, heading: Heading) -> None:
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() - 1.5)
        small.setWeight(QFont.Weight.DemiBold)
        painter.setFont(small)
        painter.setPen(QColor(self._theme.tokens.muted))
        top, side = round(10 * self._theme.air), _INSET_PX + _PADDING_PX
        inner = rect.adjusted(side, top, -side, -4)
        text = QFontMetrics(small).elidedText(
            heading.text, Qt.TextElideMode.ElideRight, inner.width()
        )
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_meeting(
        self, painter: QPainter, rect: QRect, font: QFont, summary: MeetingSummary
    ) -> None:
        tokens = self._theme.tokens
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(bold)
        state_width = self._paint_state(painter, rect, font, summary.meeting.state)
        room = rect.width() - state_width
        title = metrics.elidedText(summary.meeting.title, Qt.TextElideMode.ElideRight, room)
        painter.setFont(bold)
        painter.setPen(QColor(tokens.text))
        painter.drawText(QPointF(rect.left(), rect.top() + metrics.ascent() + 1), isolated(title))
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() - 1)
        small_metrics = QFontMetrics(small)
        facts = small_metrics.elidedText(
            facts_of(summary), Qt.TextElideMode.ElideRight, rect.width()
        )
        painter.setFont(small)
        painter.setPen(QColor(tokens.muted))
        base = rect.top() + metrics.height() + 4 + small_metrics.ascent()
        painter.drawText(QPointF(rect.left(), base), facts)

    def _paint_state(self, painter: QPainter, rect: QRect, font: QFont, state: MeetingState) -> int:
        text, colour = self._state_text(state)
        if not text:
            return 0
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() - 2)
        metrics = QFontMetrics(small)
        width = metrics.horizontalAdvance(text) + 18
        x = rect.right() - width + 4
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(x + 4, rect.top() + 10), 3.5, 3.5)
        painter.setFont(small)
        painter.setPen(QColor(self._theme.tokens.muted))
        top = rect.top() + 10 + metrics.ascent() / 2 - 1
        painter.drawText(QPointF(x + 13, top), text)
        return width + 4

    def _state_text(self, state: MeetingState) -> tuple[str, str]:
        tokens = self._theme.tokens
        return {
            MeetingState.RECORDING: (self.tr("recording"), tokens.record),
            MeetingState.RECORDED: (self.tr("unfinished"), tokens.warning),
            MeetingState.REFINING: (self.tr("refining"), tokens.accent),
            MeetingState.DONE: ("", tokens.muted),
        }[state]

    def _paint_hit(self, painter: QPainter, rect: QRect, font: QFont, hit: SearchHit) -> None:
        tokens = self._theme.tokens
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() - 1)
        metrics = QFontMetrics(small)
        time = clock(hit.span.start_s)
        time_width = metrics.horizontalAdvance(time)
        bold = QFont(small)
        bold.setWeight(QFont.Weight.DemiBold)
        name = QFontMetrics(bold).elidedText(
            hit.speaker, Qt.TextElideMode.ElideRight, rect.width() - time_width - 10
        )
        painter.setFont(bold)
        painter.setPen(QColor(tokens.text))
        base = rect.top() + metrics.ascent()
        painter.drawText(QPointF(rect.left(), base), name)
        painter.setFont(small)
        painter.setPen(QColor(tokens.muted))
        painter.drawText(QPointF(rect.right() - time_width, base), time)
        self._paint_snippet(painter, rect.adjusted(0, metrics.height() + 4, 0, 0), small, hit)

    def _paint_snippet(self, painter: QPainter, rect: QRect, font: QFont, hit: SearchHit) -> None:
        text, marks = marked(hit.snippet)
        layout = QTextLayout(text, font)
        layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeading))
        formats = []
        for start, length in marks:
            made = QTextLayout.FormatRange()
            made.start, made.length = start, length
            style = QTextCharFormat()
            style.setBackground(QColor(self._theme.tokens.mark))
            style.setForeground(QColor(self._theme.tokens.text))
            made.format = style
            formats.append(made)
        layout.setFormats(formats)
        layout.beginLayout()
        y = 0.0
        for _ in range(SNIPPET_LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(rect.width())
            line.setPosition(QPointF(0, y))
            y += line.height() + 1
        layout.endLayout()
        painter.setPen(QColor(self._theme.tokens.muted))
        layout.draw(painter, QPointF(rect.topLeft()))


def marked(snippet: str) -> tuple[str, list[tuple[int, int]]]:
    """Take the brackets out of a snippet.

    Returns:
        The plain text, and start and length of what stood in brackets.
    """
    plain, marks = "", []
    for part in re.split(r"(\[[^\[\]]*\])", snippet):
        if part.startswith("[") and part.endswith("]"):
            marks.append((len(plain), len(part) - 2))
            plain += part[1:-1]
        else:
            plain += part
    return plain, marks
