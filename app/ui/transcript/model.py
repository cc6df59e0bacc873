"""The transcript as a Qt model: rows that change in place while a meeting runs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import islice
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
from app.ui.transcript.lines import (
    Aside,
    Item,
    Line,
    Row,
    build_rows,
    dressed,
    line_of,
    packed,
    span_of,
)

Index = QModelIndex | QPersistentModelIndex
_Key = tuple[int, str, str]


class TranscriptModel(QAbstractListModel):
    """Rows by time; main thread only. `RowRole` gives a `Row`, editing asks for `EditRole`."""

    RowRole = Qt.ItemDataRole.UserRole + 1

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[Item] = []
        """By `_key_of`."""
        self._lines: dict[SegmentId, Line] = {}
        self._retracted: dict[SegmentId, tuple[int, int]] = {}
        """The revision and the user's revision of segments that are not shown any more."""
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
            for segment in transcript.segments:
                edited = transcript.edited_texts.get(segment.segment_id)
                if segment.words or edited is not None:
                    line = line_of(segment, self._speakers, edited)
                    self._lines[segment.segment_id] = line
            asides: list[Item] = [*transcript.gaps, *transcript.holds, *transcript.markers]
            self._items = sorted([*self._lines.values(), *asides], key=_key_of)
            self._rows = build_rows(self._items)
            self._row_starts = _starts(self._rows, 0)
        self.endResetModel()

    def apply(self, change: TranscriptChanged) -> None:
        """Take over what a running meeting says; only rows that differ are touched."""
        touched: list[_Key] = []
        renamed = self._renamed(change.speakers)
        others = [one for one in self._lines.values() if one.track in renamed] if renamed else ()
        touched += [self._put(dressed(line, self._speakers)) for line in others]
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
        after = bisect_right(self._items, key, key=_key_of)
        return max(0, bisect_right(self._row_starts, after - 1) - 1)

    def row_of(self, segment_id: SegmentId) -> int | None:
        """Where a segment stands; None when it is not shown."""
        line = self._lines.get(segment_id)
        if line is None:
            return None
        return bisect_right(self._row_starts, self._place_of(_key_of(line))) - 1

    def lines(self) -> Iterable[Line]:
        """All lines by time."""
        return (item for item in self._items if isinstance(item, Line))

    def newest_lines(self, count: int) -> list[Line]:
        """The last lines by time, `count` at most; as fast after hours as at the start."""
        newest = (item for item in reversed(self._items) if isinstance(item, Line))
        return list(islice(newest, count))[::-1]

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
        self._items, self._lines = [], {}
        self._retracted, self._speakers = {}, {}
        self._rows, self._row_starts = [], []

    def _place_of(self, key: _Key) -> int:
        """Where the item with a key stands, or would stand."""
        return bisect_left(self._items, key, key=_key_of)

    def _put(self, item: Item) -> _Key:
        """Insert an item, in the place of one with its key."""
        key = _key_of(item)
        at = self._place_of(key)
        is_known = at < len(self._items) and _key_of(self._items[at]) == key
        self._items[at : at + is_known] = [item]
        if isinstance(item, Line):
            self._lines[item.segment_id] = item
        return key

    def _take(self, update: SegmentUpdate) -> list[_Key]:
        segment_id = update.segment_id
        known = self._lines.get(segment_id)
        seen = (known.revision, known.user_revision) if known else self._retracted.get(segment_id)
        newest = (update.revision, update.user_revision)
        if seen is not None and newest <= seen:
            return []
        touched = []
        if known is not None:
            del self._lines[segment_id]
            touched.append(_key_of(known))
            del self._items[self._place_of(touched[0])]
        if update.words:
            self._retracted.pop(segment_id, None)
            line = line_of(update, self._speakers)
            touched.append(self._put(packed(line) if line.is_final else line))
        else:
            self._retracted[segment_id] = newest
        return touched

    def _take_aside(self, aside: Aside) -> list[_Key]:
        key = _key_of(aside)
        at = self._place_of(key)
        if at < len(self._items) and self._items[at] == aside:
            return []
        return [self._put(aside)]

    def _renamed(self, speakers: tuple[MeetingSpeaker, ...]) -> set[TrackId]:
        renamed = {s.track for s in speakers if self._speakers.get(s.track) != s}
        if renamed:
            self._speakers = {**self._speakers, **{s.track: s for s in speakers}}
        return renamed

    def _regroup(self, first_key: _Key) -> None:
        """Group again from the last row that the change cannot have made, emit what differs.

        Grouping goes item by item and touches the last row only. A row that is no overlap began
        with its first item; if that lies before the change, everything above it stays.
        """
        changed_at = self._place_of(first_key)
        first = max(0, bisect_left(self._row_starts, changed_at) - 1)
        while first > 0 and self._rows[first].is_overlap:
            first -= 1
        start = self._row_starts[first] if self._rows else 0
        above = self._rows[first - 1] if first > 0 else None
        old = self._rows[first:]
        new = build_rows(self._items[start:], above)
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


def _key_of(item: Item) -> _Key:
    """By what items stand one below the other, and what makes each the same item."""
    match item:
        case Line():
            return (item.span.start, item.stream.value, item.segment_id)
        case TranscriptGap():
            return (item.span.start, f"~{item.stream.value}", item.reason)
        case Hold():
            return (item.start, "~~hold", "")
        case Marker():
            return (item.at, "~~marker", item.note)


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
