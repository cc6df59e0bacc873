"""What the library holds, at a glance: read in columns, without SQLAlchemy.

The window lists its meetings with it before anything else of the library is needed, and one
meeting is read by the same statements.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from app.domain.ids import MeetingId, StreamId, TrackId
from app.domain.meeting import (
    WORKED_ON,
    Meeting,
    MeetingSource,
    MeetingState,
    MeetingSummary,
    StreamInfo,
)
from app.domain.messages import ModelUse
from app.store.connecting import BUSY_TIMEOUT_S, connected
from app.store.errors import mapped_driver_errors
from app.store.naming import StoredTrack, roots_of, speakers_of


class SqliteShelf:
    """The `MeetingShelf` of one library; every method may be called from any thread."""

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s

    def list(self) -> tuple[MeetingSummary, ...]:
        """All meetings, newest first.

        Raises:
            KnownError: The library is locked, damaged or out of reach.
        """
        with (
            mapped_driver_errors(self._path),
            connected(self._path, busy_timeout_s=self._busy_timeout_s) as connection,
        ):
            connection.execute("BEGIN")  # all statements see one state
            return _summaries(connection, self._path.parent)

    def unfinished(self) -> tuple[MeetingSummary, ...]:
        """The meetings that somebody records or refines, or did when their process died.

        Every start asks for them, and there are hardly ever any: only then is the list made.

        Raises:
            KnownError: The library is locked, damaged or out of reach.
        """
        states = json.dumps([state.value for state in WORKED_ON])
        with (
            mapped_driver_errors(self._path),
            connected(self._path, busy_timeout_s=self._busy_timeout_s) as connection,
        ):
            query = (
                "SELECT meeting_id FROM meetings WHERE state IN (SELECT value FROM json_each(?))"
            )
            found = {row[0] for row in connection.execute(query, (states,))}
        return tuple(s for s in self.list() if s.meeting.meeting_id in found) if found else ()


def read_meetings(
    connection: sqlite3.Connection, data_dir: Path, meeting_id: MeetingId | None = None
) -> list[Meeting]:
    """All meetings, newest first, or only one.

    Args:
        data_dir: The folder that relative paths are relative to.
        meeting_id: The one that is wanted; the list is empty where there is none.
    """
    wanted = {"wanted": meeting_id}
    streams = _streams(connection, data_dir, wanted)
    models: dict[str, list[ModelUse]] = {}
    for owner, model_id, role, version, sha256 in connection.execute(
        "SELECT meeting_id, model_id, role, version, sha256 FROM models_used "
        "WHERE :wanted IS NULL OR meeting_id = :wanted ORDER BY position",
        wanted,
    ):
        use = ModelUse(model_id=model_id, role=role, version=version, sha256=sha256)
        models.setdefault(owner, []).append(use)
    return [
        Meeting(
            meeting_id=MeetingId(owner),
            title=title,
            started_at=datetime.fromisoformat(started_at),
            state=MeetingState(state),
            source=MeetingSource(source),
            streams=tuple(streams.get(owner, ())),
            duration_s=duration_s,
            language=language,
            point=point,
            models=tuple(models.get(owner, ())),
        )
        for owner, title, started_at, state, source, duration_s, language, point in (
            connection.execute(
                "SELECT meeting_id, title, started_at, state, source, duration_s, language, point "
                "FROM meetings WHERE :wanted IS NULL OR meeting_id = :wanted "
                "ORDER BY started_at DESC, meeting_id",
                wanted,
            )
        )
    ]


def _streams(
    connection: sqlite3.Connection, data_dir: Path, wanted: Mapping[str, str | None]
) -> dict[str, list[StreamInfo]]:
    """Per meeting its streams in order."""
    originals: dict[tuple[str, str], list[Path]] = {}
    for owner, stream, path in connection.execute(
        "SELECT meeting_id, stream, path FROM recordings "
        "WHERE :wanted IS NULL OR meeting_id = :wanted ORDER BY position",
        wanted,
    ):
        originals.setdefault((owner, stream), []).append(data_dir / os.fsdecode(path))
    streams: dict[str, list[StreamInfo]] = {}
    for owner, stream, device, rate_hz, channels, path, sample_count, dropped in connection.execute(
        "SELECT meeting_id, stream, device, rate_hz, channels, spool_path, sample_count, "
        "dropped_samples FROM streams WHERE :wanted IS NULL OR meeting_id = :wanted "
        "ORDER BY position",
        wanted,
    ):
        streams.setdefault(owner, []).append(
            StreamInfo(
                stream=StreamId(stream),
                device=device,
                rate_hz=rate_hz,
                channels=channels,
                spool_path=data_dir / os.fsdecode(path),
                original_paths=tuple(originals.get((owner, stream), ())),
                sample_count=sample_count,
                dropped_samples=dropped,
            )
        )
    return streams


def _summaries(connection: sqlite3.Connection, data_dir: Path) -> tuple[MeetingSummary, ...]:
    word_counts: dict[str, int] = {}
    heard: dict[str, set[TrackId]] = {}
    for meeting_id, track, count in connection.execute(
        "SELECT meeting_id, coalesce(assigned_track, track), sum(word_count) FROM segments "
        "WHERE word_count > 0 GROUP BY 1, 2"
    ):
        word_counts[meeting_id] = word_counts.get(meeting_id, 0) + count
        if track is not None:
            heard.setdefault(meeting_id, set()).add(track)
    tracks: dict[str, dict[TrackId, StoredTrack]] = {}
    for meeting_id, *values in connection.execute(
        "SELECT meeting_id, track_id, track_index, name, source, confidence, speaker_id, "
        "user_name, is_named_by_user, merged_into FROM tracks ORDER BY track_index"
    ):
        row = StoredTrack._make(values)
        tracks.setdefault(meeting_id, {})[TrackId(row.track_id)] = row
    return tuple(
        MeetingSummary(
            meeting=meeting,
            speakers=_labels(
                tracks.get(meeting.meeting_id, {}), heard.get(meeting.meeting_id, set())
            ),
            word_count=word_counts.get(meeting.meeting_id, 0),
        )
        for meeting in read_meetings(connection, data_dir)
    )


def _labels(tracks: Mapping[TrackId, StoredTrack], heard: set[TrackId]) -> tuple[str, ...]:
    """The speakers that have a visible segment, as the user reads them, by index."""
    roots = roots_of(tracks)
    seen = {roots.get(track, track) for track in heard}
    return tuple(s.label for track, s in speakers_of(tracks).items() if track in seen)
