"""An in-memory library: the meeting, transcript and speaker stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, SegmentId, SpeakerId, StreamId, TrackId, new_speaker_id
from app.domain.marks import Hold, Marker
from app.domain.meeting import (
    WORKED_ON,
    Meeting,
    MeetingState,
    MeetingSummary,
    MeetingTranscript,
    SearchHit,
    StreamInfo,
    check_transition,
)
from app.domain.messages import (
    Health,
    ModelUse,
    Notice,
    SegmentStatus,
    SegmentUpdate,
    TranscriptPatch,
)
from app.domain.ports import Correction
from app.domain.selection import LineSelection
from app.domain.speakers import MeetingSpeaker, NameSource, SpeakerProfile, Voiceprint
from app.domain.transcript import Transcript


@dataclass
class _Record:
    meeting: Meeting
    transcript: Transcript = field(default_factory=Transcript)
    speakers: dict[TrackId, MeetingSpeaker] = field(default_factory=dict)
    edited: dict[SegmentId, str] = field(default_factory=dict)
    assigned: dict[SegmentId, TrackId] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    health: list[Health] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    log: list[Correction] = field(default_factory=list)


class FakeLibrary:
    """What `app.store.open_library` gives: .shelf, .meetings, .transcripts, .speakers."""

    def __init__(self) -> None:
        records: dict[MeetingId, _Record] = {}
        self.records = records
        self.shelf = FakeShelf(records)
        self.meetings = FakeMeetings(records)
        self.transcripts = FakeTranscripts(records)
        self.speakers = FakeSpeakers(records)
        self.opening_notice: str | None = None

    def close(self) -> None:
        """Nothing is open."""


def _find(records: Mapping[MeetingId, _Record], meeting_id: MeetingId) -> _Record:
    if meeting_id not in records:
        raise KnownError(f"There is no meeting {meeting_id}.")
    return records[meeting_id]


class FakeShelf:
    def __init__(self, records: dict[MeetingId, _Record]) -> None:
        self._records = records

    def list(self) -> tuple[MeetingSummary, ...]:
        return tuple(
            MeetingSummary(
                meeting=record.meeting,
                speakers=tuple(s.label for s in record.speakers.values()),
                word_count=sum(len(s.words) for s in record.transcript),
            )
            for record in reversed(self._records.values())
        )

    def unfinished(self) -> tuple[MeetingSummary, ...]:
        return tuple(s for s in self.list() if s.meeting.state in WORKED_ON)


class FakeMeetings:
    def __init__(self, records: dict[MeetingId, _Record]) -> None:
        self._records = records

    def create(self, meeting: Meeting) -> None:
        assert meeting.meeting_id not in self._records
        self._records[meeting.meeting_id] = _Record(meeting)

    def get(self, meeting_id: MeetingId) -> Meeting:
        return _find(self._records, meeting_id).meeting

    def set_state(self, meeting_id: MeetingId, state: MeetingState) -> None:
        record = _find(self._records, meeting_id)
        check_transition(record.meeting.state, state)
        record.meeting = replace(record.meeting, state=state)

    def set_streams(
        self, meeting_id: MeetingId, streams: Sequence[StreamInfo], duration_s: float
    ) -> None:
        record = _find(self._records, meeting_id)
        record.meeting = replace(record.meeting, streams=tuple(streams), duration_s=duration_s)

    def set_models(self, meeting_id: MeetingId, models: Sequence[ModelUse]) -> None:
        record = _find(self._records, meeting_id)
        record.meeting = replace(record.meeting, models=tuple(models))

    def rename(self, meeting_id: MeetingId, title: str) -> None:
        record = _find(self._records, meeting_id)
        record.meeting = replace(record.meeting, title=title)

    def delete(self, meeting_id: MeetingId) -> None:
        _find(self._records, meeting_id)
        del self._records[meeting_id]

    def put_hold(self, meeting_id: MeetingId, hold: Hold) -> None:
        record = _find(self._records, meeting_id)
        record.holds = [h for h in record.holds if h.start != hold.start] + [hold]

    def add_marker(self, meeting_id: MeetingId, marker: Marker) -> None:
        _find(self._records, meeting_id).markers.append(marker)

    def add_notice(self, meeting_id: MeetingId, notice: Notice, at_s: float) -> None:
        _find(self._records, meeting_id).notices.append(notice)

    def add_health(self, meeting_id: MeetingId, health: Health, at_s: float) -> None:
        _find(self._records, meeting_id).health.append(health)


class FakeTranscripts:
    def __init__(self, records: dict[MeetingId, _Record]) -> None:
        self._records = records

    def apply(self, meeting_id: MeetingId, patch: TranscriptPatch) -> tuple[SegmentUpdate, ...]:
        record = _find(self._records, meeting_id)
        finals = []
        for update in patch.updates:
            if update.status is SegmentStatus.FINAL:
                finals.append(self._respecting_corrections(record, update))
        changed = record.transcript.apply(replace(patch, updates=tuple(finals)))
        for update in changed:
            if update.track is not None and update.words:
                self._add_voice(record, update.track)
        return changed

    def transcript(self, meeting_id: MeetingId) -> MeetingTranscript:
        record = _find(self._records, meeting_id)
        return MeetingTranscript(
            meeting=record.meeting,
            speakers=self.speakers(meeting_id),
            segments=tuple(record.transcript),
            gaps=record.transcript.gaps,
            overlaps=record.transcript.overlaps,
            notices=tuple(record.notices),
            edited_texts=dict(record.edited),
            turns=record.transcript.turns,
            holds=tuple(record.holds),
            markers=tuple(record.markers),
        )

    def speakers(self, meeting_id: MeetingId) -> tuple[MeetingSpeaker, ...]:
        return tuple(_find(self._records, meeting_id).speakers.values())

    def processed_until(self, meeting_id: MeetingId) -> Mapping[StreamId, int]:
        return _find(self._records, meeting_id).transcript.processed_until

    def next_revision_base(self, meeting_id: MeetingId) -> int:
        return _find(self._records, meeting_id).transcript.next_revision

    def locked_segments(self, meeting_id: MeetingId) -> frozenset[SegmentId]:
        record = _find(self._records, meeting_id)
        return frozenset(record.edited) | frozenset(record.assigned)

    def given_lines(self, meeting_id: MeetingId) -> Mapping[SegmentId, TrackId]:
        return dict(_find(self._records, meeting_id).assigned)

    def name_track(self, meeting_id: MeetingId, track: TrackId, speaker: MeetingSpeaker) -> None:
        record = _find(self._records, meeting_id)
        known = record.speakers[track]
        record.speakers[track] = replace(speaker, track=track, index=known.index)

    def rename_track(self, meeting_id: MeetingId, track: TrackId, name: str) -> None:
        record = _find(self._records, meeting_id)
        voice = self._voice(record, track)
        record.speakers[track] = replace(voice, name=name, source=NameSource.USER, confidence=None)
        self._log(record, "rename-track", {"track": track, "name": voice.name}, {"name": name})

    def give_lines(
        self,
        meeting_id: MeetingId,
        lines: Sequence[LineSelection],
        track: TrackId | None,
        *,
        name: str | None = None,
    ) -> TrackId:
        """Gives whole lines; that is what the tests need."""
        record = _find(self._records, meeting_id)
        segments = [self._segment(record, line.segment_id) for line in lines]
        chosen = track or TrackId(f"S{len(record.speakers) + 1}")
        self._add_voice(record, chosen)
        for segment in segments:
            record.assigned[segment.segment_id] = chosen
            self._replace(record, replace(segment, revision=segment.revision + 1, track=chosen))
        before = {"segments": [s.segment_id for s in segments]}
        self._log(record, "give-lines", before, {"track": chosen})
        if track is None and name:
            self.rename_track(meeting_id, chosen, name)
        return chosen

    def edit_text(self, meeting_id: MeetingId, segment_id: SegmentId, text: str) -> None:
        record = _find(self._records, meeting_id)
        self._segment(record, segment_id)
        before = {"segment": segment_id, "text": record.edited.get(segment_id)}
        record.edited[segment_id] = text
        self._log(record, "edit-text", before, {"text": text})

    def edit_texts(self, meeting_id: MeetingId, texts: Mapping[SegmentId, str]) -> None:
        for segment_id, text in texts.items():
            self.edit_text(meeting_id, segment_id, text)

    def merge_tracks(self, meeting_id: MeetingId, source: TrackId, into: TrackId) -> None:
        record = _find(self._records, meeting_id)
        self._voice(record, into)
        moved = [s for s in record.transcript if s.track == source]
        del record.speakers[self._voice(record, source).track]
        for segment in moved:
            self._replace(record, replace(segment, revision=segment.revision + 1, track=into))
        self._log(record, "merge-tracks", {"source": source}, {"into": into})

    def corrections(self, meeting_id: MeetingId) -> tuple[Correction, ...]:
        return tuple(_find(self._records, meeting_id).log)

    def corrections_mark(self, meeting_id: MeetingId) -> str:
        log = _find(self._records, meeting_id).log
        return ",".join(f"{c.correction_id}{c.kind}{c.is_undone}{c.after}" for c in log)

    def undo(self, meeting_id: MeetingId) -> Correction | None:
        """Undoes renames and edits; that is what the tests need."""
        record = _find(self._records, meeting_id)
        standing = [c for c in record.log if not c.is_undone]
        if not standing:
            return None
        self._restore(record, standing[-1].before)
        return self._mark(record, standing[-1], is_undone=True)

    def redo(self, meeting_id: MeetingId) -> Correction | None:
        record = _find(self._records, meeting_id)
        undone = [c for c in record.log if c.is_undone]
        if not undone:
            return None
        self._restore(record, {**undone[0].before, **undone[0].after})
        return self._mark(record, undone[0], is_undone=False)

    def search(self, text: str, *, limit: int = 50) -> tuple[SearchHit, ...]:
        hits = []
        for meeting_id in self._records:
            transcript = self.transcript(meeting_id)
            for segment in transcript.segments:
                line = transcript.text_of(segment)
                if all(word in line.casefold() for word in text.casefold().split()):
                    hits.append(
                        SearchHit(
                            meeting_id=meeting_id,
                            meeting_title=transcript.meeting.title,
                            segment_id=segment.segment_id,
                            stream=segment.stream,
                            span=segment.span,
                            speaker=transcript.label_of(segment.track),
                            snippet=f"[{line}]",
                        )
                    )
        return tuple(hits[:limit])

    def _respecting_corrections(self, record: _Record, update: SegmentUpdate) -> SegmentUpdate:
        known = record.transcript.get(update.segment_id)
        if update.segment_id in record.edited and known is not None:
            update = replace(update, words=known.words, span=known.span)
        track = record.assigned.get(update.segment_id)
        return update if track is None else replace(update, track=track)

    def _restore(self, record: _Record, values: Mapping[str, Any]) -> None:
        if "track" in values and "segment" not in values:
            voice = record.speakers[values["track"]]
            record.speakers[values["track"]] = replace(voice, name=values["name"])
        elif "text" in values:
            if values["text"] is None:
                record.edited.pop(values["segment"], None)
            else:
                record.edited[values["segment"]] = values["text"]

    def _mark(self, record: _Record, correction: Correction, *, is_undone: bool) -> Correction:
        marked = replace(correction, is_undone=is_undone)
        record.log[record.log.index(correction)] = marked
        return marked

    def _log(self, record: _Record, kind: str, before: Any, after: Any) -> None:
        record.log = [c for c in record.log if not c.is_undone]
        record.log.append(
            Correction(
                correction_id=len(record.log) + 1,
                made_at=datetime(2026, 1, 1, tzinfo=UTC),
                kind=kind,
                before=before,
                after=after,
                is_undone=False,
            )
        )

    def _replace(self, record: _Record, segment: SegmentUpdate) -> None:
        record.transcript.apply(TranscriptPatch(updates=(segment,)))

    def _segment(self, record: _Record, segment_id: SegmentId) -> SegmentUpdate:
        segment = record.transcript.get(segment_id)
        if segment is None:
            raise KnownError(f"There is no line {segment_id}.")
        return segment

    def _voice(self, record: _Record, track: TrackId) -> MeetingSpeaker:
        if track not in record.speakers:
            raise KnownError(f"There is no voice {track}.")
        return record.speakers[track]

    def _add_voice(self, record: _Record, track: TrackId) -> None:
        if track not in record.speakers:
            index = max((s.index for s in record.speakers.values()), default=0) + 1
            record.speakers[track] = MeetingSpeaker(track=track, index=index)


class FakeSpeakers:
    def __init__(self, records: dict[MeetingId, _Record]) -> None:
        self._records = records
        self._people: dict[SpeakerId, SpeakerProfile] = {}
        self._prints: list[Voiceprint] = []

    def list(self) -> tuple[SpeakerProfile, ...]:
        counted = [
            replace(p, voiceprint_count=sum(v.speaker_id == p.speaker_id for v in self._prints))
            for p in self._people.values()
        ]
        return tuple(sorted(counted, key=lambda p: p.name))

    def add(self, name: str, *, has_consent: bool) -> SpeakerProfile:
        if any(p.name == name for p in self._people.values()):
            raise KnownError(f"{name} is enrolled already.")
        profile = SpeakerProfile(
            speaker_id=new_speaker_id(),
            name=name,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            has_consent=has_consent,
        )
        self._people[profile.speaker_id] = profile
        return profile

    def rename(self, speaker_id: SpeakerId, name: str) -> None:
        self._people[speaker_id] = replace(self._people[speaker_id], name=name)
        for record in self._records.values():
            for track, voice in record.speakers.items():
                if voice.speaker_id == speaker_id:
                    record.speakers[track] = replace(voice, name=name)

    def merge(self, source: SpeakerId, into: SpeakerId) -> None:
        self._prints = [
            replace(v, speaker_id=into) if v.speaker_id == source else v for v in self._prints
        ]
        del self._people[source]

    def forget(self, speaker_id: SpeakerId) -> None:
        del self._people[speaker_id]
        self._prints = [v for v in self._prints if v.speaker_id != speaker_id]

    def add_voiceprint(self, voiceprint: Voiceprint) -> None:
        self._prints.append(voiceprint)

    def replace_voiceprints(self, speaker_id: SpeakerId, voiceprints: Sequence[Voiceprint]) -> None:
        self._prints = [v for v in self._prints if v.speaker_id != speaker_id] + [*voiceprints]

    def learn_voiceprints(self, meeting_id: MeetingId, voiceprints: Sequence[Voiceprint]) -> None:
        self._prints = [v for v in self._prints if v.meeting_id != meeting_id] + [*voiceprints]

    def voiceprints(self) -> tuple[Voiceprint, ...]:
        return tuple(self._prints)
