"""Meetings that are deleted in a moment, unless the user thinks better of it."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.errors import KnownError
from app.domain.ids import MeetingId
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.widgets.banner import Banner, BannerStack

log = logging.getLogger(__name__)

UNDO_S = 20.0
"""Until then nothing is touched, so that a crash loses nothing either."""


class Deletions(QObject):
    """Hides meetings at once and deletes them when the time for undo is over."""

    changed = Signal()
    """What is hidden changed, or a meeting is gone from the library."""
    undone = Signal(object)
    """The id of a meeting that stays after all."""

    def __init__(self, kit: Kit, banners: BannerStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._banners = banners
        self._waiting: dict[MeetingId, tuple[QTimer, Banner]] = {}
        """Meetings of one title share a banner, and its button keeps them all."""
        self._going: set[MeetingId] = set()

    @property
    def hidden(self) -> frozenset[MeetingId]:
        """The meetings that are to be seen no more."""
        return frozenset({*self._waiting, *self._going})

    def delete(self, meeting_id: MeetingId, title: str) -> None:
        """Delete a meeting in `UNDO_S`, with a button to keep it."""
        if meeting_id in self.hidden:
            return
        text = self.tr("“%1” is deleted with its recording.").replace("%1", title)
        banner = self._banners.show_text(
            text, button_text=self.tr("Undo"), pressed=lambda: self._undo(text)
        )
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(round(UNDO_S * 1_000))
        timer.timeout.connect(lambda: self._go(meeting_id))
        self._waiting[meeting_id] = (timer, banner)
        timer.start()
        self.changed.emit()

    def finish(self) -> None:
        """Delete at once what waits: the window closes."""
        for meeting_id in tuple(self._waiting):
            self._end_wait(meeting_id)
            try:
                self._kit.context.library.delete(meeting_id)
            except KnownError as error:  # it is there again at the next start
                log.warning("a meeting could not be deleted: %s", error)

    def _undo(self, text: str) -> None:
        """Keep the meetings that the banner with this text is about."""
        kept = [m for m, (_timer, banner) in self._waiting.items() if banner.text == text]
        for meeting_id in kept:
            self._end_wait(meeting_id)
        self.changed.emit()
        for meeting_id in kept:
            self.undone.emit(meeting_id)

    def _go(self, meeting_id: MeetingId) -> None:
        self._end_wait(meeting_id)
        self._going.add(meeting_id)
        library = self._kit.context.library
        self._kit.tasks.run(
            lambda: library.delete(meeting_id),
            lambda _nothing: self._gone(meeting_id),
            lambda problem: self._failed(meeting_id, problem),
        )

    def _gone(self, meeting_id: MeetingId) -> None:
        self._going.discard(meeting_id)
        self.changed.emit()

    def _failed(self, meeting_id: MeetingId, problem: Problem) -> None:
        self._gone(meeting_id)
        self._kit.show_problem(problem)

    def _end_wait(self, meeting_id: MeetingId) -> None:
        timer, banner = self._waiting.pop(meeting_id)
        timer.stop()
        timer.deleteLater()
        if all(banner is not other for _timer, other in self._waiting.values()):
            banner.close_banner()
