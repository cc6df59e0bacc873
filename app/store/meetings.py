"""Meetings and everything about them but the words; states survive a crash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.domain.errors import BugError, KnownError
from app.domain.ids import MeetingId
from app.domain.marks import Hold, Marker
from app.domain.meeting import Meeting, MeetingState, StreamInfo, check_transition
from app.domain.messages import Health, ModelUse, Notice
from app.domain.sentences import say
from app.store import backups, events, search
from app.store.db import Database, driver_connection
from app.store.shelf import read_meetings
from app.store.tables import MeetingRow, ModelUseRow, RecordingRow, StreamRow


class MeetingRows:
    """Reads meetings from rows; paths below the library's own folder are stored relative to it.

    So a data folder can be moved or copied as a whole.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def require(self, session: Session, meeting_id: MeetingId) -> MeetingRow:
        """The row of a meeting.

        Raises:
            KnownError: No such meeting.
        """
        row = session.get(MeetingRow, meeting_id)
        if row is None:
            raise KnownError(
                say(
                    "The library has no meeting {meeting}. See `crosstalk library list` for "
                    "those it has.",
                    meeting=meeting_id,
                )
            )
        return row

    def meeting(self, session: Session, meeting_id: MeetingId) -> Meeting:
        """One meeting as the domain knows it.

        Raises:
            KnownError: No such meeting.
        """
        self.require(session, meeting_id)
        connection = driver_connection(session.connection())
        return read_meetings(connection, self._data_dir, meeting_id)[0]

    def replace_streams(
        self, session: Session, meeting_id: MeetingId, streams: Sequence[StreamInfo]
    ) -> None:
        """Make `streams` the streams of a meeting."""
        session.execute(delete(StreamRow).where(StreamRow.meeting_id == meeting_id))
        for position, info in enumerate(streams):
            session.add(
                StreamRow(
                    meeting_id=meeting_id,
                    stream=info.stream.value,
                    position=position,
                    device=search.clean(info.device),
                    rate_hz=info.rate_hz,
                    channels=info.channels,
                    spool_path=self._portable(info.spool_path),
                    sample_count=info.sample_count,
                    dropped_samples=info.dropped_samples,
                )
            )
        session.flush()
        session.add_all(
            RecordingRow(
                meeting_id=meeting_id,
                stream=info.stream.value,
                position=position,
                path=self._portable(path),
            )
            for info in streams
            for position, path in enumerate(info.original_paths)
        )

    def _portable(self, path: Path) -> str:
        is_inside = path.is_relative_to(self._data_dir)
        return path.relative_to(self._data_dir).as_posix() if is_inside else str(path)


class SqliteMeetings:
    """The `MeetingStore` of one library; every method may be called from any thread."""

    def __init__(self, database: Database, rows: MeetingRows) -> None:
        self._database = database
        self._rows = rows

    def create(self, meeting: Meeting) -> None:
        """Add a meeting.

        Raises:
            BugError: Its id is taken.
        """
        with self._database.write() as session:
            if session.get(MeetingRow, meeting.meeting_id) is not None:
                raise BugError(f"the meeting id {meeting.meeting_id} is taken")
            session.add(
                MeetingRow(
                    meeting_id=meeting.meeting_id,
                    title=search.clean(meeting.title),
                    started_at=meeting.started_at,
                    state=meeting.state.value,
                    source=meeting.source.value,
                    duration_s=meeting.duration_s,
                    language=meeting.language,
                    point=meeting.point,
                )
            )
            session.flush()
            self._rows.replace_streams(session, meeting.meeting_id, meeting.streams)
            _replace_models(session, meeting.meeting_id, meeting.models)

    def get(self, meeting_id: MeetingId) -> Meeting:
        """Look a meeting up.

        Raises:
            KnownError: No such meeting.
        """
        with self._database.read() as session:
            return self._rows.meeting(session, meeting_id)

    def set_state(self, meeting_id: MeetingId, state: MeetingState) -> None:
        """Move a meeting to `state`.

        Raises:
            BugError: The transition is not legal.
            KnownError: No such meeting.
        """
        with self._database.write() as session:
            row = self._rows.require(session, meeting_id)
            check_transition(MeetingState(row.state), state)
            row.state = state.value

    def set_streams(
        self, meeting_id: MeetingId, streams: Sequence[StreamInfo], duration_s: float
    ) -> None:
        """Store what the recorder counted; replaces what was stored before.

        Raises:
            KnownError: No such meeting.
        """
        with self._database.write() as session:
            self._rows.require(session, meeting_id).duration_s = duration_s
            self._rows.replace_streams(session, meeting_id, streams)

    def set_models(self, meeting_id: MeetingId, models: Sequence[ModelUse]) -> None:
        """Store which models took part; replaces what was stored before.

        Raises:
            KnownError: No such meeting.
        """
        with self._database.write() as session:
            self._rows.require(session, meeting_id)
            _replace_models(session, meeting_id, models)

    def rename(self, meeting_id: MeetingId, title: str) -> None:
        """Change the title.

        Raises:
            KnownError: No such meeting, or the title is empty.
        """
        cleaned = search.clean(title)
        if not cleaned:
            raise KnownError("A meeting needs a title; the old one was kept.")
        with self._database.write() as session:
            self._rows.require(session, meeting_id).title = cleaned

    def delete(self, meeting_id: MeetingId) -> None:
        """Remove a meeting with its transcript, for good, from backups of the library too.

        Recordings on disk are the caller's.

        Raises:
            KnownError: No such meeting.
        """
        with self._database.write() as session:
            session.delete(self._rows.require(session, meeting_id))
            session.flush()
            search.forget_deleted(session)
        self._database.checkpoint()
        backups.forget_meeting(self._database.path, meeting_id)

    def put_hold(self, meeting_id: MeetingId, hold: Hold) -> None:
        """Store a stretch that is not recorded; one with the same start is replaced.

        Raises:
            KnownError: No such meeting.
        """
        with self._database.write() as session:
            self._rows.require(session, meeting_id)
            events.put_hold(session, meeting_id, hold)

    def add_marker(self, meeting_id: MeetingId, marker: Marker) -> None:
        """Store a marker.

        Raises:
            KnownError: No such meeting.
        """
        with self._database.write() as session:
            self._rows.require(session, meeting_id)
            events.add_marker(session, meeting_id, replace(marker, note=search.clean(marker.note)))

    def add_notice(self, meeting_id: MeetingId, notice: Notice, at_s: float) -> None:
        """Store a notice with its time in the meeting.

        Raises:
            KnownError: No such meeting.
        """
        with self._database.write() as session:
            self._rows.require(session, meeting_id)
            events.add_notice(session, meeting_id, notice, at_s)

    def add_health(self, meeting_id: MeetingId, health: Health, at_s: float) -> None:
        """Store stage metrics, in buckets of `events.METRIC_BUCKET_S`.

        Raises:
            KnownError: No such meeting.
        """
        with self._database.write() as session:
            self._rows.require(session, meeting_id)
            events.add_health(session, meeting_id, health, at_s)


def _replace_models(session: Session, meeting_id: MeetingId, models: Iterable[ModelUse]) -> None:
    session.execute(delete(ModelUseRow).where(ModelUseRow.meeting_id == meeting_id))
    session.add_all(
        ModelUseRow(
            meeting_id=meeting_id,
            position=position,
            model_id=model.model_id,
            role=model.role,
            version=model.version,
            sha256=model.sha256,
        )
        for position, model in enumerate(models)
    )
