"""Meetings by date, or the lines that a search found, as one list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.ids import MeetingId
from app.domain.meeting import MeetingSummary, SearchHit
from app.ui.times import clock, day_heading, facts, length, time_of_day

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Heading:
    """A day, above its meetings."""

    text: str


Entry = Heading | MeetingSummary | SearchHit


class LibraryModel(QAbstractListModel):
    """Headings and meetings, or headings and hits; `EntryRole` gives the entry itself."""

    EntryRole = Qt.ItemDataRole.UserRole + 1

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []

    def show_meetings(self, meetings: tuple[MeetingSummary, ...], today: date) -> None:
        """List meetings, newest first, under their days."""
        entries: list[Entry] = []
        heading = ""
        for summary in meetings:
            day = summary.meeting.started_at.astimezone().date()
            text = day_heading(day, today)
            if text != heading:
                heading = text
                entries.append(Heading(text))
            entries.append(summary)
        self._show(entries)

    def show_hits(self, hits: tuple[SearchHit, ...]) -> None:
        """List found lines under their meetings, best meeting first."""
        by_meeting: dict[MeetingId, list[SearchHit]] = {}
        for hit in hits:
            by_meeting.setdefault(hit.meeting_id, []).append(hit)
        entries: list[Entry] = []
        for group in by_meeting.values():
            entries.append(Heading(group[0].meeting_title))
            entries.extend(group)
        self._show(entries)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """Entries at the top level."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The entry, or its text for screen readers."""
        if not 0 <= index.row() < len(self._entries):
            return None
        entry = self._entries[index.row()]
        if role == self.EntryRole:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return text_of(entry)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen; meetings can be dragged out."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        entry = self.data(index, self.EntryRole)
        if isinstance(entry, Heading):
            return Qt.ItemFlag.ItemIsEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        is_meeting = isinstance(entry, MeetingSummary)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if is_meeting else flags

    def row_of(self, meeting_id: MeetingId) -> int | None:
        """Where a meeting stands in the list of meetings."""
        for row, entry in enumerate(self._entries):
            if isinstance(entry, MeetingSummary) and entry.meeting.meeting_id == meeting_id:
                return row
        return None

    def _show(self, entries: list[Entry]) -> None:
        if entries == self._entries:
            return
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()


def text_of(entry: Entry) -> str:
    """An entry in words."""
    if isinstance(entry, Heading):
        return entry.text
    if isinstance(entry, SearchHit):
        plain = entry.snippet.replace("[", "").replace("]", "")
        return f"{entry.speaker}, {clock(entry.span.start_s)}: {plain}"
    return f"{entry.meeting.title}, {facts_of(entry)}"


def facts_of(summary: MeetingSummary) -> str:
    """When, how long and with whom."""
    meeting = summary.meeting
    started: datetime = meeting.started_at
    names = ", ".join(summary.speakers[:2])
    if len(summary.speakers) > 2:
        names += f" +{len(summary.speakers) - 2}"
    return facts([time_of_day(started), length(meeting.duration_s), names])
