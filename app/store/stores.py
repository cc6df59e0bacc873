"""The three stores of one library file, on one database."""

from __future__ import annotations

from pathlib import Path

from app.domain.ports import MeetingStore, SpeakerStore, TranscriptStore
from app.lib.clock import Clock
from app.store.db import Database
from app.store.meetings import MeetingRows, SqliteMeetings
from app.store.speakers import SqliteSpeakers
from app.store.transcripts import SqliteTranscripts


class Stores:
    """Opens a library that is at the newest version; every store may be used from any thread."""

    def __init__(self, path: Path, clock: Clock, *, busy_timeout_s: float) -> None:
        self._database = Database(path, busy_timeout_s=busy_timeout_s)
        rows = MeetingRows(path.parent)
        self.meetings: MeetingStore = SqliteMeetings(self._database, rows)
        self.transcripts: TranscriptStore = SqliteTranscripts(self._database, rows, clock)
        self.speakers: SpeakerStore = SqliteSpeakers(self._database, clock)

    def close(self) -> None:
        """Write everything into the one file and let go of it; idempotent."""
        self._database.close()
