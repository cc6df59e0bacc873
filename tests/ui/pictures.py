"""What screenshots show, and how a window with its dialogs becomes one picture."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QDialog, QWidget

from app.domain.ids import StreamId
from app.domain.meeting import MeetingTranscript
from app.domain.messages import TranscriptGap
from app.domain.units import Span
from app.ui.window import MainWindow
from tests.fakes import ui_context as fakes
from tests.fakes import ui_meetings as made

LONG_DIALOGUE = made.long_dialogue()


def pictured_meetings() -> list[MeetingTranscript]:
    """A library with a long meeting, long names, and text from right to left."""
    gap = TranscriptGap(stream=StreamId.MIC, span=Span.from_seconds(61.9, 62.5), reason="lost")
    return [
        *fakes.library_meetings(),
        made.transcript(
            made.meeting("long0001", "Annual meeting, day two", age_days=2, duration_s=10_800),
            LONG_DIALOGUE,
            made.LONG_NAMES,
        ),
        made.transcript(
            made.meeting(
                "names001",
                "A title that goes on and on about everything that was said, decided and postponed",
                age_days=0.01,
            ),
            names=made.VERY_LONG_NAMES,
            gaps=(gap,),
        ),
        made.transcript(
            made.meeting("rtl00001", "اجتماع التخطيط", age_days=0.02, duration_s=32),
            made.RTL_DIALOGUE,
            made.RTL_NAMES,
        ),
    ]


def grab(window: MainWindow) -> QPixmap:
    """The window with its open dialogs and panels, as the desktop would show it."""
    picture = window.grab()
    painter = QPainter(picture)
    for child in [*window.findChildren(QWidget), window.captions]:
        if child.isWindow() and child.isVisible() and child is not window:
            if isinstance(child, QDialog):
                painter.fillRect(window.rect(), QColor(0, 0, 0, 90))
                at = window.rect().center() - child.rect().center()
            else:
                # The picture is the screen, and menus stay on the screen.
                at = child.pos() - window.pos() + _shift_of(child, window)
                room = window.size() - child.size() - QSize(2, 2)
                at.setX(min(at.x(), max(0, room.width())))
                at.setY(min(at.y(), max(0, room.height())))
            frame = QRect(at, child.size())
            painter.drawPixmap(frame.topLeft(), child.grab())
            painter.setPen(QColor(128, 128, 128, 120))
            painter.drawRect(frame.adjusted(-1, -1, 0, 0))
    painter.end()
    return picture


def _shift_of(panel: QWidget, window: MainWindow) -> QPoint:
    """How far the dialog that a panel hangs over is painted from where it stands."""
    above = panel.parentWidget()
    dialog = above.window() if above is not None else None
    if not isinstance(dialog, QDialog):
        return QPoint()
    painted = window.rect().center() - dialog.rect().center()
    return painted - (dialog.pos() - window.pos())
