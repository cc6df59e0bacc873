"""The stored meetings: list, read, search, rename, correct, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, SegmentId, TrackId
from app.domain.meeting import (
    Meeting,
    MeetingSummary,
    MeetingTranscript,
    SearchHit,
)
from app.domain.ports import Correction
from app.domain.selection import LineSelection
from app.domain.sentences import say
from app.services.claims import doing
from app.services.core import Core

NEWEST = "last"
_SHOWN_CANDIDATES = 5


class LibraryService:
    """Use cases on stored meetings; every method may be called from any thread."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self) -> tuple[MeetingSummary, ...]:
        """All meetings, newest first."""
        return self._core.meetings.list()

    def resolve(self, reference: str) -> Meeting:
        """Find the meeting that a person means: id, unique start of an id, "last", or title.

        Raises:
            KnownError: None or several fit; the message lists what could be meant.
        """
        meetings = [summary.meeting for summary in self._core.meetings.list()]
        wanted = reference.strip()
        if not meetings:
            raise KnownError("The library is empty. Make a meeting with `crosstalk transcribe`.")
        if wanted == NEWEST:
            return meetings[0]
        folded = wanted.casefold()
        for found in (
            [m for m in meetings if m.meeting_id == wanted],
            [m for m in meetings if m.title.casefold() == folded],
            [m for m in meetings if folded and m.meeting_id.startswith(folded)],
            [m for m in meetings if folded and folded in m.title.casefold()],
        ):
            if len(found) == 1:
                return found[0]
            if found:
                raise KnownError(
                    say(
                        "Several meetings fit {wanted}: {meetings}. Use the id.",
                        wanted=repr(wanted),
                        meetings=_listed(found),
                    )
                )
        raise KnownError(
            say(
                "No meeting fits {wanted}. The newest are: {meetings}.",
                wanted=repr(wanted),
                meetings=_listed(meetings),
            )
        )

    def transcript(self, meeting_id: MeetingId) -> MeetingTranscript:
        """Everything about one meeting."""
        return self._core.transcripts.transcript(meeting_id)

    def search(self, text: str, *, limit: int = 50) -> tuple[SearchHit, ...]:
        """Full-text search over all meetings."""
        return self._core.transcripts.search(text, limit=limit)

    def rename(self, meeting_id: MeetingId, title: str) -> None:
        """Change the title.

        Raises:
            KnownError: The title is empty.
        """
        self._core.meetings.rename(meeting_id, _required(title, say("title")))

    def delete(self, meeting_id: MeetingId) -> None:
        """Remove a meeting and its recordings.

        Raises:
            KnownError: The meeting is being worked on, or a file cannot be deleted.
        """
        meeting = self._core.meetings.get(meeting_id)
        at_work = doing(self._core, meeting)
        if at_work is not None:
            raise KnownError(
                say(
                    "{title} is being {doing} and was not deleted. Stop that first.",
                    title=repr(meeting.title),
                    doing=at_work,
                )
            )
        self._core.delete(meeting_id)

    def rename_track(self, meeting_id: MeetingId, track: TrackId, name: str) -> None:
        """Name a voice everywhere in the meeting; an empty name gives "Speaker 1" back."""
        self._core.transcripts.rename_track(meeting_id, track, name.strip())

    def give_lines(
        self,
        meeting_id: MeetingId,
        lines: Sequence[LineSelection],
        track: TrackId | None,
        *,
        name: str | None = None,
    ) -> TrackId:
        """Give lines, or words of them, to another voice, or to a new one (None); undone as one.

        Args:
            name: Of a new voice; None leaves it without.

        Returns:
            The voice.
        """
        return self._core.transcripts.give_lines(meeting_id, lines, track, name=name)

    def corrections(self, meeting_id: MeetingId) -> tuple[Correction, ...]:
        """What the user corrected, oldest first; what was undone last stands at the end."""
        return self._core.transcripts.corrections(meeting_id)

    def edit_text(self, meeting_id: MeetingId, segment_id: SegmentId, text: str) -> None:
        """Rewrite a line."""
        self._core.transcripts.edit_text(meeting_id, segment_id, text.strip())

    def edit_texts(self, meeting_id: MeetingId, texts: Mapping[SegmentId, str]) -> None:
        """Rewrite lines in one correction; an empty text takes a line out."""
        stripped = {segment_id: text.strip() for segment_id, text in texts.items()}
        self._core.transcripts.edit_texts(meeting_id, stripped)

    def merge_tracks(self, meeting_id: MeetingId, source: TrackId, into: TrackId) -> None:
        """Two voices are one person.

        Raises:
            KnownError: Both are the same voice.
        """
        if source == into:
            raise KnownError("A voice cannot be merged with itself: name two voices.")
        self._core.transcripts.merge_tracks(meeting_id, source, into)

    def undo(self, meeting_id: MeetingId) -> Correction | None:
        """Take back the newest correction."""
        return self._core.transcripts.undo(meeting_id)

    def redo(self, meeting_id: MeetingId) -> Correction | None:
        """Apply the last undone correction again."""
        return self._core.transcripts.redo(meeting_id)


def _required(text: str, what: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise KnownError(say("The {what} is empty: type one.", what=what))
    return stripped


def _listed(meetings: list[Meeting]) -> str:
    shown = ", ".join(f"{m.meeting_id} ({m.title})" for m in meetings[:_SHOWN_CANDIDATES])
    return shown + (", ..." if len(meetings) > _SHOWN_CANDIDATES else "")
