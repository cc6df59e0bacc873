"""Meetings and everything about them but the words; states survive a crash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import ColumnElement, and_, delete, func, select, true
from sqlalchemy.orm import Session

from app.domain.errors import BugError, KnownError
from app.domain.ids import MeetingId, StreamId
from app.domain.marks import Hold, Marker
from app.domain.meeting import (
    WORKED_ON,
    Meeting,
    MeetingSource,
    MeetingState,
    MeetingSummary,
    StreamInfo,
    check_transition,
)
from app.domain.messages import Health, ModelUse, Notice
from app.domain.sentences import say
from app.store import backups, events, search, tracks
from app.store.db import Database
from app.store.tables import MeetingRow, ModelUseRow, RecordingRow, SegmentRow, StreamRow


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
        row = self.require(session, meeting_id)
        streams = self._streams(session, StreamRow.meeting_id == meeting_id)
        models = _models(session, ModelUseRow.meeting_id == meeting_id)
        return _meeting(row, streams.get(meeting_id, ()), models.get(meeting_id, ()))

    def meetings(self, session: Session) -> list[Meeting]:
        """All meetings, newest first."""
        rows = session.scalars(
            select(MeetingRow).order_by(MeetingRow.started_at.desc(), MeetingRow.meeting_id)
        ).all()
        streams = self._streams(session, true())
        models = _models(session, true())
        return [
            _meeting(row, streams.get(row.meeting_id, ()), models.get(row.meeting_id, ()))
            for row in rows
        ]

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

    def _streams(
        self, session: Session, condition: ColumnElement[bool]
    ) -> dict[str, list[StreamInfo]]:
        """Per meeting its streams in order, for the rows that fulfil `condition`."""
        originals: dict[tuple[str, str], list[Path]] = {}
        for recording in session.scalars(
            select(RecordingRow)
            .join(
                StreamRow,
                and_(
                    StreamRow.meeting_id == RecordingRow.meeting_id,
                    StreamRow.stream == RecordingRow.stream,
                ),
            )
            .where(condition)
            .order_by(RecordingRow.position)
        ):
            key = (recording.meeting_id, recording.stream)
            originals.setdefault(key, []).append(self._data_dir / recording.path)
        streams: dict[str, list[StreamInfo]] = {}
        for row in session.scalars(select(StreamRow).where(condition).order_by(StreamRow.position)):
            streams.setdefault(row.meeting_id, []).append(
                StreamInfo(
                    stream=StreamId(row.stream),
                    device=row.device,
                    rate_hz=row.rate_hz,
                    channels=row.channels,
                    spool_path=self._data_dir / row.spool_path,
                    original_paths=tuple(originals.get((row.meeting_id, row.stream), ())),
                    sample_count=row.sample_count,
                    dropped_samples=row.dropped_samples,
                )
            )
        return streams

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

    def list(self) -> tuple[MeetingSummary, ...]:
        """All meetings, newest first."""
        with self._database.read() as session:
            labels = tracks.labels_by_meeting(session)
            word_counts = {
                meeting_id: word_count
                for meeting_id, word_count in session.execute(
                    select(SegmentRow.meeting_id, func.sum(SegmentRow.word_count)).group_by(
                        SegmentRow.meeting_id
                    )
                )
            }
            return tuple(
                MeetingSummary(
                    meeting=meeting,
                    speakers=labels.get(meeting.meeting_id, ()),
                    word_count=word_counts.get(meeting.meeting_id, 0),
                )
                for meeting in self._rows.meetings(session)
            )

    def unfinished(self) -> tuple[MeetingSummary, ...]:
        """The meetings that somebody records or refines, or did when their process died.

        Every start asks for them, and there are hardly ever any: only then is the list made.
        """
        states = [state.value for state in WORKED_ON]
        with self._database.read() as session:
            query = select(MeetingRow.meeting_id).where(MeetingRow.state.in_(states))
            found = set(session.scalars(query))
        return tuple(s for s in self.list() if s.meeting.meeting_id in found) if found else ()

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


def _models(session: Session, condition: ColumnElement[bool]) -> dict[str, list[ModelUse]]:
    """Per meeting its models in order, for the rows that fulfil `condition`."""
    models: dict[str, list[ModelUse]] = {}
    for row in session.scalars(select(ModelUseRow).where(condition).order_by(ModelUseRow.position)):
        models.setdefault(row.meeting_id, []).append(
            ModelUse(model_id=row.model_id, role=row.role, version=row.version, sha256=row.sha256)
        )
    return models


def _meeting(row: MeetingRow, streams: Iterable[StreamInfo], models: Iterable[ModelUse]) -> Meeting:
    return Meeting(
        meeting_id=MeetingId(row.meeting_id),
        title=row.title,
        started_at=row.started_at,
        state=MeetingState(row.state),
        source=MeetingSource(row.source),
        streams=tuple(streams),
        duration_s=row.duration_s,
        language=row.language,
        point=row.point,
        models=tuple(models),
    )
