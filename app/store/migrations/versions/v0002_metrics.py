"""Stage metrics in buckets of 5 s, and the other readings of a segment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "segments",
        sa.Column("alternatives", sa.JSON, nullable=False, server_default=sa.text("'[]'")),
    )
    op.create_table(
        "stage_metrics",
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("bucket_s", sa.Integer, nullable=False),
        sa.Column("health_count", sa.Integer, nullable=False),
        sa.Column("queue_s_sum", sa.Float, nullable=False),
        sa.Column("queue_s_max", sa.Float, nullable=False),
        sa.Column("real_time_factor_sum", sa.Float, nullable=False),
        sa.Column("real_time_factor_max", sa.Float, nullable=False),
        sa.Column("lag_s_max", sa.Float, nullable=False),
        sa.Column("rss_mb_max", sa.Float, nullable=False),
        sa.Column("dropped_samples_max", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "stage", "bucket_s", name="pk_stage_metrics"),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.meeting_id"],
            name="fk_stage_metrics_meeting_id",
            ondelete="CASCADE",
        ),
    )
