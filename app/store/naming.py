"""What the user reads as the name of a voice, from what is stored about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Union

from app.domain.ids import SpeakerId, TrackId
from app.domain.speakers import MeetingSpeaker, NameSource

if TYPE_CHECKING:  # names are read without SQLAlchemy
    from app.store.tables import TrackRow


class StoredTrack(NamedTuple):
    """What names a voice of a meeting; the columns of `app.store.tables.TrackRow`."""

    track_id: str
    track_index: int
    name: str | None
    source: str
    confidence: float | None
    speaker_id: str | None
    user_name: str | None
    is_named_by_user: bool
    merged_into: str | None


Voice = Union["TrackRow", StoredTrack]


def roots_of(rows: Mapping[TrackId, Voice]) -> dict[TrackId, TrackId]:
    """Per merged-away voice, the voice that stands for it in the end."""
    roots = {}
    for track, row in rows.items():
        if row.merged_into is not None:
            root = row
            while root.merged_into is not None:
                root = rows[TrackId(root.merged_into)]
            roots[track] = TrackId(root.track_id)
    return roots


def speakers_of(rows: Mapping[TrackId, Voice]) -> dict[TrackId, MeetingSpeaker]:
    """All voices but the merged-away ones as the user sees them, by index.

    A voice without a name takes the name of a voice that was merged into it.
    """
    roots = roots_of(rows)
    speakers = {track: _speaker(row, row) for track, row in rows.items() if track not in roots}
    for track, root in roots.items():
        if speakers[root].name is None and not rows[root].is_named_by_user:
            speakers[root] = _speaker(rows[root], rows[track])
    return speakers


def _speaker(root: Voice, named: Voice) -> MeetingSpeaker:
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


def _source(row: Voice) -> NameSource:
    if not row.is_named_by_user:
        return NameSource(row.source)
    return NameSource.USER if row.user_name is not None else NameSource.NONE
