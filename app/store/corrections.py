"""The user's corrections: a log that can be walked back and forth.

Each entry holds the values before and after, so that undo and redo write one or the other. Undone
entries are always the newest ones; a new correction drops them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from app.domain.errors import BugError, KnownError
from app.domain.ids import MeetingId, SegmentId, TrackId
from app.domain.ports import Correction
from app.domain.selection import LineSelection
from app.domain.transcript import join_words
from app.store import segments, splitting, tracks
from app.store.retiming import retime
from app.store.search import clean
from app.store.segments import Edit
from app.store.tables import CorrectionRow, SegmentRow, TrackRow


class Kind(StrEnum):
    """What a correction changes."""

    RENAME_TRACK = "rename-track"
    ASSIGN_SEGMENT = "assign-segment"
    EDIT_TEXT = "edit-text"
    MERGE_TRACKS = "merge-tracks"
    CUT_LINE = "cut-line"
    GIVE_LINES = "give-lines"
    EDIT_LINES = "edit-lines"
    """Several of the others, as one."""


_Step = tuple[Kind, Mapping[str, Any], Mapping[str, Any]]
"""One change with the values before and after."""


def rename_track(
    session: Session, meeting_id: MeetingId, track: TrackId, name: str, *, now: datetime
) -> None:
    """Name a voice; an empty name gives "Speaker 1" back. A merged-away voice names its root.

    Raises:
        KnownError: The meeting has no such voice.
    """
    row = tracks.known_root(tracks.track_rows(session, meeting_id), track)
    new_name = clean(name) or None
    if row.is_named_by_user and row.user_name == new_name:
        return
    before, after = _naming(row, new_name)
    _record(session, meeting_id, Kind.RENAME_TRACK, before, after, now=now)


def give_lines(
    session: Session,
    meeting_id: MeetingId,
    lines: Sequence[LineSelection],
    track: TrackId | None,
    name: str | None,
    *,
    now: datetime,
) -> TrackId:
    """Give lines, or words of them, to a voice or to a new one (None), in one correction.

    Args:
        name: Of a new voice; a voice that exists keeps its own.

    Returns:
        The voice.

    Raises:
        KnownError: Nothing is selected, or the meeting has no such line, words or voice.
    """
    rows = [_visible_row(session, meeting_id, line.segment_id) for line in lines]
    if not rows:
        raise KnownError("No line is selected; nothing was changed.")
    for row, line in zip(rows, lines, strict=True):
        first, last = line.bounds(row.word_count)
        if first >= last:
            raise KnownError("The line has no such words; nothing was changed.")
    known = tracks.track_rows(session, meeting_id)
    is_new = track is None
    if track is None:
        target = tracks.make_track(session, meeting_id)
    else:
        target = TrackId(tracks.known_root(known, track).track_id)
    steps: list[_Step] = []
    for row, line in zip(rows, lines, strict=True):
        chosen = _isolated(session, meeting_id, row, line, steps)
        if chosen.assigned_track != target:
            before = {"segment": chosen.segment_id, "track": chosen.assigned_track}
            after = {"segment": chosen.segment_id, "track": target}
            steps.append(_done(session, meeting_id, Kind.ASSIGN_SEGMENT, before, after))
    new_name = clean(name or "") or None
    if is_new and new_name is not None:
        made = _track_row(session, meeting_id, target)
        steps.append(_done(session, meeting_id, Kind.RENAME_TRACK, *_naming(made, new_name)))
    _log_steps(session, meeting_id, Kind.GIVE_LINES, steps, now=now)
    return target


def edit_text(
    session: Session, meeting_id: MeetingId, segment_id: SegmentId, text: str, *, now: datetime
) -> None:
    """Rewrite a segment; an empty text takes the line out.

    Raises:
        KnownError: The meeting has no such segment.
    """
    planned = _plan_edit(session, meeting_id, segment_id, text)
    if planned is not None:
        _record(session, meeting_id, Kind.EDIT_TEXT, *planned, now=now)


def edit_texts(
    session: Session, meeting_id: MeetingId, texts: Mapping[SegmentId, str], *, now: datetime
) -> None:
    """Rewrite segments in one correction; an empty text takes a line out.

    Raises:
        KnownError: The meeting lacks one of the segments.
    """
    steps = []
    for segment_id, text in texts.items():
        planned = _plan_edit(session, meeting_id, segment_id, text)
        if planned is not None:
            steps.append(_done(session, meeting_id, Kind.EDIT_TEXT, *planned))
    _log_steps(session, meeting_id, Kind.EDIT_LINES, steps, now=now)


def _plan_edit(
    session: Session, meeting_id: MeetingId, segment_id: SegmentId, text: str
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The values before and after; None when the text is as it was."""
    row = _visible_row(session, meeting_id, segment_id)
    shown = segments.visible_update(session, row, {})
    old = segments.edit_of(session, row)
    new_text = clean(text)
    old_text = old.text if old else join_words(shown.words, row.language)
    if new_text == old_text:
        return None
    words = retime(shown.words, new_text, shown.span, row.language)
    span = shown.span
    for word in words:
        span = span.hull(word.span)
    edit = Edit(text=new_text, span=span, words=words)
    before = {"segment": segment_id, "text": old_text, "edit": old.to_record() if old else None}
    after = {"segment": segment_id, "text": new_text, "edit": edit.to_record()}
    return before, after


