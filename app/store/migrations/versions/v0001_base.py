"""The base: meetings, voices, segments with their words and history, corrections, search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_meetings()
    _create_people()
    _create_segments()
    _create_corrections_and_events()
    _create_search()


def _meeting_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["meeting_id"],
        ["meetings.meeting_id"],
        name=f"fk_{table}_meeting_id",
        ondelete="CASCADE",
    )


def _create_meetings() -> None:
    op.create_table(
        "schema_changes",
        sa.Column("version", sa.String, nullable=False),
        sa.Column("applied_at", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_schema_changes"),
    )
    op.create_table(
        "meetings",
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("duration_s", sa.Float, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("point", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", name="pk_meetings"),
    )
    op.create_index("ix_meetings_started_at", "meetings", ["started_at"])
    op.create_table(
        "streams",
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("rate_hz", sa.Integer, nullable=False),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("spool_path", sa.String, nullable=False),
        sa.Column("sample_count", sa.Integer, nullable=True),
        sa.Column("dropped_samples", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "stream", name="pk_streams"),
        _meeting_key("streams"),
    )
    op.create_table(
        "recordings",
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("sample_count", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("meeting_id", "stream", "position", name="pk_recordings"),
        sa.ForeignKeyConstraint(
            ["meeting_id", "stream"],
            ["streams.meeting_id", "streams.stream"],
            name="fk_recordings_meeting_id_stream",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "resume_points",
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("sample", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "stream", name="pk_resume_points"),
        _meeting_key("resume_points"),
    )
    op.create_table(
        "models_used",
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("model_id", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "position", name="pk_models_used"),
        _meeting_key("models_used"),
    )


def _create_people() -> None:
    op.create_table(
        "speakers",
        sa.Column("speaker_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("name_key", sa.String, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("has_consent", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("speaker_id", name="pk_speakers"),
        sa.UniqueConstraint("name_key", name="uq_speakers_name_key"),
    )
    op.create_table(
        "voiceprints",
        sa.Column("voiceprint_id", sa.Integer, nullable=False),
        sa.Column("speaker_id", sa.String, nullable=False),
        sa.Column("model_id", sa.String, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("speech_s", sa.Float, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("voiceprint_id", name="pk_voiceprints"),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speakers.speaker_id"],
            name="fk_voiceprints_speaker_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_voiceprints_speaker_id", "voiceprints", ["speaker_id"])
    op.create_table(
        "tracks",
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("track_id", sa.String, nullable=False),
        sa.Column("track_index", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("confidence", sa.Float, nullable=True),
        sa.Column("speaker_id", sa.String, nullable=True),
        sa.Column("user_name", sa.String, nullable=True),
        sa.Column("is_named_by_user", sa.Boolean, nullable=False),
        sa.Column("merged_into", sa.String, nullable=True),
        sa.Column("is_made_by_user", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "track_id", name="pk_tracks"),
        sa.UniqueConstraint("meeting_id", "track_index", name="uq_tracks_meeting_id_track_index"),
        _meeting_key("tracks"),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["speakers.speaker_id"],
            name="fk_tracks_speaker_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id", "merged_into"],
            ["tracks.meeting_id", "tracks.track_id"],
            name="fk_tracks_meeting_id_merged_into",
        ),
    )
    op.create_index("ix_tracks_speaker_id", "tracks", ["speaker_id"])


def _create_segments() -> None:
    op.create_table(
        "segments",
        sa.Column("segment_key", sa.Integer, nullable=False),
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("segment_id", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("start_sample", sa.Integer, nullable=False),
        sa.Column("end_sample", sa.Integer, nullable=False),
        sa.Column("track", sa.String, nullable=True),
        sa.Column("speaker_confidence", sa.Float, nullable=True),
        sa.Column("language", sa.String, nullable=True),
        sa.Column("has_overlap", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String, nullable=True),
        sa.Column("edited_text", sa.String, nullable=True),
        sa.Column("edited_start", sa.Integer, nullable=True),
        sa.Column("edited_end", sa.Integer, nullable=True),
        sa.Column("assigned_track", sa.String, nullable=True),
        sa.Column("search_text", sa.String, nullable=False),
        sa.Column("word_count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("segment_key", name="pk_segments"),
        sa.UniqueConstraint("meeting_id", "segment_id", name="uq_segments_meeting_id_segment_id"),
        _meeting_key("segments"),
        *(
            sa.ForeignKeyConstraint(
                ["meeting_id", column],
                ["tracks.meeting_id", "tracks.track_id"],
                name=f"fk_segments_meeting_id_{column}",
            )
            for column in ("track", "assigned_track")
        ),
    )
    op.create_table(
        "segment_revisions",
        sa.Column("segment_key", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("track", sa.String, nullable=True),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=True),
        sa.Column("stored_at", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("segment_key", "revision", name="pk_segment_revisions"),
        sa.ForeignKeyConstraint(
            ["segment_key"],
            ["segments.segment_key"],
            name="fk_segment_revisions_segment_key",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "words",
        sa.Column("segment_key", sa.Integer, nullable=False),
        sa.Column("is_edited", sa.Boolean, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("start_sample", sa.Integer, nullable=False),
        sa.Column("end_sample", sa.Integer, nullable=False),
        sa.Column("probability", sa.Float, nullable=True),
        sa.PrimaryKeyConstraint("segment_key", "is_edited", "position", name="pk_words"),
        sa.ForeignKeyConstraint(
            ["segment_key"],
            ["segments.segment_key"],
            name="fk_words_segment_key",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )


def _create_corrections_and_events() -> None:
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.Integer, nullable=False),
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("made_at", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("is_undone", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("correction_id", name="pk_corrections"),
        _meeting_key("corrections"),
    )
    op.create_index("ix_corrections_meeting_id", "corrections", ["meeting_id"])
    op.create_table(
        "events",
        sa.Column("event_id", sa.Integer, nullable=False),
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("stream", sa.String, nullable=True),
        sa.Column("start_sample", sa.Integer, nullable=False),
        sa.Column("end_sample", sa.Integer, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("tracks", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_events"),
        _meeting_key("events"),
    )
    op.create_index("ix_events_meeting_id", "events", ["meeting_id"])
    op.create_index(
        "uq_events_from_patches",
        "events",
        ["meeting_id", "kind", "stream", "start_sample", "end_sample", "detail", "tracks"],
        unique=True,
        sqlite_where=sa.text("kind <> 'notice'"),
    )


def _create_search() -> None:
    # Triggers keep the index in step whichever statement changes or cascades into a segment.
    op.execute(
        "CREATE VIRTUAL TABLE segment_search USING fts5"
        "(content, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')"
    )
    op.execute(
        "CREATE TRIGGER segments_search_insert AFTER INSERT ON segments "
        "WHEN new.search_text <> '' BEGIN "
        "INSERT INTO segment_search (rowid, content) VALUES (new.segment_key, new.search_text); "
        "END"
    )
    op.execute(
        "CREATE TRIGGER segments_search_update AFTER UPDATE OF search_text ON segments "
        "WHEN new.search_text <> old.search_text BEGIN "
        "DELETE FROM segment_search WHERE rowid = old.segment_key; "
        "INSERT INTO segment_search (rowid, content) "
        "SELECT new.segment_key, new.search_text WHERE new.search_text <> ''; "
        "END"
    )
    op.execute(
        "CREATE TRIGGER segments_search_delete AFTER DELETE ON segments "
        "WHEN old.search_text <> '' BEGIN "
        "DELETE FROM segment_search WHERE rowid = old.segment_key; "
        "END"
    )
