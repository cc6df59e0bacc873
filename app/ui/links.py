"""Opens meetings by link, and hands links out."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from app.domain.errors import Severity
from app.domain.ids import MeetingId
from app.domain.links import link_to
from app.domain.meeting import MeetingSummary
from app.ui.errors import Problem
from app.ui.kit import Kit


class Links(QObject):
    """Looks a meeting up before it is opened: a link may be older than its meeting."""

    found = Signal(object)
    """A `MeetingId` of the library."""
    copied = Signal(str)
    """A sentence: the link is on the clipboard."""

    def __init__(self, kit: Kit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit

    @Slot(object)
    def open(self, meeting_id: MeetingId) -> None:
        """Look a meeting up; `found` follows, or a sentence that it is not here."""

        def look(summaries: tuple[MeetingSummary, ...]) -> None:
            if any(summary.meeting.meeting_id == meeting_id for summary in summaries):
                self.found.emit(meeting_id)
                return
            text = self.tr("The meeting of this link (%1) is not in the library.")
            text = text.replace("%1", meeting_id)
            self._kit.show_problem(Problem(text=text, severity=Severity.WARNING))

        self._kit.tasks.run(self._kit.context.library.list, look)

    def copy(self, meeting_id: MeetingId | None) -> None:
        """Put the link to a meeting on the clipboard."""
        if meeting_id is not None:
            QGuiApplication.clipboard().setText(link_to(meeting_id))
            self.copied.emit(self.tr("The link to this meeting is copied."))
