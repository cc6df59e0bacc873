"""The transcript as a Qt model: rows that change in place while a meeting runs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.meeting import MeetingTranscript
from app.domain.messages import NOT_RECORDED, SegmentUpdate, TranscriptGap
from app.domain.speakers import MeetingSpeaker
from app.domain.units import SESSION_RATE_HZ, to_seconds
from app.services.events import TranscriptChanged
from app.ui.times import clock
from app.ui.transcript.lines import Aside, Item, Line, Row, build_rows, line_of, span_of

Index = QModelIndex | QPersistentModelIndex
_Key = tuple[int, str, str]


class TranscriptModel(QAbstractListModel):
    """Rows by time; main thread only. `RowRole` gives a `Row`, editing asks for `EditRole`."""

    RowRole = Qt.ItemDataRole.UserRole + 1

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keys: list[_Key] = []
        self._items: dict[_Key, Item] = {}
        self._key_of: dict[SegmentId, _Key] = {}
        self._segments: dict[SegmentId, SegmentUpdate] = {}
        self._edited: dict[SegmentId, str] = {}
        self._speakers: dict[TrackId, MeetingSpeaker] = {}
        self._rows: list[Row] = []
        self._row_starts: list[int] = []

    # --- Filling ---------------------------------------------------------------------------

    def load(self, transcript: MeetingTranscript | None) -> None:
        """Show a stored transcript; None empties the model."""
        self.beginResetModel()
        self._forget()
        if transcript is not None:
            self._speakers = {speaker.track: speaker for speaker in transcript.speakers}
            self._edited = dict(transcript.edited_texts)
            for segment in transcript.segments:
                if segment.words or segment.segment_id in self._edited:
                    self._put(segment)
            asides: list[Aside] = [*transcript.gaps, *transcript.holds, *transcript.markers]
            for aside in asides:
                self._items[_aside_key(aside)] = aside
            self._keys = sorted(self._items)
            self._rows = build_rows([self._items[key] for key in self._keys])
            self._row_starts = _starts(self._rows, 0)
        self.endResetModel()

    def apply(self, change: TranscriptChanged) -> None:
        """Take over what a running meeting says; only rows that differ are touched."""
        touched: list[_Key] = []
        renamed = self._renamed(change.speakers)
        for segment_id in [s for s, known in self._segments.items() if known.track in renamed]:
            segment = self._segments[segment_id]
            self._put(segment)
            touched.append(self._key_of[segment_id])
        for update in change.updates:
            touched.extend(self._take(update))
        for gap in change.gaps:
            touched.extend(self._take_aside(gap))
        if touched:
            self._regroup(min(touched))

    def remark(self, aside: Aside) -> None:
        """Take over a hold or a marker; a hold that ends replaces its beginning."""
        if touched := self._take_aside(aside):
            self._regroup(min(touched))

    # --- Reading ---------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        """Rows at the top level."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself, or its text for screen readers and the clipboard."""
        if not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == self.RowRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.text_of(row)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be chosen and edited in place."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable

    def row(self, number: int) -> Row:
        """One row."""
        return self._rows[number]

    @property
    def speakers(self) -> tuple[MeetingSpeaker, ...]:
        """The voices, in order of first appearance."""
        return tuple(sorted(self._speakers.values(), key=lambda speaker: speaker.index))

    def row_at(self, seconds: float) -> int | None:
        """The last row that starts at or before `seconds`; None when there are no rows."""
        if not self._rows:
            return None
        key = (int(seconds * SESSION_RATE_HZ), "\uffff", "")
        return max(0, bisect_right(self._row_starts, bisect_right(self._keys, key) - 1) - 1)

    def row_of(self, segment_id: SegmentId) -> int | None:
        """Where a segment stands; None when it is not shown."""
        key = self._key_of.get(segment_id)
        if key is None:
            return None
        return bisect_right(self._row_starts, bisect_left(self._keys, key)) - 1

    def lines(self) -> Iterable[Line]:
        """All lines by time."""
        return (item for key in self._keys if isinstance(item := self._items[key], Line))

    @staticmethod
    def text_of(row: Row) -> str:
        """A row as plain text: name, time and words."""
        if row.aside is not None:
            return aside_text(row.aside)
        return "\n".join(
            f"{lane.first.label}, {clock(lane.first.span.start_s)}: {lane.text}"
            for lane in row.lanes
        )

    # --- Inside ----------------------------------------------------------------------------

    def _forget(self) -> None:
        self._keys, self._items, self._key_of = [], {}, {}
        self._segments, self._edited, self._speakers = {}, {}, {}
        self._rows, self._row_starts = [], []

    def _put(self, segment: SegmentUpdate) -> None:
        key = (segment.span.start, segment.stream.value, segment.segment_id)
        self._segments[segment.segment_id] = segment
        self._key_of[segment.segment_id] = key
        edited = self._edited.get(segment.segment_id)
        self._items[key] = line_of(segment, self._speakers, edited)

    def _take(self, update: SegmentUpdate) -> list[_Key]:
        known = self._segments.get(update.segment_id)
        if known is not None and not update.supersedes(known):
            return []
        touched = []
        old_key = self._key_of.pop(update.segment_id, None)
        if old_key is not None:
            del self._items[old_key]
            self._keys.pop(bisect_left(self._keys, old_key))
            touched.append(old_key)
        self._segments[update.segment_id] = update
        if update.words:
            self._put(update)
            key = self._key_of[update.segment_id]
            insort(self._keys, key)
            touched.append(key)
        return touched

    def _take_aside(self, aside: Aside) -> list[_Key]:
        key = _aside_key(aside)
        if self._items.get(key) == aside:
            return []
        if key not in self._items:
            insort(self._keys, key)
        self._items[key] = aside
        return [key]

    def _renamed(self, speakers: tuple[MeetingSpeaker, ...]) -> set[TrackId]:
        renamed = {s.track for s in speakers if self._speakers.get(s.track) != s}
        if renamed:
            self._speakers = {**self._speakers, **{s.track: s for s in speakers}}
        shown = {segment.track for segment in self._segments.values()} if renamed else set()
        return {track for track in renamed if track in shown}

    def _regroup(self, first_key: _Key) -> None:
        """Group again from the last row that the change cannot have made, emit what differs.

        Grouping goes item by item and touches the last row only. A row that is no overlap began
        with its first item; if that lies before the change, everything above it stays.
        """
        changed_at = bisect_left(self._keys, first_key)
        first = max(0, bisect_left(self._row_starts, changed_at) - 1)
        while first > 0 and self._rows[first].is_overlap:
            first -= 1
        start = self._row_starts[first] if self._rows else 0
        above = self._rows[first - 1] if first > 0 else None
        old = self._rows[first:]
        new = build_rows([self._items[key] for key in self._keys[start:]], above)
        head = 0
        while head < min(len(old), len(new)) and old[head] == new[head]:
            head += 1
        tail = 0
        while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        self._replace(first + head, len(old) - head - tail, new[head : len(new) - tail])
        self._row_starts[first:] = _starts(self._rows[first:], start)

    def _replace(self, at: int, old_count: int, new: list[Row]) -> None:
        shared = min(old_count, len(new))
        if shared:
            self._rows[at : at + shared] = new[:shared]
        if old_count > shared:
            self.beginRemoveRows(QModelIndex(), at + shared, at + old_count - 1)
            del self._rows[at + shared : at + old_count]
            self.endRemoveRows()
        elif len(new) > shared:
            self.beginInsertRows(QModelIndex(), at + shared, at + len(new) - 1)
            self._rows[at + shared : at + shared] = new[shared:]
            self.endInsertRows()
        if shared:
            self.dataChanged.emit(self.index(at), self.index(at + shared - 1))


def _starts(rows: list[Row], first: int) -> list[int]:
    """Per row, the position of its first item."""
    starts = []
    for row in rows:
        starts.append(first)
        first += 1 if row.aside is not None else sum(len(lane.lines) for lane in row.lanes)
    return starts


def _aside_key(aside: Aside) -> _Key:
    match aside:
        case TranscriptGap():
            return (aside.span.start, f"~{aside.stream.value}", aside.reason)
        case Hold():
            return (aside.start, "~~hold", "")
        case Marker():
            return (aside.at, "~~marker", aside.note)


def aside_text(aside: Aside) -> str:
    """A remark as people read it, with its time."""
    start = clock(span_of(aside).start_s)
    translate = QCoreApplication.translate
    match aside:
        case TranscriptGap():
            texts = {
                NOT_RECORDED[StreamId.MIC]: translate(
                    "Transcript", "%1: the microphone was not recorded"
                ),
                NOT_RECORDED[StreamId.SYSTEM]: translate(
                    "Transcript", "%1: the system audio was not recorded"
                ),
                NOT_RECORDED[StreamId.MIX]: translate("Transcript", "%1 was not recorded"),
            }
            lost = translate("Transcript", "%1 could not be transcribed; the audio is kept")
            text = texts.get(aside.reason, lost)
            return text.replace("%1", f"{start} - {clock(aside.span.end_s)}")
        case Marker():
            return f"{start}  ⚑  {aside.note}".rstrip()
        case Hold():
            is_pause = aside.reason is HoldReason.PAUSED
            name = (
                translate("Transcript", "paused")
                if is_pause
                else translate("Transcript", "off the record")
            )
            if aside.end is None:
                return f"{start}  {name}"
            return f"{start} - {clock(to_seconds(aside.end))}  {name}"
