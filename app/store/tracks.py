"""The voices of a meeting: first sight, names, and voices that are one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, TrackId
from app.domain.speakers import MeetingSpeaker, NameSource
from app.store.naming import roots_of
from app.store.tables import SegmentRow, SpeakerRow, TrackRow

_USER_MADE_PREFIX = "U"
"""The engine counts "S1", "S2", ...; a voice that the user makes must never meet one of those."""


def track_rows(session: Session, meeting_id: MeetingId) -> dict[TrackId, TrackRow]:
    """All voices of a meeting, by index."""
    rows = session.scalars(
        select(TrackRow).where(TrackRow.meeting_id == meeting_id).order_by(TrackRow.track_index)
    )
    return {TrackId(row.track_id): row for row in rows}


def ensure_tracks(session: Session, meeting_id: MeetingId, tracks: Iterable[TrackId]) -> None:
    """Make a voice of every track not seen before; `tracks` come in order of appearance."""
    known = set(session.scalars(select(TrackRow.track_id).where(TrackRow.meeting_id == meeting_id)))
    for track in dict.fromkeys(tracks):
        if track not in known:
            _add(session, meeting_id, track, is_made_by_user=False)


def make_track(session: Session, meeting_id: MeetingId) -> TrackId:
    """A voice for the user to give segments to; one that nothing uses any more is taken again."""
    rows = track_rows(session, meeting_id)
    targets = {row.merged_into for row in rows.values()}
    made = [row for row in rows.values() if row.is_made_by_user]
    for row in made:
        is_free = not row.is_named_by_user and row.name is None and row.merged_into is None
        if is_free and row.track_id not in targets and not _is_assigned(session, row):
            return TrackId(row.track_id)
    track = TrackId(f"{_USER_MADE_PREFIX}{len(made) + 1}")
    _add(session, meeting_id, track, is_made_by_user=True)
    return track


def known_root(rows: Mapping[TrackId, TrackRow], track: TrackId) -> TrackRow:
    """The voice that stands for `track`.

    Raises:
        KnownError: The meeting has no such voice.
    """
    if track not in rows:
        raise KnownError("The meeting has no such speaker any more; nothing was changed.")
    return rows[roots_of(rows).get(track, track)]


def set_recognised(session: Session, row: TrackRow, speaker: MeetingSpeaker) -> None:
    """Store what recognition says of a voice; a person forgotten meanwhile leaves the name."""
    person = speaker.speaker_id and session.get(SpeakerRow, speaker.speaker_id)
    row.name = speaker.name
    row.source = speaker.source.value
    row.confidence = speaker.confidence
    row.speaker_id = person.speaker_id if person else None


def _add(session: Session, meeting_id: MeetingId, track: TrackId, *, is_made_by_user: bool) -> None:
    last = session.scalar(
        select(func.max(TrackRow.track_index)).where(TrackRow.meeting_id == meeting_id)
    )
    session.add(
        TrackRow(
            meeting_id=meeting_id,
            track_id=track,
            track_index=(last or 0) + 1,
            source=NameSource.NONE.value,
            is_named_by_user=False,
            is_made_by_user=is_made_by_user,
        )
    )
    session.flush()


def _is_assigned(session: Session, row: TrackRow) -> bool:
    found = session.scalar(
        select(SegmentRow.segment_key)
        .where(SegmentRow.meeting_id == row.meeting_id, SegmentRow.assigned_track == row.track_id)
        .limit(1)
    )
    return found is not None
