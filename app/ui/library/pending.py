"""Meetings whose audio is complete but whose transcript is not: offers to finish them."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Signal

from app.domain.meeting import Meeting
from app.ui.kit import Kit
from app.ui.times import length
from app.ui.widgets.banner import Banner, BannerStack


class PendingMeetings(QObject):
    """Looks once at start; finishes one meeting after the other when the user says so."""

    finished = Signal()
    completed = Signal(str)
    """A sentence: every transcript was made."""

    def __init__(self, kit: Kit, banners: BannerStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._banners = banners
        self._meetings: tuple[Meeting, ...] = ()
        self._banner: Banner | None = None

    def check(self) -> None:
        """Look for unfinished meetings in the background."""
        self._kit.tasks.run(self._kit.context.transcribing.pending, self._offer)

    def _offer(self, meetings: tuple[Meeting, ...]) -> None:
        if not meetings:
            return
        self._meetings = meetings
        self._banner = self._banners.show_text(
            self._text(meetings), button_text=self.tr("Finish now"), pressed=self.finish
        )
        self._banner.closed.connect(self._forget)

    def _text(self, meetings: tuple[Meeting, ...]) -> str:
        if len(meetings) > 1:
            text = self.tr("%1 meetings are recorded, but their transcripts are not finished.")
            return text.replace("%1", str(len(meetings)))
        (meeting,) = meetings
        recovered = {meeting.meeting_id for meeting in self._kit.context.recovered}
        if meeting.meeting_id in recovered:
            text = self.tr("Recovered: %2 of “%1”, not transcribed yet.")
        else:
            text = self.tr("“%1” is recorded, but its transcript is not finished.")
        return text.replace("%2", length(meeting.duration_s)).replace("%1", meeting.title)

    def finish(self) -> None:
        """Make the missing transcripts."""
        if self._banner is not None:
            self._banner.button.hide()
            self._banner.set_text(self.tr("Finishing transcripts in the background…"))
        service, meetings = self._kit.context.transcribing, self._meetings

        def work(cancel: threading.Event) -> None:
            for meeting in meetings:
                service.refine(meeting.meeting_id, lambda _event: None, cancel)

        self._kit.tasks.run_long(work, self._done, ended=self._close)

    def _done(self, _nothing: None) -> None:
        self.completed.emit(self.tr("All transcripts are finished."))

    def _close(self) -> None:
        if self._banner is not None:
            self._banner.close_banner()
        self.finished.emit()

    def _forget(self) -> None:
        self._banner = None
