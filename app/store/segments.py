"""Segment and word rows ↔ `SegmentUpdate`: what the machine said and what the user sees."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.messages import CorrectionReason, SegmentStatus, SegmentUpdate, Word
from app.domain.transcript import join_words
from app.domain.units import Span
from app.store.db import driver_connection
from app.store.search import indexed_form
from app.store.tables import SegmentRevisionRow, SegmentRow, WordRow

_MAX_VARIABLES = 500
"""Values in one IN list; SQLite before 3.32 takes 999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The text of a segment as the user rewrote it, with its words in time.

    Attributes:
        text: "" when the user took the line out.
    """

    text: str
    span: Span
    words: tuple[Word, ...]

    def to_record(self) -> dict[str, Any]:
        """As JSON-ready values, for the correction log."""
        return {
            "text": self.text,
            "start": self.span.start,
            "end": self.span.end,
            "words": [[w.text, w.span.start, w.span.end, w.probability] for w in self.words],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Edit:
        """The inverse of `to_record`."""
        return cls(
            text=record["text"],
            span=Span(record["start"], record["end"]),
            words=tuple(
                Word(text=text, span=Span(start, end), probability=probability)
                for text, start, end, probability in record["words"]
            ),
        )


class StoredSegment(NamedTuple):
    """What a visible segment is made of; the columns of `app.store.tables.SegmentRow`.

    A meeting of three hours has thousands: mapped objects would take several times as long.
    """

    segment_key: int
    segment_id: str
    revision: int
    status: str
    stream: str
    start_sample: int
    end_sample: int
    track: str | None
    speaker_confidence: float | None
    language: str | None
    has_overlap: bool
    reason: str | None
    edited_text: str | None
    edited_start: int | None
    edited_end: int | None
    assigned_track: str | None
    alternatives: Sequence[Sequence[Any]]


AnySegment = SegmentRow | StoredSegment


def find_row(session: Session, meeting_id: MeetingId, segment_id: SegmentId) -> SegmentRow | None:
    """The row of one segment, retracted ones included."""
    return session.scalars(
        select(SegmentRow).where(
            SegmentRow.meeting_id == meeting_id, SegmentRow.segment_id == segment_id
        )
    ).one_or_none()


def find_rows(
    session: Session, meeting_id: MeetingId, segment_ids: Iterable[SegmentId]
) -> dict[SegmentId, SegmentRow]:
    """The rows of those segments that are stored."""
    wanted = list(segment_ids)
    rows: dict[SegmentId, SegmentRow] = {}
    for start in range(0, len(wanted), _MAX_VARIABLES):
        chunk = wanted[start : start + _MAX_VARIABLES]
        found = session.scalars(
            select(SegmentRow).where(
                SegmentRow.meeting_id == meeting_id, SegmentRow.segment_id.in_(chunk)
            )
        )
        rows.update((SegmentId(row.segment_id), row) for row in found)
    return rows


def take_update(
    session: Session, meeting_id: MeetingId, row: SegmentRow | None, update: SegmentUpdate
) -> SegmentRow:
    """Take over what the machine says about one segment; what the user said stays as it is.

    The words wait for `replace_machine_words`, so that a long patch writes them all at once.

    Args:
        row: The segment's row; None makes one.
    """
    if row is None:
        row = SegmentRow(meeting_id=meeting_id, segment_id=update.segment_id)
        session.add(row)
    row.revision = update.revision
    row.status = update.status.value
    row.stream = update.stream.value
    row.start_sample = update.span.start
    row.end_sample = update.span.end
    row.track = update.track
    row.speaker_confidence = update.speaker_confidence
    row.language = update.language
    row.has_overlap = update.has_overlap
    row.reason = update.reason.value if update.reason else None
    row.alternatives = [list(alternative) for alternative in update.alternatives]
    if row.edited_text is None:
        row.search_text = indexed_form(join_words(update.words, update.language))
        row.word_count = len(update.words)
    return row


def replace_machine_words(session: Session, words_by_key: Mapping[int, Sequence[Word]]) -> None:
    """Make these the words that the machine heard, per segment key."""
    keys = list(words_by_key)
    for start in range(0, len(keys), _MAX_VARIABLES):
        chunk = keys[start : start + _MAX_VARIABLES]
        session.execute(
            delete(WordRow).where(WordRow.segment_key.in_(chunk), WordRow.is_edited.is_(False))
        )
    _insert_words(session, words_by_key, is_edited=False)


def remember_revisions(
    session: Session, records: Sequence[tuple[int, SegmentUpdate]], stored_at: datetime
) -> None:
    """Add (segment key, update) pairs to the history; revisions that are there already stay."""
    if not records:
        return
    session.execute(
        sqlite.insert(SegmentRevisionRow).on_conflict_do_nothing(),
        [
            {
                "segment_key": segment_key,
                "revision": update.revision,
                "track": update.track,
                "text": join_words(update.words, update.language),
                "reason": update.reason.value if update.reason else None,
                "stored_at": stored_at,
            }
            for segment_key, update in records
        ],
    )


def set_edit(session: Session, row: SegmentRow, edit: Edit | None) -> None:
    """Make `edit` what the user sees of a segment; None shows again what the machine says."""
    session.execute(
        delete(WordRow).where(WordRow.segment_key == row.segment_key, WordRow.is_edited)
    )
    if edit is None:
        words = machine_words(session, row)
        row.edited_text = row.edited_start = row.edited_end = None
        row.search_text = indexed_form(join_words(words, row.language))
        row.word_count = len(words)
    else:
        row.edited_text = edit.text
        row.edited_start = edit.span.start
        row.edited_end = edit.span.end
        row.search_text = indexed_form(edit.text)
        row.word_count = len(edit.words)
        _insert_words(session, {row.segment_key: edit.words}, is_edited=True)
    session.flush()


def edit_of(session: Session, row: SegmentRow) -> Edit | None:
    """What the user made of a segment's text; None if nothing."""
    if row.edited_text is None:
        return None
    return Edit(text=row.edited_text, span=span_of(row), words=_words(session, row, is_edited=True))


