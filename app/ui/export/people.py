"""A button that chooses whose lines are exported."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.domain.ids import TrackId
from app.domain.speakers import MeetingSpeaker
from app.ui.keytips import offer_in
from app.ui.tab_order import move_focus
from app.ui.theme import Theme
from app.ui.widgets.check import Check

WIDTH_PX = 310
HIGHEST_PX = 320


class PeopleField(QPushButton):
    """Everybody unless somebody is ticked; hidden where nobody can be told apart."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ticked: set[TrackId] = set()
        self._speakers: tuple[MeetingSpeaker, ...] = ()
        self.setAccessibleDescription(self.tr("Choose whose lines are written"))
        self.setToolTip(self.accessibleDescription())
        self.clicked.connect(self.open_list)
        self._show_choice()
        self.hide()

    @property
    def tracks(self) -> frozenset[TrackId] | None:
        """The voices that are chosen; None for everybody."""
        return frozenset(self._ticked) or None

    def set_speakers(self, speakers: Sequence[MeetingSpeaker]) -> None:
        """Offer the voices of a meeting."""
        self._speakers = tuple(speakers)
        self.setVisible(len(self._speakers) > 1)

    @Slot()
    def open_list(self) -> None:
        """Show a box to tick per voice."""
        panel = PeoplePanel(self._theme, self._speakers, frozenset(self._ticked), self)
        panel.ticked.connect(self._tick)
        panel.open_below(self)

    @Slot(object, bool)
    def _tick(self, track: TrackId, is_on: bool) -> None:
        if is_on:
            self._ticked.add(track)
        else:
            self._ticked.discard(track)
        self._show_choice()
        self.changed.emit()

    def _show_choice(self) -> None:
        names = [speaker.label for speaker in self._speakers if speaker.track in self._ticked]
        if not names:
            text = self.tr("Everybody")
        elif len(names) == 1:
            text = self.tr("Only %1").replace("%1", self._short(names[0]))
        else:
            text = self.tr("Only %1 people").replace("%1", str(len(names)))
        self.setText(text)
        self.setAccessibleName(self.tr("People: %1").replace("%1", text))

    def _short(self, name: str) -> str:
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, 110)


class PeoplePanel(QFrame):
    """A popup with a box per voice; nobody ticked means everybody."""

    ticked = Signal(object, bool)
    """A `TrackId`, and whether it is ticked."""

    def __init__(
        self,
        theme: Theme,
        speakers: Sequence[MeetingSpeaker],
        ticked: frozenset[TrackId],
        parent: QWidget,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("kind", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(WIDTH_PX)
        heading = QLabel(self.tr("Only what these people say"), self)
        heading.setProperty("kind", "heading")
        heading.setWordWrap(True)
        about = QLabel(self.tr("Tick nobody for everybody."), self)
        about.setProperty("kind", "muted")
        inner = QWidget(self)
        rows = QVBoxLayout(inner)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        self.boxes: dict[TrackId, Check] = {}
        for speaker in speakers:
            box = Check(theme, speaker.label, inner)
            box.setAccessibleDescription(self.tr("Write what this person says"))
            box.setToolTip(speaker.label)
            box.setChecked(speaker.track in ticked)
            box.toggled.connect(lambda is_on, one=speaker.track: self.ticked.emit(one, is_on))
            rows.addWidget(box)
            self.boxes[speaker.track] = box
        area = QScrollArea(self)
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFixedHeight(min(HIGHEST_PX, inner.sizeHint().height() + 2))
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(about)
        column.addWidget(area)

    def open_below(self, button: QWidget) -> None:
        """Show the panel at the right edge of a button."""
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width() - self.width(), button.height() + 6))
        self.move(corner)
        self.show()
        offer_in(self)
        first = next(iter(self.boxes.values()), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.PopupFocusReason)

    def focusNextPrevChild(self, is_next: bool) -> bool:  # noqa: N802
        """Go on as the layouts order the controls."""
        return move_focus(self, is_next=is_next)
