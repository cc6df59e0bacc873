"""A library in memory for the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, SegmentId, TrackId
from app.domain.meeting import Meeting, MeetingSummary, MeetingTranscript, SearchHit
from app.domain.ports import (
    Correction,
)
from app.domain.selection import LineSelection
from app.domain.speakers import MeetingSpeaker, NameSource
from app.services.library import LibraryService

WAIT_S = 20.0


class FakeLibrary(LibraryService):
    """Meetings in a dictionary; corrections are undone by keeping every state."""

    def __init__(self, transcripts: Sequence[MeetingTranscript] = ()) -> None:
        self.transcripts = {t.meeting.meeting_id: t for t in transcripts}
        self.failure: BaseException | None = None
        self.search_failure: BaseException | None = None
        self._done: list[MeetingTranscript] = []
        self._undone: list[MeetingTranscript] = []

    def open_stores(self) -> None:
        """Nothing is opened."""

    def list(self) -> tuple[MeetingSummary, ...]:
        self._fail()
        ordered = sorted(self.transcripts.values(), key=lambda t: t.meeting.started_at)
        return tuple(
            MeetingSummary(
                meeting=t.meeting,
                speakers=tuple(s.label for s in t.speakers),
                word_count=sum(len(s.words) for s in t.segments),
            )
            for t in reversed(ordered)
        )

    def resolve(self, reference: str) -> Meeting:
        return self.transcripts[MeetingId(reference)].meeting

    def transcript(self, meeting_id: MeetingId) -> MeetingTranscript:
        self._fail()
        if meeting_id not in self.transcripts:
            raise KnownError("This meeting is not in the library any more.")
        return self.transcripts[meeting_id]

    def search(self, text: str, *, limit: int = 50) -> tuple[SearchHit, ...]:
        if self.search_failure is not None:
            raise self.search_failure
        terms = text.lower().split()
        hits = []
        for t in self.transcripts.values():
            for s in t.segments:
                line = t.text_of(s)
                if all(term in line.lower() for term in terms):
                    for term in terms:
                        at = line.lower().index(term)
                        line = f"{line[:at]}[{line[at : at + len(term)]}]{line[at + len(term) :]}"
                    hits.append(
                        SearchHit(
                            meeting_id=t.meeting.meeting_id,
                            meeting_title=t.meeting.title,
                            segment_id=s.segment_id,
                            stream=s.stream,
                            span=s.span,
                            speaker=t.label_of(s.track),
                            snippet=line,
                        )
                    )
        return tuple(hits[:limit])

    def rename(self, meeting_id: MeetingId, title: str) -> None:
        t = self.transcript(meeting_id)
        self._store(replace(t, meeting=replace(t.meeting, title=title)))

    def delete(self, meeting_id: MeetingId) -> None:
        self._fail()
        del self.transcripts[meeting_id]

    def rename_track(self, meeting_id: MeetingId, track: TrackId, name: str) -> None:
        t = self.transcript(meeting_id)
        speakers = tuple(
            replace(s, name=name, source=NameSource.USER) if s.track == track else s
            for s in t.speakers
        )
        self._store(replace(t, speakers=speakers))

    def give_lines(
        self,
        meeting_id: MeetingId,
        lines: Sequence[LineSelection],
        track: TrackId | None,
        *,
        name: str | None = None,
    ) -> TrackId:
        t = self.transcript(meeting_id)
        speakers = t.speakers
        if track is None:
            index = len(speakers) + 1
            track = TrackId(f"S{index}")
            source = NameSource.USER if name else NameSource.NONE
            made = MeetingSpeaker(track=track, index=index, name=name, source=source)
            speakers = (*speakers, made)
        ids = {line.segment_id for line in lines}
        segments = tuple(replace(s, track=track) if s.segment_id in ids else s for s in t.segments)
        self._store(replace(t, segments=segments, speakers=speakers))
        return track

    def edit_text(self, meeting_id: MeetingId, segment_id: SegmentId, text: str) -> None:
        t = self.transcript(meeting_id)
        self._store(replace(t, edited_texts={**t.edited_texts, segment_id: text}))

    def edit_texts(self, meeting_id: MeetingId, texts: Mapping[SegmentId, str]) -> None:
        t = self.transcript(meeting_id)
        self._store(replace(t, edited_texts={**t.edited_texts, **texts}))

    def merge_tracks(self, meeting_id: MeetingId, source: TrackId, into: TrackId) -> None:
        t = self.transcript(meeting_id)
        segments = tuple(replace(s, track=into) if s.track == source else s for s in t.segments)
        speakers = tuple(s for s in t.speakers if s.track != source)
        self._store(replace(t, segments=segments, speakers=speakers))

    def undo(self, meeting_id: MeetingId) -> Correction | None:
        if self._done:
            self._undone.append(self.transcripts[meeting_id])
            self.transcripts[meeting_id] = self._done.pop()
        return None

    def redo(self, meeting_id: MeetingId) -> Correction | None:
        if self._undone:
            self._done.append(self.transcripts[meeting_id])
            self.transcripts[meeting_id] = self._undone.pop()
        return None

    def _store(self, changed: MeetingTranscript) -> None:
        self._done.append(self.transcripts[changed.meeting.meeting_id])
        self._undone.clear()
        self.transcripts[changed.meeting.meeting_id] = changed

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure
