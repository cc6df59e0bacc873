"""All tables of the library; rows never leave `app.store`.

Positions in audio are session samples (16 kHz). What the machine found and what the user said
about it live in separate columns, so that a later patch never touches a correction, and taking a
correction back shows what the machine says by then.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime as ISO 8601 text in UTC, so that text order is time order."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To text; microseconds always, so that all texts have one length."""
        if value is None:
            return None
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """From text."""
        return None if value is None else datetime.fromisoformat(value)


class PathText(TypeDecorator[str]):
    """A path as text; one whose name is no Unicode, as Linux allows, as the bytes of the system."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """To text, or to bytes that SQLite keeps as they are."""
        if value is None:
            return None
        try:
            value.encode()
        except UnicodeEncodeError:
            return os.fsencode(value)
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """From either."""
        return None if value is None else os.fsdecode(value)


class Base(DeclarativeBase):
    """The registry of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own protocol
        datetime: UtcDateTime(),
        float: Float(),
    }


def _meeting_key(**options: Any) -> Mapped[str]:
    return mapped_column(ForeignKey("meetings.meeting_id", ondelete="CASCADE"), **options)


class SchemaChangeRow(Base):
    """When this file reached which version."""

    __tablename__ = "schema_changes"

    version: Mapped[str] = mapped_column(primary_key=True)
    applied_at: Mapped[datetime]


class MeetingRow(Base):
    """One meeting."""

    __tablename__ = "meetings"

    meeting_id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str]
    source: Mapped[str]
    duration_s: Mapped[float]
    language: Mapped[str]
    point: Mapped[str]


class StreamRow(Base):
    """One stream of a meeting; `spool_path` is relative to the library's folder where possible."""

    __tablename__ = "streams"

    meeting_id: Mapped[str] = _meeting_key(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    device: Mapped[str]
    rate_hz: Mapped[int]
    channels: Mapped[int]
    spool_path: Mapped[str] = mapped_column(PathText())
    sample_count: Mapped[int | None]
    dropped_samples: Mapped[int]


class RecordingRow(Base):
    """One original file of a stream; `sample_count` is in the file's own rate, None if unknown."""

    __tablename__ = "recordings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting_id", "stream"], ["streams.meeting_id", "streams.stream"], ondelete="CASCADE"
        ),
    )

    meeting_id: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(PathText())
    sample_count: Mapped[int | None]


class ResumePointRow(Base):
    """Per stream, the sample before which everything is final."""

    __tablename__ = "resume_points"

    meeting_id: Mapped[str] = _meeting_key(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    sample: Mapped[int]


class SpeakerRow(Base):
    """An enrolled person; `name_key` is the folded name, for "is it taken"."""

    __tablename__ = "speakers"

    speaker_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    has_consent: Mapped[bool]


class VoiceprintRow(Base):
    """One embedding: `vector` holds little-endian float32.

    One with a `meeting_id` was learned from what the user said of that meeting, and goes with it.
    """

    __tablename__ = "voiceprints"

    voiceprint_id: Mapped[int] = mapped_column(primary_key=True)
    speaker_id: Mapped[str] = mapped_column(
        ForeignKey("speakers.speaker_id", ondelete="CASCADE"), index=True
    )
    model_id: Mapped[str]
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    speech_s: Mapped[float]
    created_at: Mapped[datetime]
    meeting_id: Mapped[str | None] = mapped_column(
        ForeignKey("meetings.meeting_id", ondelete="CASCADE"), index=True
    )


class TrackRow(Base):
    """A voice of a meeting.

    `name`, `source`, `confidence` and `speaker_id` come from recognition; `user_name` counts
    where `is_named_by_user`; `merged_into` points at the voice that the user says it is.
    """

    __tablename__ = "tracks"
    __table_args__ = (
        UniqueConstraint("meeting_id", "track_index"),
        ForeignKeyConstraint(
            ["meeting_id", "merged_into"], ["tracks.meeting_id", "tracks.track_id"]
        ),
    )

    meeting_id: Mapped[str] = _meeting_key(primary_key=True)
    track_id: Mapped[str] = mapped_column(primary_key=True)
    track_index: Mapped[int]
    name: Mapped[str | None]
    source: Mapped[str]
    confidence: Mapped[float | None]
    speaker_id: Mapped[str | None] = mapped_column(
        ForeignKey("speakers.speaker_id", ondelete="SET NULL"), index=True
    )
    user_name: Mapped[str | None]
    is_named_by_user: Mapped[bool]
    merged_into: Mapped[str | None]
    is_made_by_user: Mapped[bool]


class SegmentRow(Base):
    """One segment at its newest revision, plus what the user said about it.

    `edited_*` and `assigned_track` are the user's; `search_text` is the visible text in the form
    that the index takes ("" when the segment is not visible); `word_count` counts visible words.
    """

    __tablename__ = "segments"
    __table_args__ = (
        UniqueConstraint("meeting_id", "segment_id"),
        ForeignKeyConstraint(["meeting_id", "track"], ["tracks.meeting_id", "tracks.track_id"]),
        ForeignKeyConstraint(
            ["meeting_id", "assigned_track"], ["tracks.meeting_id", "tracks.track_id"]
        ),
    )

    segment_key: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = _meeting_key()
    segment_id: Mapped[str]
    revision: Mapped[int]
    status: Mapped[str]
    stream: Mapped[str]
    start_sample: Mapped[int]
    end_sample: Mapped[int]
    track: Mapped[str | None]
    speaker_confidence: Mapped[float | None]
    language: Mapped[str | None]
    has_overlap: Mapped[bool]
    reason: Mapped[str | None]
    edited_text: Mapped[str | None]
    edited_start: Mapped[int | None]
    edited_end: Mapped[int | None]
    assigned_track: Mapped[str | None]
    search_text: Mapped[str]
    word_count: Mapped[int]
    alternatives: Mapped[list[list[Any]]] = mapped_column(JSON, server_default=text("'[]'"))


class SegmentRevisionRow(Base):
    """What the machine said in one revision of a segment."""

    __tablename__ = "segment_revisions"

    segment_key: Mapped[int] = mapped_column(
        ForeignKey("segments.segment_key", ondelete="CASCADE"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    track: Mapped[str | None]
    text: Mapped[str]
    reason: Mapped[str | None]
    stored_at: Mapped[datetime]


class WordRow(Base):
    """One word; the machine's and, where the user edited the text, the user's beside them."""

    __tablename__ = "words"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own protocol

    segment_key: Mapped[int] = mapped_column(
        ForeignKey("segments.segment_key", ondelete="CASCADE"), primary_key=True
    )
    is_edited: Mapped[bool] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    start_sample: Mapped[int]
    end_sample: Mapped[int]
    probability: Mapped[float | None]


class TurnsRow(Base):
    """All turns of a stream as one diarization heard them: [start, end, track, confidence] each."""

    __tablename__ = "turns"

    meeting_id: Mapped[str] = _meeting_key(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    turns: Mapped[list[list[Any]]] = mapped_column(JSON)


class CorrectionRow(Base):
    """One change by the user."""

    __tablename__ = "corrections"

    correction_id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = _meeting_key(index=True)
    made_at: Mapped[datetime]
    kind: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_undone: Mapped[bool]


class EventRow(Base):
    """A notice, gap, overlap, hold or marker: `detail` is its kind of notice or its reason."""

    __tablename__ = "events"
    __table_args__ = (
        # A patch may come twice; a notice may honestly repeat.
        Index(
            "uq_events_from_patches",
            "meeting_id",
            "kind",
            "stream",
            "start_sample",
            "end_sample",
            "detail",
            "tracks",
            unique=True,
            sqlite_where=text("kind <> 'notice'"),
        ),
        Index("ix_events_meeting_id", "meeting_id"),
    )

    event_id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = _meeting_key()
    kind: Mapped[str]
    stream: Mapped[str | None]
    start_sample: Mapped[int]
    end_sample: Mapped[int]
    detail: Mapped[str]
    text: Mapped[str]
    tracks: Mapped[list[str]] = mapped_column(JSON)


class ModelUseRow(Base):
    """A model that took part in a meeting."""

    __tablename__ = "models_used"

    meeting_id: Mapped[str] = _meeting_key(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[str]
    role: Mapped[str]
    version: Mapped[str]
    sha256: Mapped[str]


class StageMetricRow(Base):
    """How one stage kept up in one bucket of 5 s; sums are over `health_count` reports."""

    __tablename__ = "stage_metrics"

    meeting_id: Mapped[str] = _meeting_key(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    bucket_s: Mapped[int] = mapped_column(primary_key=True)
    health_count: Mapped[int]
    queue_s_sum: Mapped[float]
    queue_s_max: Mapped[float]
    real_time_factor_sum: Mapped[float]
    real_time_factor_max: Mapped[float]
    lag_s_max: Mapped[float]
    rss_mb_max: Mapped[float]
    dropped_samples_max: Mapped[int]
