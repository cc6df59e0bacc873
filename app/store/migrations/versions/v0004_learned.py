"""Voiceprints that were learned from a meeting go with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("voiceprints") as table:
        table.add_column(sa.Column("meeting_id", sa.String))
        table.create_foreign_key(
            "fk_voiceprints_meeting_id",
            "meetings",
            ["meeting_id"],
            ["meeting_id"],
            ondelete="CASCADE",
        )
        table.create_index("ix_voiceprints_meeting_id", ["meeting_id"])
