"""Copies of the library that stand beside it, and what must not survive in them."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from app.domain.ids import MeetingId, SpeakerId

log = logging.getLogger(__name__)


def backups_of(library: Path) -> tuple[Path, ...]:
    """The backups of a library, by name (version, then time)."""
    return tuple(
        sorted(
            path
            for path in library.parent.glob(f"{library.name}.backup-*")
            if not path.name.endswith(("-wal", "-shm", "-journal", ".part"))
        )
    )


def forget_speaker(library: Path, speaker_id: SpeakerId) -> None:
    """Delete a person's voice from every backup; a backup that cannot be read is deleted."""
    _delete(
        library,
        (
            "DELETE FROM voiceprints WHERE speaker_id = ?",
            "UPDATE tracks SET speaker_id = NULL WHERE speaker_id = ?",
            "DELETE FROM speakers WHERE speaker_id = ?",
        ),
        speaker_id,
    )


def forget_meeting(library: Path, meeting_id: MeetingId) -> None:
    """Delete a meeting from every backup; a backup that cannot be read is deleted."""
    _delete(library, ("DELETE FROM meetings WHERE meeting_id = ?",), meeting_id)


def _delete(library: Path, statements: Sequence[str], key: str) -> None:
    for backup in backups_of(library):
        try:
            with closing(sqlite3.connect(backup)) as connection, connection:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("PRAGMA foreign_keys = ON")
                for statement in statements:
                    connection.execute(statement, (key,))
                # The index keeps deleted words until it is written anew.
                connection.execute(
                    "INSERT INTO segment_search (segment_search) VALUES ('optimize')"
                )
        except sqlite3.Error as error:
            log.warning("backup %s may hold what is deleted, so it goes: %s", backup.name, error)
            backup.unlink(missing_ok=True)