def merge_tracks(
    session: Session, meeting_id: MeetingId, source: TrackId, into: TrackId, *, now: datetime
) -> None:
    """Say that two voices are one; what later names `source` lands on `into`.

    Raises:
        KnownError: The meeting has no such voice.
    """
    known = tracks.track_rows(session, meeting_id)
    source_row = tracks.known_root(known, source)
    into_row = tracks.known_root(known, into)
    if source_row is into_row:
        return
    before = {"source": source_row.track_id, "into": None}
    after = {"source": source_row.track_id, "into": into_row.track_id}
    _record(session, meeting_id, Kind.MERGE_TRACKS, before, after, now=now)


def undo(session: Session, meeting_id: MeetingId) -> Correction | None:
    """Take back the newest correction that stands."""
    row = session.scalars(
        _log(meeting_id)
        .where(CorrectionRow.is_undone.is_(False))
        .order_by(CorrectionRow.correction_id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    _write(session, meeting_id, Kind(row.kind), row.before)
    row.is_undone = True
    return to_correction(row)


def redo(session: Session, meeting_id: MeetingId) -> Correction | None:
    """Apply the oldest undone correction again."""
    row = session.scalars(
        _log(meeting_id)
        .where(CorrectionRow.is_undone.is_(True))
        .order_by(CorrectionRow.correction_id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    _write(session, meeting_id, Kind(row.kind), row.after)
    row.is_undone = False
    return to_correction(row)


def log_of(session: Session, meeting_id: MeetingId) -> tuple[Correction, ...]:
    """All corrections of a meeting, oldest first."""
    rows = session.scalars(_log(meeting_id).order_by(CorrectionRow.correction_id))
    return tuple(to_correction(row) for row in rows)


def mark_of(session: Session, meeting_id: MeetingId) -> str:
    """The state of a meeting's log in short; "" when it is empty."""
    newest, count, undone = session.execute(
        select(
            func.max(CorrectionRow.made_at),
            func.count(),
            func.coalesce(func.sum(CorrectionRow.is_undone), 0),
        ).where(CorrectionRow.meeting_id == meeting_id)
    ).one()
    return f"{newest} {count} {undone}" if count else ""


def to_correction(row: CorrectionRow) -> Correction:
    """A row as the domain knows it."""
    return Correction(
        correction_id=row.correction_id,
        made_at=row.made_at,
        kind=row.kind,
        before=row.before,
        after=row.after,
        is_undone=row.is_undone,
    )


def _log(meeting_id: MeetingId) -> Select[CorrectionRow]:
    return select(CorrectionRow).where(CorrectionRow.meeting_id == meeting_id)


def _record(
    session: Session,
    meeting_id: MeetingId,
    kind: Kind,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    _log_entry(session, meeting_id, kind, before, after, now=now)
    _write(session, meeting_id, kind, after)


def _log_steps(
    session: Session, meeting_id: MeetingId, kind: Kind, steps: Sequence[_Step], *, now: datetime
) -> None:
    """Log steps that are done already: one as what it is, several as one of `kind`."""
    if len(steps) == 1:
        _log_entry(session, meeting_id, *steps[0], now=now)
    elif steps:
        before = {"steps": [[step.value, dict(old)] for step, old, _ in reversed(steps)]}
        after = {"steps": [[step.value, dict(new)] for step, _, new in steps]}
        _log_entry(session, meeting_id, kind, before, after, now=now)


def _log_entry(
    session: Session,
    meeting_id: MeetingId,
    kind: Kind,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    session.execute(
        delete(CorrectionRow).where(
            CorrectionRow.meeting_id == meeting_id, CorrectionRow.is_undone.is_(True)
        )
    )
    session.add(
        CorrectionRow(
            meeting_id=meeting_id,
            made_at=now,
            kind=kind.value,
            before=dict(before),
            after=dict(after),
            is_undone=False,
        )
    )


def _naming(row: TrackRow, name: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    before = {"track": row.track_id, "name": row.user_name, "is_named": row.is_named_by_user}
    return before, {"track": row.track_id, "name": name, "is_named": True}


def _done(
    session: Session,
    meeting_id: MeetingId,
    kind: Kind,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> _Step:
    """Make a change and say what it was."""
    _write(session, meeting_id, kind, after)
    return kind, before, after


def _isolated(
    session: Session,
    meeting_id: MeetingId,
    row: SegmentRow,
    line: LineSelection,
    steps: list[_Step],
) -> SegmentRow:
    """The row that holds the selected words and no others; cuts the line where it has to."""
    first, last = line.bounds(row.word_count)
    for at in (last, first):
        if 0 < at < row.word_count:
            before, after = splitting.plan_cut(session, meeting_id, row, at)
            steps.append(_done(session, meeting_id, Kind.CUT_LINE, before, after))
            if at == first:
                return _segment_row(session, meeting_id, after["part"]["segment"])
    return row


def _write(session: Session, meeting_id: MeetingId, kind: Kind, values: Mapping[str, Any]) -> None:
    """Make one side of a correction the state of the tables."""
    match kind:
        case Kind.RENAME_TRACK:
            row = _track_row(session, meeting_id, values["track"])
            row.user_name = values["name"]
            row.is_named_by_user = values["is_named"]
        case Kind.MERGE_TRACKS:
            _track_row(session, meeting_id, values["source"]).merged_into = values["into"]
        case Kind.ASSIGN_SEGMENT:
            _segment_row(session, meeting_id, values["segment"]).assigned_track = values["track"]
        case Kind.EDIT_TEXT:
            edit = Edit.from_record(values["edit"]) if values["edit"] else None
            segments.set_edit(session, _segment_row(session, meeting_id, values["segment"]), edit)
        case Kind.CUT_LINE:
            splitting.write_cut(session, meeting_id, values)
        case Kind.GIVE_LINES | Kind.EDIT_LINES:
            for step, step_values in values["steps"]:
                _write(session, meeting_id, Kind(step), step_values)
    session.flush()


def _visible_row(session: Session, meeting_id: MeetingId, segment_id: SegmentId) -> SegmentRow:
    row = segments.find_row(session, meeting_id, segment_id)
    if row is None or row.word_count == 0:
        raise KnownError("This line is no longer in the transcript; nothing was changed.")
    return row


def _segment_row(session: Session, meeting_id: MeetingId, segment_id: SegmentId) -> SegmentRow:
    row = segments.find_row(session, meeting_id, segment_id)
    if row is None:
        raise BugError(f"the correction log of {meeting_id} names a segment that is not stored")
    return row


def _track_row(session: Session, meeting_id: MeetingId, track: TrackId) -> TrackRow:
    row = session.get(TrackRow, (meeting_id, track))
    if row is None:
        raise BugError(f"the correction log of {meeting_id} names a voice that is not stored")
    return row
