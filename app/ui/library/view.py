"""The side of the window: record, search, meetings by date, imports."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.ids import MeetingId
from app.domain.meeting import MeetingSummary, SearchHit
from app.lib.clock import SystemClock
from app.ui.actions import Do
from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.library.delegate import LibraryDelegate
from app.ui.library.dragging import TranscriptDrag
from app.ui.library.filters import Filters
from app.ui.library.imports import ImportCard, ImportJob, ImportQueue, QueueBar
from app.ui.library.model import LibraryModel
from app.ui.parts import mark_part
from app.ui.widgets.search_field import SearchField

SEARCH_DELAY_MS = 90
HITS, FILTERED_HITS = 50, 400
"""Hits asked for; more when a filter will leave some of them out."""
MIN_WIDTH_PX = 260
MAX_MIN_WIDTH_PX = 420
"""Large text widens the list up to here."""
_MENU_ACTIONS = (Do.RENAME_MEETING, Do.EXPORT, Do.COPY_LINK, Do.REFINE, Do.DELETE_MEETING)
_TOOL_ACTIONS = (Do.IMPORT, Do.PEOPLE, Do.SETTINGS)


class LibraryView(QWidget):
    """Shows meetings or hits; says what was chosen."""

    meeting_chosen = Signal(object)
    """A `MeetingId`."""
    refreshed = Signal()
    settled = Signal()
    """The library was read and is listed, or it could not be read."""
    hit_chosen = Signal(object, tuple)
    """A `SearchHit`, and the terms searched for."""

    def __init__(self, kit: Kit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._generation = 0
        self._answered = 0
        self._is_running = False
        self._meetings: tuple[MeetingSummary, ...] = ()
        self._hidden: frozenset[MeetingId] = frozenset()
        self._selected: MeetingId | None = None
        self.setProperty("kind", "sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(MIN_WIDTH_PX)
        self.model = LibraryModel(self)
        self.imports = ImportQueue(kit, self)
        self.imports.added.connect(self._add_card)
        self.imports.changed.connect(self.refresh)
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEARCH_DELAY_MS)
        self._timer.timeout.connect(self._search)
        kit.actions[Do.SEARCH].triggered.connect(self.focus_search)
        kit.theme.changed.connect(self._dress)
        self._dress()

    # --- Building --------------------------------------------------------------------------

    def _build(self) -> None:
        actions = self._kit.actions
        self.record = QPushButton(actions[Do.RECORD].text(), self)
        self.record.setProperty("kind", "record")
        self.record.setAccessibleName(actions[Do.RECORD].text())
        self.record.setToolTip(actions[Do.RECORD].toolTip())
        self.record.clicked.connect(actions[Do.RECORD].trigger)
        self._kit.theme.fit_icon(self.record, 16)
        self.search = SearchField(
            self._kit.theme, self._kit.icons, self.tr("Search all meetings"), self
        )
        self.search.textChanged.connect(self._schedule_search)
        self.search.setAccessibleDescription(self.tr("Finds words in all meetings while you type"))
        self.list = _EntryList(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(LibraryDelegate(self._kit.theme, self.list))
        self.list.setAccessibleName(self.tr("Meetings"))
        self.list.setAccessibleDescription(self.tr("Enter opens a meeting"))
        self.list.opened.connect(self._open)
        mark_part(self, self.list)
        self.drag = TranscriptDrag(self._kit, self.list)
        self.list.dragged.connect(self.drag.start)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.nothing = QLabel(self)
        self.nothing.setProperty("kind", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.nothing.setWordWrap(True)
        self.nothing.setContentsMargins(24, 28, 24, 0)
        self.nothing.hide()
        self.filters = Filters(self._kit.theme, self)
        self.filters.changed.connect(self._filter)
        self.queue_bar = QueueBar(self._kit, self.imports, self)
        self._cards = QVBoxLayout()
        self._cards.setContentsMargins(14, 0, 14, 0)
        self._cards.setSpacing(8)
        self._cards.addWidget(self.queue_bar)
        head = QVBoxLayout()
        head.setContentsMargins(14, 14, 14, 8)
        head.setSpacing(12)
        head.addWidget(self.record)
        head.addWidget(self.search)
        head.addWidget(self.filters)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(self.nothing)
        box.addWidget(self.list, 1)
        box.addLayout(self._cards)
        box.addWidget(self._foot())

    def _foot(self) -> QWidget:
        foot = QFrame(self)
        foot.setProperty("kind", "foot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(4)
        for do in _TOOL_ACTIONS:
            button = QToolButton(foot)
            button.setDefaultAction(self._kit.actions[do])
            button.setProperty("kind", "flat")
            button.setAccessibleName(self._kit.actions[do].text())
            self._kit.theme.fit_icon(button, 20)
            if do is Do.SETTINGS:
                row.addStretch(1)
            row.addWidget(button)
        return foot

    # --- For the window --------------------------------------------------------------------

    @property
    def meetings(self) -> tuple[MeetingSummary, ...]:
        """What the library held at the last look."""
        return self._meetings

    @Slot()
    def refresh(self) -> None:
        """Read the library again."""
        self._kit.tasks.run(self._kit.context.library.list, self._show_meetings, self._complain)

    @Slot()
    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.setVisible(True)
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def show_running(self, *, is_running: bool) -> None:
        """The red button belongs to what is not recording yet."""
        self._is_running = is_running
        text = self.tr("Show recording") if is_running else self.tr("New recording")
        self.record.setText(text)
        self.record.setAccessibleName(text)
        self.record.setProperty("kind", "" if is_running else "record")
        self.record.style().unpolish(self.record)
        self.record.style().polish(self.record)
        self._dress()

    def hide_meetings(self, meeting_ids: frozenset[MeetingId]) -> None:
        """Leave out meetings that are about to be deleted, and read the library again."""
        self._hidden = meeting_ids
        self._show_meetings(self._meetings)
        self.refresh()
        if self.search.text().strip():
            self._search()

    def select(self, meeting_id: MeetingId | None) -> None:
        """Mark the meeting that is open."""
        self._selected = meeting_id
        self._mark_selected()

    # --- Search ----------------------------------------------------------------------------

    @Slot()
    def _schedule_search(self) -> None:
        self._timer.start()

    @property
    def is_answered(self) -> bool:
        """Whether the list shows what the words in the search field found."""
        return self._answered == self._generation

    @Slot()
    def search_now(self) -> None:
        """Search without waiting for more to be typed."""
        self._timer.stop()
        self._search()

    @Slot()
    def _search(self) -> None:
        text = self.search.text().strip()
        self._generation += 1
        if not text:
            self._answered = self._generation
            self._show_list()
            return
        library, generation = self._kit.context.library, self._generation
        limit = FILTERED_HITS if self.filters.is_active else HITS
        self._kit.tasks.run(
            lambda: (generation, library.search(text, limit=limit)),
            self._show_hits,
            self._kit.show_problem,
        )

    def _show_hits(self, found: tuple[int, tuple[SearchHit, ...]]) -> None:
        generation, hits = found
        if generation != self._generation:
            return
        self._answered = generation
        hits = tuple(hit for hit in hits if hit.meeting_id not in self._hidden)
        if self.filters.is_active:
            kept = {summary.meeting.meeting_id for summary in self._listed()}
            hits = tuple(hit for hit in hits if hit.meeting_id in kept)[:HITS]
        self.model.show_hits(hits)
        self._say_nothing("" if hits else self.tr("No meeting holds these words."))

    # --- Meetings --------------------------------------------------------------------------

    def _show_meetings(self, meetings: tuple[MeetingSummary, ...]) -> None:
        self._meetings = tuple(m for m in meetings if m.meeting.meeting_id not in self._hidden)
        self.filters.know(self._meetings)
        self.refreshed.emit()
        if not self.search.text().strip():
            self._show_list()
        self.settled.emit()

    def _complain(self, problem: Problem) -> None:
        self._kit.show_problem(problem)
        self.settled.emit()

    def _show_list(self) -> None:
        listed = self._listed()
        self.model.show_meetings(listed, _today())
        if not self._meetings:
            self._say_nothing(self.tr("Your meetings will be listed here."))
        else:
            self._say_nothing("" if listed else self.tr("No meeting of this person and time."))
        self._mark_selected()

    def _listed(self) -> tuple[MeetingSummary, ...]:
        return self.filters.apply(self._meetings, _today())

    @Slot()
    def _filter(self) -> None:
        self._search()

    def _say_nothing(self, text: str) -> None:
        self.nothing.setText(text)
        self.nothing.setVisible(bool(text))

    def _mark_selected(self) -> None:
        row = self.model.row_of(self._selected) if self._selected is not None else None
        if row is None:
            self.list.clearSelection()
        else:
            self.list.setCurrentIndex(self.model.index(row))

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        entry = index.data(LibraryModel.EntryRole)
        if isinstance(entry, MeetingSummary):
            self.meeting_chosen.emit(entry.meeting.meeting_id)
        elif isinstance(entry, SearchHit):
            terms = tuple(self.search.text().lower().split())
            self.hit_chosen.emit(entry, terms)

    @Slot(QPoint)
    def _show_menu(self, point: QPoint) -> None:
        index = self.list.indexAt(point)
        if not isinstance(index.data(LibraryModel.EntryRole), MeetingSummary):
            return
        self.list.setCurrentIndex(index)
        self._open(index)
        menu = QMenu(self)
        for do in _MENU_ACTIONS:
            menu.addAction(self._kit.actions[do])
        menu.popup(self.list.viewport().mapToGlobal(point))

    # --- Imports ---------------------------------------------------------------------------

    @Slot(object)
    def _add_card(self, job: ImportJob) -> None:
        card = ImportCard(self._kit, job, self)
        self._cards.setContentsMargins(14, 12, 14, 12)
        job.ended.connect(card.deleteLater)
        self._cards.addWidget(card)

    @Slot()
    def _dress(self) -> None:
        width = min(round(MIN_WIDTH_PX * self._kit.theme.scale), MAX_MIN_WIDTH_PX)
        self.setMinimumWidth(width)
        self.record.setMinimumHeight(self.record.fontMetrics().height() + 16)
        tokens = self._kit.theme.tokens
        colour = tokens.record if self._is_running else tokens.on_record
        self.record.setIcon(self._kit.icons.icon("record", colour))


def _today() -> date:
    return SystemClock().now().astimezone().date()


class _EntryList(QListView):
    """Opens on click and on Enter; arrow keys pass headings by; meetings can be dragged out."""

    opened = Signal(QModelIndex)
    dragged = Signal(object)
    """A `MeetingSummary`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.clicked.connect(self.opened)

    def startDrag(self, supported: Qt.DropAction) -> None:  # noqa: N802
        """Say what is dragged; the drag begins when there is a file to carry."""
        entry = self.currentIndex().data(LibraryModel.EntryRole)
        if isinstance(entry, MeetingSummary):
            self.dragged.emit(entry)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter opens."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.currentIndex())
            return
        super().keyPressEvent(event)
