"""The voices of a meeting: first sight, names, and voices that are one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, SpeakerId, TrackId
from app.domain.speakers import MeetingSpeaker, NameSource
from app.store.tables import SegmentRow, SpeakerRow, TrackRow

_USER_MADE_PREFIX = "U"
"""The engine counts "S1", "S2", ...; a voice that the user makes must never meet one of those."""


def track_rows(session: Session, meeting_id: MeetingId) -> dict[TrackId, TrackRow]:
    """All voices of a meeting, by index."""
    rows = session.scalars(
        select(TrackRow).where(TrackRow.meeting_id == meeting_id).order_by(TrackRow.track_index)
    )
    return {TrackId(row.track_id): row for row in rows}


def labels_by_meeting(session: Session) -> dict[MeetingId, tuple[str, ...]]:
    """Per meeting, the speakers that have a visible segment as the user reads them, by index."""
    rows: dict[MeetingId, dict[TrackId, TrackRow]] = {}
    for row in session.scalars(select(TrackRow).order_by(TrackRow.track_index)):
        rows.setdefault(MeetingId(row.meeting_id), {})[TrackId(row.track_id)] = row
    own = func.coalesce(SegmentRow.assigned_track, SegmentRow.track)
    heard: dict[str, set[TrackId]] = {}
    for meeting_id, track in session.execute(
        select(SegmentRow.meeting_id, own)
        .where(SegmentRow.word_count > 0, own.is_not(None))
        .distinct()
    ):
        heard.setdefault(meeting_id, set()).add(TrackId(track))
    labels = {}
    for meeting_id, of_meeting in rows.items():
        roots = roots_of(of_meeting)
        seen = {roots.get(track, track) for track in heard.get(meeting_id, ())}
        speakers = speakers_of(of_meeting).items()
        labels[meeting_id] = tuple(s.label for track, s in speakers if track in seen)
    return labels


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


def roots_of(rows: Mapping[TrackId, TrackRow]) -> dict[TrackId, TrackId]:
    """Per merged-away voice, the voice that stands for it in the end."""
    roots = {}
    for track, row in rows.items():
        if row.merged_into is not None:
            root = row
            while root.merged_into is not None:
                root = rows[TrackId(root.merged_into)]
            roots[track] = TrackId(root.track_id)
    return roots


def speakers_of(rows: Mapping[TrackId, TrackRow]) -> dict[TrackId, MeetingSpeaker]:
    """All voices but the merged-away ones as the user sees them, by index.

    A voice without a name takes the name of a voice that was merged into it.
    """
    roots = roots_of(rows)
    speakers = {track: _speaker(row, row) for track, row in rows.items() if track not in roots}
    for track, root in roots.items():
        if speakers[root].name is None and not rows[root].is_named_by_user:
            speakers[root] = _speaker(rows[root], rows[track])
    return speakers


def set_recognised(session: Session, row: TrackRow, speaker: MeetingSpeaker) -> None:
    """Store what recognition says of a voice; a person forgotten meanwhile leaves the name."""
    person = speaker.speaker_id and session.get(SpeakerRow, speaker.speaker_id)
    row.name = speaker.name
    row.source = speaker.source.value
    row.confidence = speaker.confidence
    row.speaker_id = person.speaker_id if person else None


def _speaker(root: TrackRow, named: TrackRow) -> MeetingSpeaker:
    """The voice `root` under the name that `named` carries."""
    is_same_person = not named.is_named_by_user or named.user_name == named.name
    speaker_id = named.speaker_id if is_same_person else None
    return MeetingSpeaker(
        track=TrackId(root.track_id),
        index=root.track_index,
        name=named.user_name if named.is_named_by_user else named.name,
        speaker_id=SpeakerId(speaker_id) if speaker_id else None,
        source=_source(named),
        confidence=None if named.is_named_by_user else named.confidence,
    )


def _source(row: TrackRow) -> NameSource:
    if not row.is_named_by_user:
        return NameSource(row.source)
    return NameSource.USER if row.user_name is not None else NameSource.NONE


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
