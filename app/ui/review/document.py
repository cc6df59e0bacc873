"""One stored meeting as the review shows it: loads it, sends corrections, loads it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.ids import MeetingId, SegmentId, TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.selection import LineSelection
from app.domain.speakers import SpeakerProfile
from app.services.library import LibraryService
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.transcript.model import TranscriptModel
from app.ui.transcript.who import Answer, take_answer

LEARN_AFTER_MS = 3_000
"""Corrections come in rows; the voices are listened to once, behind the last of them."""


class ReviewDocument(QObject):
    """The meeting that is open; every change goes through the library and comes back from it."""

    loaded = Signal()
    """The model holds the meeting, for the first time or again after a change."""
    library_changed = Signal()

    def __init__(self, kit: Kit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._generation = 0
        self._corrected: MeetingId | None = None
        self.meeting_id: MeetingId | None = None
        self.transcript: MeetingTranscript | None = None
        self.people: tuple[SpeakerProfile, ...] = ()
        self.model = TranscriptModel(self)
        self._learning = QTimer(self)
        self._learning.setSingleShot(True)
        self._learning.setInterval(LEARN_AFTER_MS)
        self._learning.timeout.connect(self._learn)

    def open(self, meeting_id: MeetingId) -> None:
        """Show another meeting; `loaded` follows."""
        if meeting_id != self.meeting_id:
            self.model.load(None)
            self.transcript = None
        self.meeting_id = meeting_id
        self.reload()

    def close(self) -> None:
        """Show nothing, for example because the meeting is deleted."""
        self.meeting_id = None
        self.transcript = None
        self._generation += 1
        self.model.load(None)

    def reload(self) -> None:
        """Read the meeting again."""
        if self.meeting_id is None:
            return
        self._generation += 1
        context, meeting_id, generation = self._kit.context, self.meeting_id, self._generation
        self._kit.tasks.run(
            lambda: (generation, context.library.transcript(meeting_id)), self._show
        )
        self._kit.tasks.run(context.speakers.list, self._know_people, _ignore)

    # --- Corrections -----------------------------------------------------------------------

    def rename(self, title: str) -> None:
        """Change the title."""
        self._change(lambda library, meeting_id: library.rename(meeting_id, title))

    @Slot(object)
    def take_answer(self, answer: Answer) -> None:
        """Do what the user decided about a voice or about lines."""
        self._change(lambda library, meeting_id: take_answer(library, meeting_id, answer))

    def give(self, lines: Sequence[LineSelection], track: TrackId | None) -> None:
        """Give lines, or words of them, to another voice, or to a new one (None)."""
        self._change(lambda library, meeting_id: library.give_lines(meeting_id, lines, track))

    def edit_texts(self, texts: Mapping[SegmentId, str]) -> None:
        """Rewrite lines, undone as one; "" takes one out."""
        self._change(lambda library, meeting_id: library.edit_texts(meeting_id, texts))

    def undo(self) -> None:
        """Take back the newest correction."""
        self._change(lambda library, meeting_id: library.undo(meeting_id))

    def redo(self) -> None:
        """Make the undone correction again."""
        self._change(lambda library, meeting_id: library.redo(meeting_id))

    # --- Inside ----------------------------------------------------------------------------

    def _change(self, change: Callable[[LibraryService, MeetingId], object]) -> None:
        if self.meeting_id is None:
            return
        library, meeting_id = self._kit.context.library, self.meeting_id
        self._kit.tasks.run(lambda: change(library, meeting_id), self._changed, self._refused)

    def _changed(self, _result: object) -> None:
        self.reload()
        self.library_changed.emit()
        self._corrected = self.meeting_id
        self._learning.start()

    @Slot()
    def _learn(self) -> None:
        """Let the corrections teach the voices of enrolled people, once they pause."""
        meeting_id, context = self._corrected, self._kit.context
        if meeting_id is not None:
            self._kit.tasks.run(lambda: context.speakers.learn(meeting_id), None, _ignore)

    def _refused(self, problem: Problem) -> None:
        self._kit.show_problem(problem)
        self.reload()

    def _show(self, found: tuple[int, MeetingTranscript]) -> None:
        generation, transcript = found
        if generation != self._generation:
            return
        self.transcript = transcript
        self.model.load(transcript)
        self.loaded.emit()

    def _know_people(self, people: tuple[SpeakerProfile, ...]) -> None:
        self.people = people


def _ignore(_problem: Problem) -> None:
    """Without the list of people, names are typed in full; what was not learned is no loss."""
