"""Who talks when, as the final pass heard it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "turns",
        sa.Column("meeting_id", sa.String, nullable=False),
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("turns", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "stream", name="pk_turns"),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.meeting_id"],
            name="fk_turns_meeting_id",
            ondelete="CASCADE",
        ),
    )
