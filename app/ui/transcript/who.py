"""Who is speaking? A small panel to name a voice, or to give a line to somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.ids import MeetingId, SegmentId, TrackId
from app.domain.selection import LineSelection
from app.domain.speakers import MeetingSpeaker, SpeakerProfile
from app.services.library import LibraryService
from app.ui.keytips import offer_in
from app.ui.tab_order import move_focus
from app.ui.widgets.choice import Segments

WIDTH_PX = 330
_ALL, _ONE = "all", "one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the user decided.

    Attributes:
        segment_ids: The lines that are meant; none when all lines of the voice are.
        track: The voice asked about.
        to_track: Another voice of the meeting that was chosen; None when `name` counts.
        name: Typed or chosen name; None for a new voice without a name.
    """

    segment_ids: tuple[SegmentId, ...]
    track: TrackId | None
    to_track: TrackId | None = None
    name: str | None = None


def take_answer(library: LibraryService, meeting_id: MeetingId, answer: Answer) -> None:
    """Make what the user decided a correction of the meeting.

    Raises:
        KnownError: The line or the voice is not there any more.
    """
    if answer.segment_ids:
        lines = [LineSelection(segment_id=segment_id) for segment_id in answer.segment_ids]
        library.give_lines(meeting_id, lines, answer.to_track, name=answer.name)
    elif answer.track is not None:
        if answer.to_track is not None:
            library.merge_tracks(meeting_id, answer.track, answer.to_track)
        elif answer.name:
            library.rename_track(meeting_id, answer.track, answer.name)


class WhoPanel(QFrame):
    """A popup with a name field, known people, and "all lines" or "this line"."""

    answered = Signal(object)

    def __init__(
        self,
        speakers: Sequence[MeetingSpeaker],
        people: Sequence[SpeakerProfile],
        *,
        track: TrackId | None,
        segment_ids: tuple[SegmentId, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("kind", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(WIDTH_PX)
        self._speakers = tuple(speakers)
        self._people = tuple(people)
        self._track = track
        self._segment_ids = segment_ids
        self._own = next((s for s in speakers if s.track == track), None)
        label = self._own.label if self._own else self.tr("this voice")
        heading = QLabel(self.tr("Who is %1?").replace("%1", label), self)
        heading.setProperty("kind", "heading")
        heading.setWordWrap(True)
        self.name = QLineEdit(self)
        self.name.setPlaceholderText(self.tr("Type a name"))
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setAccessibleDescription(
            self.tr("Enter takes the name, arrow down goes to the known people")
        )
        self.name.setText((self._own.name or "") if self._own else "")
        self.name.selectAll()
        self.name.textEdited.connect(self._fill)
        self.name.returnPressed.connect(self._take)
        self.name.installEventFilter(self)
        self.scope = Segments(
            self.tr("Applies to"),
            (
                (_ALL, self.tr("All their lines"), self.tr("Everywhere in this meeting")),
                (_ONE, self.tr("Only here"), self.tr("Their other lines stay as they are")),
            ),
            self,
        )
        self.scope.choose(_ALL if track is not None else _ONE)
        self.scope.chosen.connect(lambda _scope: self._fill())
        self.scope.setVisible(track is not None and bool(segment_ids))
        self.list = QListWidget(self)
        self.list.setProperty("kind", "options")
        self.list.setAccessibleName(self.tr("Known people and voices"))
        self.list.setAccessibleDescription(self.tr("Enter takes the one that is chosen"))
        self.list.itemActivated.connect(self._take_item)
        self.list.itemClicked.connect(self._take_item)
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 16, 18, 16)
        box.setSpacing(10)
        box.addWidget(heading)
        box.addWidget(self.name)
        box.addWidget(self.scope)
        box.addWidget(self.list)
        self._fill()

    def open_at(self, box: QRect) -> None:
        """Show the panel under `box` (global), inside the screen."""
        self.adjustSize()
        at = QPoint(box.left(), box.bottom() + 6)
        screen = QGuiApplication.screenAt(at) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        at.setX(max(room.left() + 8, min(at.x(), room.right() - self.width() - 8)))
        at.setY(max(room.top() + 8, min(at.y(), room.bottom() - self.height() - 8)))
        self.move(at)
        self.show()
        offer_in(self)
        self.name.setFocus(Qt.FocusReason.PopupFocusReason)

    # --- Options ---------------------------------------------------------------------------

    @property
    def _is_one(self) -> bool:
        return self.scope.current == _ONE and bool(self._segment_ids)

    @Slot()
    def _fill(self) -> None:
        typed = self.name.text().strip()
        own_name = self._own.name if self._own else None
        wanted = "" if typed == (own_name or "") else typed.lower()
        self.list.clear()
        for speaker in self._speakers:
            if speaker.track != self._track and wanted in speaker.label.lower():
                verb = (
                    self.tr("%1, in this meeting") if self._is_one else self.tr("Same person as %1")
                )
                self._add(verb.replace("%1", speaker.label), to_track=speaker.track)
        taken = {speaker.label.lower() for speaker in self._speakers}
        for person in self._people:
            if person.name.lower() not in taken and wanted in person.name.lower():
                self._add(person.name, name=person.name)
        if self._is_one:
            self._add(self.tr("Somebody new"))
        rows = min(6, self.list.count())
        self.list.setFixedHeight(rows * max(24, self.list.sizeHintForRow(0)) + 14)
        self.list.setVisible(rows > 0)
        self.adjustSize()

    def _add(self, text: str, *, to_track: TrackId | None = None, name: str | None = None) -> None:
        item = QListWidgetItem(text, self.list)
        item.setData(Qt.ItemDataRole.UserRole, (to_track, name))

    # --- Answers ---------------------------------------------------------------------------

    @Slot()
    def _take(self) -> None:
        typed = " ".join(self.name.text().split())
        if not typed:
            return
        same = next((s for s in self._speakers if s.name and s.name.lower() == typed.lower()), None)
        if same is not None and same.track != self._track:
            self._answer(to_track=same.track)
        elif same is not None and same.name == typed and not self._is_one:
            self.close()
        else:
            self._answer(name=typed)

    @Slot(QListWidgetItem)
    def _take_item(self, item: QListWidgetItem) -> None:
        to_track, name = item.data(Qt.ItemDataRole.UserRole)
        self._answer(to_track=to_track, name=name)

    def _answer(self, *, to_track: TrackId | None = None, name: str | None = None) -> None:
        segment_ids = self._segment_ids if self._is_one else ()
        answer = Answer(segment_ids=segment_ids, track=self._track, to_track=to_track, name=name)
        self.answered.emit(answer)
        self.close()

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802
        """Go on as the layouts order the controls."""
        return move_focus(self, is_next=is_next)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Arrow down goes from the field into the list."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Down
            and self.list.count()
        ):
            self.list.setFocus()
            self.list.setCurrentRow(0)
            return True
        return super().eventFilter(watched, event)
