"""Lets a screen reader say what was said: final lines only, a few words behind."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from app.domain.ids import SegmentId
from app.domain.messages import SegmentStatus
from app.services.events import TranscriptChanged
from app.ui.kit import Kit
from app.ui.transcript.lines import line_of

EVERY_MS = 2000
"""Lines of two seconds are said together: a reader that is interrupted says nothing to its end."""
MAX_CHARS = 400
"""About 25 s of a fast voice; of more than that only the end is said."""


class Announcer(QObject):
    """Collects final lines and announces them from time to time, politely; main thread only."""

    def __init__(self, kit: Kit, transcript: QWidget) -> None:
        super().__init__(transcript)
        self._kit = kit
        self._transcript = transcript
        self._known: set[SegmentId] = set()
        self._waiting: list[str] = []
        self._last_label = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.announce)

    def begin(self) -> None:
        """Another meeting begins."""
        self._timer.stop()
        self._known.clear()
        self._waiting.clear()
        self._last_label = ""

    @Slot(object)
    def take(self, change: TranscriptChanged) -> None:
        """Take over what a running meeting says; a line is said once, however often it changes."""
        if not (self._kit.context.settings.window.is_announcing and QAccessible.isActive()):
            return
        speakers = {speaker.track: speaker for speaker in change.speakers}
        for update in change.updates:
            if update.status is not SegmentStatus.FINAL or not update.words:
                continue
            if update.segment_id in self._known:
                continue
            self._known.add(update.segment_id)
            line = line_of(update, speakers, None)
            is_new_voice = line.label != self._last_label
            self._waiting.append(f"{line.label}: {line.text}" if is_new_voice else line.text)
            self._last_label = line.label
        if self._waiting and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def announce(self) -> None:
        """Say what waits."""
        text = " ".join(self._waiting)
        self._waiting.clear()
        if len(text) > MAX_CHARS:
            text = "… " + text[-MAX_CHARS:].partition(" ")[2]
        if text:
            event = QAccessibleAnnouncementEvent(self._transcript, text)
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
            QAccessible.updateAccessibility(event)
