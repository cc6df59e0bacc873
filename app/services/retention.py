"""How long recordings and meetings are kept: what is due, the sweep, and audio deleted by hand."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.domain.errors import KnownError
from app.domain.ids import MeetingId
from app.domain.meeting import Meeting, MeetingState
from app.domain.sentences import say
from app.services.claims import doing
from app.services.core import Core

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What the next sweep deletes.

    Attributes:
        audio: Meetings that lose their recordings and keep their text.
        meetings: Meetings that go as a whole.
        size_bytes: Of everything on disk that goes.
    """

    audio: tuple[Meeting, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    size_bytes: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is due."""
        return not self.audio and not self.meetings


class RetentionService:
    """Deletes what the settings say is too old; every method may be called from any thread.

    Only finished meetings lose their audio by age: a transcript that is still missing is made
    first. A meeting that a process works on is never touched.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    def due(self) -> Due:
        """What is older than the settings allow, at this moment."""
        rules = self._core.settings().privacy
        now = self._core.clock.now()
        audio, meetings, size_bytes = [], [], 0
        for summary in self._core.meetings.list():
            meeting = summary.meeting
            folder = self._core.folder_of(meeting.meeting_id)
            if doing(self._core, meeting) is not None:
                continue
            if _is_older(meeting, rules.keep_meetings_days, now):
                meetings.append(meeting)
            elif _loses_audio(meeting, folder) and _is_older(meeting, rules.keep_audio_days, now):
                audio.append(meeting)
            else:
                continue
            size_bytes += _size_of(folder)
        return Due(audio=tuple(audio), meetings=tuple(meetings), size_bytes=size_bytes)

    def sweep(self) -> Due:
        """Delete what is due; returns what was deleted.

        Raises:
            KnownError: The library or the disk refuses; what was deleted by then is gone.
        """
        found = self.due()
        for meeting in found.meetings:
            self._core.delete(meeting.meeting_id)
        for meeting in found.audio:
            self._drop_audio(meeting)
        if not found.is_empty:
            log.info(
                "retention: %d meetings and the audio of %d deleted, %d bytes",
                len(found.meetings), len(found.audio), found.size_bytes,
            )  # fmt: skip
        return found

    def delete_audio(self, meeting_id: MeetingId) -> int:
        """Delete the recordings of a meeting; text, speakers and corrections stay.

        Returns:
            The bytes freed.

        Raises:
            KnownError: The meeting is being recorded or transcribed, or the disk refuses.
        """
        meeting = self._core.meetings.get(meeting_id)
        folder = self._core.folder_of(meeting_id)
        if doing(self._core, meeting) is not None:
            raise KnownError(
                say(
                    "{title} is being worked on; its audio was not deleted. Wait until that "
                    "is done, then delete it.",
                    title=repr(meeting.title),
                )
            )
        size_bytes = _size_of(folder)
        if meeting.state is MeetingState.RECORDED:
            self._core.meetings.set_state(meeting_id, MeetingState.DONE)
        self._drop_audio(meeting)
        return size_bytes

    def _drop_audio(self, meeting: Meeting) -> None:
        # The library forgets first: a file that is left over then is taken by the next sweep,
        # while a stream without a file could be neither played nor refined.
        self._core.meetings.set_streams(meeting.meeting_id, (), meeting.duration_s)
        folder = self._core.folder_of(meeting.meeting_id)
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise KnownError(
                say(
                    "The recordings in {folder} could not be deleted: {cause}. The "
                    "transcript is kept; delete the folder by hand.",
                    folder=folder,
                    cause=error.strerror or error,
                )
            ) from error


def _loses_audio(meeting: Meeting, folder: Path) -> bool:
    return meeting.state is MeetingState.DONE and (bool(meeting.streams) or folder.exists())


def _is_older(meeting: Meeting, days: int, now: datetime) -> bool:
    """Whether a meeting ended more than `days` ago; 0 days keep it for ever."""
    ended_at = meeting.started_at + timedelta(seconds=meeting.duration_s)
    return days > 0 and now - ended_at > timedelta(days=days)


def _size_of(folder: Path) -> int:
    total = 0
    for parent, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += Path(parent, name).stat().st_size
            except OSError:  # gone meanwhile
                continue
    return total
