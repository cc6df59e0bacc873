"""Lines of a transcript under way to a person, or as text to another program."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QDrag, QFont, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from app.domain.ids import SegmentId
from app.ui.tokens import Tokens
from app.ui.transcript.lines import Passage

LINES_MIME = "application/x-crosstalk-lines"
_SCALE = 2
"""The label is drawn for screens of up to two device pixels per pixel."""
_LONGEST_PX = 260


def packed(passages: Sequence[Passage]) -> QMimeData:
    """The lines by id for this window, and their text for every other one."""
    data = QMimeData()
    ids = [line.segment_id for passage in passages for line in passage.lines]
    data.setData(LINES_MIME, "\n".join(ids).encode())
    data.setText("\n".join(f"{one.first.label}: {one.text}" for one in passages))
    return data


def unpacked(data: QMimeData) -> tuple[SegmentId, ...]:
    """The lines that are dragged; () when something else is."""
    if not data.hasFormat(LINES_MIME):
        return ()
    text = bytes(data.data(LINES_MIME).data()).decode()
    return tuple(SegmentId(one) for one in text.split("\n") if one)


def carry(source: QWidget, passages: Sequence[Passage], label: str, tokens: Tokens) -> None:
    """Let the user drag passages; returns when they are dropped or let go of.

    Args:
        label: What is shown beside the pointer.
    """
    drag = QDrag(source)
    drag.setMimeData(packed(passages))
    drag.setPixmap(_picture(label, source.font(), tokens))
    drag.setHotSpot(QPoint(-12, -8))
    drag.exec(Qt.DropAction.CopyAction)


def _picture(label: str, font: QFont, tokens: Tokens) -> QPixmap:
    metrics = QFontMetrics(font)
    text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, _LONGEST_PX)
    width, height = metrics.horizontalAdvance(text) + 24, metrics.height() + 12
    pixmap = QPixmap(width * _SCALE, height * _SCALE)
    pixmap.setDevicePixelRatio(_SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.accent))
    box = QRectF(0, 0, width, height)
    painter.drawRoundedRect(box, 8, 8)
    painter.setFont(font)
    painter.setPen(QColor(tokens.on_accent))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return pixmap
