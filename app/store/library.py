"""Open the library: one object with the three stores, closed at the end of the program."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from app.domain.errors import KnownError
from app.domain.meeting import Meeting, MeetingState, StreamInfo
from app.domain.ports import MeetingShelf, MeetingStore, SpeakerStore, TranscriptStore
from app.domain.sidecar import FILE_NAME, RecordingSidecar, read_sidecar
from app.domain.units import to_seconds
from app.lib.clock import Clock, SystemClock
from app.store.connecting import BUSY_TIMEOUT_S
from app.store.opening import prepare
from app.store.shelf import SqliteShelf

if TYPE_CHECKING:  # the window lists its meetings without SQLAlchemy
    from app.store.stores import Stores

log = logging.getLogger(__name__)

_SPOOL_SAMPLE_BYTES = 2


class Library:
    """An open library; a context manager. All of it may be used from any thread.

    The stores are opened when the first of them is asked for.

    Attributes:
        shelf: The list of what there is.
        opening_notice: A sentence for the user when opening was not plain sailing; else None.
    """

    def __init__(
        self, path: Path, clock: Clock, *, busy_timeout_s: float, opening_notice: str | None
    ) -> None:
        self._path = path
        self._clock = clock
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.Lock()
        self._opened: Stores | None = None
        self.shelf: MeetingShelf = SqliteShelf(path, busy_timeout_s=busy_timeout_s)
        self.opening_notice = opening_notice

    @property
    def meetings(self) -> MeetingStore:
        """Meetings and everything about them but the words."""
        return self._stores().meetings

    @property
    def transcripts(self) -> TranscriptStore:
        """Words, and what the user made of them."""
        return self._stores().transcripts

    @property
    def speakers(self) -> SpeakerStore:
        """Enrolled people."""
        return self._stores().speakers

    def _stores(self) -> Stores:
        with self._lock:
            if self._opened is None:
                # Imported here: it takes half a second, which a window that lists its meetings
                # need not wait for.
                from app.store.stores import Stores

                self._opened = Stores(self._path, self._clock, busy_timeout_s=self._busy_timeout_s)
            return self._opened

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
        known = {summary.meeting.meeting_id for summary in self.shelf.list()}
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
        with self._lock:
            if self._opened is not None:
                self._opened.close()


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
    return Library(database, clock, busy_timeout_s=busy_timeout_s, opening_notice=notice)


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