def machine_words(session: Session, row: SegmentRow) -> tuple[Word, ...]:
    """The words that the machine heard in a segment."""
    return _words(session, row, is_edited=False)


def visible_update(
    session: Session, row: SegmentRow, roots: Mapping[TrackId, TrackId]
) -> SegmentUpdate:
    """One segment as the user sees it; see `to_update`."""
    return to_update(row, _words(session, row, is_edited=row.edited_text is not None), roots)


def visible_segments(session: Session, meeting_id: MeetingId) -> list[StoredSegment]:
    """A meeting's visible segments, in no particular order."""
    found = driver_connection(session.connection()).execute(
        "SELECT segment_key, segment_id, revision, status, stream, start_sample, end_sample, "
        "track, speaker_confidence, language, has_overlap, reason, edited_text, edited_start, "
        "edited_end, assigned_track, alternatives FROM segments "
        "WHERE meeting_id = ? AND word_count > 0",
        (meeting_id,),
    )
    return [
        StoredSegment._make([*values, () if alternatives == "[]" else json.loads(alternatives)])
        for *values, alternatives in found
    ]


def visible_words(session: Session, meeting_id: MeetingId) -> dict[int, list[Word]]:
    """Per segment key, the words that the user sees, in order; for a whole meeting at once."""
    found = driver_connection(session.connection()).execute(
        "SELECT words.segment_key, words.text, words.start_sample, words.end_sample, "
        "words.probability FROM segments JOIN words ON words.segment_key = segments.segment_key "
        "AND words.is_edited = (segments.edited_text IS NOT NULL) "
        "WHERE segments.meeting_id = ? ORDER BY segments.segment_id, words.position",
        (meeting_id,),
    )
    words: dict[int, list[Word]] = {}
    for segment_key, text, start, end, probability in found.fetchall():
        words.setdefault(segment_key, []).append(
            Word(text=text, span=Span(start, end), probability=probability)
        )
    return words


def to_update(
    row: AnySegment, words: Sequence[Word], roots: Mapping[TrackId, TrackId]
) -> SegmentUpdate:
    """A segment as the user sees it.

    Args:
        words: Its visible words.
        roots: Per merged-away voice, the voice that stands for it.

    Returns:
        The newest machine revision with the user's text and speaker over it; the reason is USER
        where there are any.
    """
    track = effective_track(row, roots)
    is_assigned = row.assigned_track is not None
    is_corrected = is_assigned or row.edited_text is not None
    reason = CorrectionReason.USER if is_corrected else row.reason
    return SegmentUpdate(
        segment_id=SegmentId(row.segment_id),
        revision=row.revision,
        stream=StreamId(row.stream),
        span=span_of(row),
        track=track,
        words=tuple(words),
        status=SegmentStatus(row.status),
        committed=len(words),
        speaker_confidence=None if is_assigned else row.speaker_confidence,
        language=row.language,
        has_overlap=bool(row.has_overlap),
        reason=CorrectionReason(reason) if reason else None,
        alternatives=tuple((text, score) for text, score in row.alternatives),
    )


def effective_track(row: AnySegment, roots: Mapping[TrackId, TrackId]) -> TrackId | None:
    """The voice that the user sees: the assigned one first, merged voices followed."""
    own = row.assigned_track or row.track
    if own is None:
        return None
    track = TrackId(sys.intern(own))  # thousands of segments share it
    return roots.get(track, track)


def span_of(row: AnySegment) -> Span:
    """Where a segment lies as the user sees it."""
    if row.edited_start is not None and row.edited_end is not None:
        return Span(row.edited_start, row.edited_end)
    return Span(row.start_sample, row.end_sample)


def _words(session: Session, row: SegmentRow, *, is_edited: bool) -> tuple[Word, ...]:
    found = session.execute(
        select(WordRow.text, WordRow.start_sample, WordRow.end_sample, WordRow.probability)
        .where(WordRow.segment_key == row.segment_key, WordRow.is_edited == is_edited)
        .order_by(WordRow.position)
    )
    return tuple(
        Word(text=text, span=Span(start, end), probability=probability)
        for text, start, end, probability in found
    )


def _insert_words(
    session: Session, words_by_key: Mapping[int, Sequence[Word]], *, is_edited: bool
) -> None:
    rows = [
        {
            "segment_key": segment_key,
            "is_edited": is_edited,
            "position": position,
            "text": word.text,
            "start_sample": word.span.start,
            "end_sample": word.span.end,
            "probability": word.probability,
        }
        for segment_key, words in words_by_key.items()
        for position, word in enumerate(words)
    ]
    if rows:
        session.execute(insert(WordRow), rows)
