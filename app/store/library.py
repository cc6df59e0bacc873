"""Open the library: one object with the three stores, closed at the end of the program."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from app.domain.errors import KnownError
from app.domain.meeting import Meeting, MeetingState, StreamInfo
from app.domain.ports import MeetingStore, SpeakerStore, TranscriptStore
from app.domain.sidecar import FILE_NAME, RecordingSidecar, read_sidecar
from app.domain.units import to_seconds
from app.lib.clock import Clock, SystemClock
from app.store.db import BUSY_TIMEOUT_S, Database
from app.store.meetings import MeetingRows, SqliteMeetings
from app.store.opening import prepare
from app.store.speakers import SqliteSpeakers
from app.store.transcripts import SqliteTranscripts

log = logging.getLogger(__name__)

_SPOOL_SAMPLE_BYTES = 2


class Library:
    """An open library; a context manager. All of it may be used from any thread.

    Attributes:
        opening_notice: A sentence for the user when opening was not plain sailing; else None.
    """

    def __init__(self, database: Database, clock: Clock, *, opening_notice: str | None) -> None:
        rows = MeetingRows(database.path.parent)
        self._database = database
        self.meetings: MeetingStore = SqliteMeetings(database, rows)
        self.transcripts: TranscriptStore = SqliteTranscripts(database, rows, clock)
        self.speakers: SpeakerStore = SqliteSpeakers(database, clock)
        self.opening_notice = opening_notice

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def recordings_without_meeting(self, recordings_dir: Path) -> tuple[RecordingSidecar, ...]:
        """Recordings on disk that the library knows nothing of, oldest first.

        Args:
            recordings_dir: Holds one folder per meeting; folders without a readable
                `meeting.json` are passed over.
        """
        known = {summary.meeting.meeting_id for summary in self.meetings.list()}
        found: dict[str, RecordingSidecar] = {}
        for path in sorted(recordings_dir.glob(f"*/{FILE_NAME}")):
            try:
                sidecar = read_sidecar(path.parent)
            except KnownError as error:
                log.warning("recording %s is passed over: %s", path.parent.name, error)
                continue
            if sidecar.meeting_id not in known:
                found.setdefault(sidecar.meeting_id, sidecar)
        return tuple(sorted(found.values(), key=lambda s: (s.started_at, s.meeting_id)))

    def recover(self, recordings_dir: Path) -> tuple[Meeting, ...]:
        """Add recordings without a meeting back, in state RECORDED: their transcript is pending.

        Do not call while a recording is being started.

        Returns:
            The meetings that were added, oldest first.
        """
        meetings = tuple(
            _meeting_from(sidecar) for sidecar in self.recordings_without_meeting(recordings_dir)
        )
        for meeting in meetings:
            self.meetings.create(meeting)
        return meetings

    def close(self) -> None:
        """Write everything into the one file and let go of it; idempotent."""
        self._database.close()


def open_library(
    database: Path, *, clock: Clock | None = None, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> Library:
    """Open the library file `database`, made or brought to the newest version first.

    A library of an older version is copied to `<name>.backup-<version>-<UTC stamp>` and migrated.
    A damaged one is moved to `<name>.corrupt-<UTC stamp>`, and an empty one takes its place.

    Args:
        database: The file; its folder is the one that stored paths are relative to.
        busy_timeout_s: How long to wait for another process that writes.

    Raises:
        KnownError: A newer Crosstalk or another program wrote the file (it is left untouched), or
            the disk or the rights refuse.
    """
    clock = clock or SystemClock()
    database = database.absolute()
    notice = prepare(database, now=clock.now(), busy_timeout_s=busy_timeout_s)
    return Library(Database(database, busy_timeout_s=busy_timeout_s), clock, opening_notice=notice)


def _meeting_from(sidecar: RecordingSidecar) -> Meeting:
    streams = tuple(_counted(stream) for stream in sidecar.streams)
    longest = max((stream.sample_count or 0 for stream in streams), default=0)
    return Meeting(
        meeting_id=sidecar.meeting_id,
        title=sidecar.title,
        started_at=sidecar.started_at,
        state=MeetingState.RECORDED,
        source=sidecar.source,
        streams=streams,
        duration_s=to_seconds(longest),
        language=sidecar.language,
    )


def _counted(stream: StreamInfo) -> StreamInfo:
    """The stream with the sample count that its spool really has."""
    try:
        size_bytes = stream.spool_path.stat().st_size
    except OSError:
        return stream
    return replace(stream, sample_count=size_bytes // _SPOOL_SAMPLE_BYTES)
