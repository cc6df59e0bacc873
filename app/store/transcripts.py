"""Transcripts: patches from the engine, corrections by the user, full-text search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.meeting import MeetingTranscript, SearchHit
from app.domain.messages import SegmentStatus, SegmentUpdate, TranscriptPatch
from app.domain.ports import Correction
from app.domain.selection import LineSelection
from app.domain.speakers import MeetingSpeaker
from app.lib.clock import Clock
from app.store import corrections, events, naming, search, segments, splitting, tracks, turns
from app.store.db import Database
from app.store.meetings import MeetingRows
from app.store.tables import MeetingRow, ResumePointRow, SegmentRevisionRow, SegmentRow


class SqliteTranscripts:
    """The `TranscriptStore` of one library; every method may be called from any thread."""

    def __init__(self, database: Database, meeting_rows: MeetingRows, clock: Clock) -> None:
        self._database = database
        self._meeting_rows = meeting_rows
        self._clock = clock

    def apply(self, meeting_id: MeetingId, patch: TranscriptPatch) -> tuple[SegmentUpdate, ...]:
        """Apply the FINAL updates of a patch in one transaction; partials are never stored.

        Applying a patch twice, or patches in another order, ends in the same transcript. What
        the user corrected stays: edited text, assigned speaker, merged voices. Turns replace the
        stream's older ones.

        Returns:
            The segments as they now stand, for those that changed; retracted ones have no words.

        Raises:
            KnownError: No such meeting, or the library refuses (nothing of the patch is stored).
        """
        finals = [u for u in patch.updates if u.status is SegmentStatus.FINAL]
        with self._database.write() as session:
            self._meeting_rows.require(session, meeting_id)
            changed = self._apply_finals(session, meeting_id, finals)
            events.add_gaps(session, meeting_id, patch.gaps)
            events.add_overlaps(session, meeting_id, patch.overlaps)
            _advance(session, meeting_id, patch.processed_until)
            turns.store_turns(session, meeting_id, patch.turns, patch.turns_revision)
            roots = naming.roots_of(tracks.track_rows(session, meeting_id))
            return tuple(
                segments.to_update(row, update.words, roots)
                if row.edited_text is None
                else segments.visible_update(session, row, roots)
                for row, update in changed
            )

    def transcript(self, meeting_id: MeetingId) -> MeetingTranscript:
        """Everything about one meeting, user's corrections included.

        Raises:
            KnownError: No such meeting.
        """
        with self._database.read() as session:
            meeting = self._meeting_rows.meeting(session, meeting_id)
            track_rows = tracks.track_rows(session, meeting_id)
            roots = naming.roots_of(track_rows)
            rows = segments.visible_segments(session, meeting_id)
            words = segments.visible_words(session, meeting_id)
            updates = [segments.to_update(row, words[row.segment_key], roots) for row in rows]
            updates.sort(key=lambda u: (u.span.start, u.span.end, u.stream, u.segment_id))
            spoken = turns.turns_of(session, meeting_id, rows, roots)
            seen = {update.track for update in updates} | {turn.track for turn in spoken}
            return MeetingTranscript(
                meeting=meeting,
                speakers=tuple(
                    speaker
                    for track, speaker in naming.speakers_of(track_rows).items()
                    if track in seen
                ),
                segments=tuple(updates),
                gaps=events.gaps_of(session, meeting_id),
                overlaps=events.overlaps_of(session, meeting_id, roots),
                notices=events.notices_of(session, meeting_id),
                edited_texts={
                    SegmentId(row.segment_id): row.edited_text
                    for row in rows
                    if row.edited_text is not None
                },
                turns=spoken,
                holds=events.holds_of(session, meeting_id),
                markers=events.markers_of(session, meeting_id),
            )

    def speakers(self, meeting_id: MeetingId) -> tuple[MeetingSpeaker, ...]:
        """The voices of one meeting, by index; cheap enough to ask after every patch."""
        with self._database.read() as session:
            return tuple(naming.speakers_of(tracks.track_rows(session, meeting_id)).values())

    def processed_until(self, meeting_id: MeetingId) -> Mapping[StreamId, int]:
        """Per stream, the sample before which everything is final: where to resume."""
        with self._database.read() as session:
            rows = session.scalars(
                select(ResumePointRow).where(ResumePointRow.meeting_id == meeting_id)
            )
            return {StreamId(row.stream): row.sample for row in rows}

    def next_revision_base(self, meeting_id: MeetingId) -> int:
        """A revision above every stored one; 0 for a meeting without segments and turns."""
        with self._database.read() as session:
            newest = session.scalar(
                select(func.max(SegmentRevisionRow.revision))
                .join(SegmentRow, SegmentRow.segment_key == SegmentRevisionRow.segment_key)
                .where(SegmentRow.meeting_id == meeting_id)
            )
            of_turns = turns.newest_revision(session, meeting_id)
            return max(r for r in (newest, of_turns, -1) if r is not None) + 1

    def locked_segments(self, meeting_id: MeetingId) -> frozenset[SegmentId]:
        """Segments whose text or speaker the user set."""
        with self._database.read() as session:
            found = session.scalars(
                select(SegmentRow.segment_id).where(
                    SegmentRow.meeting_id == meeting_id,
                    or_(
                        SegmentRow.edited_text.is_not(None), SegmentRow.assigned_track.is_not(None)
                    ),
                )
            )
            return frozenset(SegmentId(segment_id) for segment_id in found)

    def given_lines(self, meeting_id: MeetingId) -> dict[SegmentId, TrackId]:
        """The whole segments that the user gave to a voice, with that voice; no cut lines."""
        with self._database.read() as session:
            visible = session.scalars(
                select(SegmentRow.segment_id).where(
                    SegmentRow.meeting_id == meeting_id,
                    SegmentRow.word_count > 0,
                    SegmentRow.segment_id.contains(splitting.PART_MARK),
                )
            )
            cut = {segment_id.rpartition(splitting.PART_MARK)[0] for segment_id in visible}
            rows = session.execute(
                select(SegmentRow.segment_id, SegmentRow.assigned_track).where(
                    SegmentRow.meeting_id == meeting_id, SegmentRow.assigned_track.is_not(None)
                )
            )
            roots = naming.roots_of(tracks.track_rows(session, meeting_id))
            return {
                SegmentId(segment_id): roots.get(TrackId(track), TrackId(track))
                for segment_id, track in rows
                if track is not None and segment_id not in cut
            }

    def name_track(self, meeting_id: MeetingId, track: TrackId, speaker: MeetingSpeaker) -> None:
        """Set what recognition says of a voice; a name given by the user stays.

        Raises:
            KnownError: The meeting has no such voice.
        """
        with self._database.write() as session:
            row = tracks.known_root(tracks.track_rows(session, meeting_id), track)
            tracks.set_recognised(session, row, speaker)

    def rename_track(self, meeting_id: MeetingId, track: TrackId, name: str) -> None:
        """The user names a voice; an empty name gives "Speaker 1" back.

        Raises:
            KnownError: The meeting has no such voice.
        """
        with self._database.write() as session:
            corrections.rename_track(session, meeting_id, track, name, now=self._clock.now())

    def give_lines(
        self,
        meeting_id: MeetingId,
        lines: Sequence[LineSelection],
        track: TrackId | None,
        *,
        name: str | None = None,
    ) -> TrackId:
        """The user gives lines, or words of them, to another voice or to a new one (None).

        Returns:
            The voice's track.

        Raises:
            KnownError: The meeting has no such line, words or voice.
        """
        with self._database.write() as session:
            return corrections.give_lines(
                session, meeting_id, lines, track, name, now=self._clock.now()
            )

    def edit_text(self, meeting_id: MeetingId, segment_id: SegmentId, text: str) -> None:
        """The user rewrites a segment; an empty text takes the line out.

        Raises:
            KnownError: The meeting has no such segment.
        """
        with self._database.write() as session:
            corrections.edit_text(session, meeting_id, segment_id, text, now=self._clock.now())

    def edit_texts(self, meeting_id: MeetingId, texts: Mapping[SegmentId, str]) -> None:
        """The user rewrites segments in one correction; an empty text takes a line out.

        Raises:
            KnownError: The meeting lacks one of the segments; nothing was changed.
        """
        with self._database.write() as session:
            corrections.edit_texts(session, meeting_id, texts, now=self._clock.now())

    def merge_tracks(self, meeting_id: MeetingId, source: TrackId, into: TrackId) -> None:
        """The user says that two voices are one; later patches follow.

        Raises:
            KnownError: The meeting has no such voice.
        """
        with self._database.write() as session:
            corrections.merge_tracks(session, meeting_id, source, into, now=self._clock.now())

    def corrections(self, meeting_id: MeetingId) -> tuple[Correction, ...]:
        """The log, oldest first; undone corrections stay in it until the next new one."""
        with self._database.read() as session:
            return corrections.log_of(session, meeting_id)

    def corrections_mark(self, meeting_id: MeetingId) -> str:
        """A text that changes with every correction, undo and redo; "" before the first."""
        with self._database.read() as session:
            return corrections.mark_of(session, meeting_id)

    def undo(self, meeting_id: MeetingId) -> Correction | None:
        """Take back the newest correction that stands; None if there is none."""
        with self._database.write() as session:
            return corrections.undo(session, meeting_id)

    def redo(self, meeting_id: MeetingId) -> Correction | None:
        """Apply the oldest undone correction again; None if there is none."""
        with self._database.write() as session:
            return corrections.redo(session, meeting_id)

    def search(self, text: str, *, limit: int = 50) -> tuple[SearchHit, ...]:
        """Full-text search over all meetings, best first; all words must occur, prefixes match.

        Any text is legal; one without a letter or digit finds nothing.
        """
        with self._database.read() as session:
            found = search.find(session, text, limit=limit)
            keys = [segment_key for segment_key, _ in found]
            rows = {
                segment.segment_key: (segment, title)
                for segment, title in session.execute(
                    select(SegmentRow, MeetingRow.title)
                    .join(MeetingRow, MeetingRow.meeting_id == SegmentRow.meeting_id)
                    .where(SegmentRow.segment_key.in_(keys))
                )
            }
            labels = {
                meeting_id: _Labels(session, MeetingId(meeting_id))
                for meeting_id in {segment.meeting_id for segment, _ in rows.values()}
            }
            return tuple(
                SearchHit(
                    meeting_id=MeetingId(segment.meeting_id),
                    meeting_title=title,
                    segment_id=SegmentId(segment.segment_id),
                    stream=StreamId(segment.stream),
                    span=segments.span_of(segment),
                    speaker=labels[segment.meeting_id].of(segment),
                    snippet=snippet,
                )
                for key, snippet in found
                for segment, title in (rows[key],)
            )

    def _apply_finals(
        self, session: Session, meeting_id: MeetingId, finals: list[SegmentUpdate]
    ) -> list[tuple[SegmentRow, SegmentUpdate]]:
        """Store what is new; returns it with its rows, in the order of the patch."""
        by_time = sorted(finals, key=lambda u: (u.span, u.stream, u.segment_id, u.revision))
        tracks.ensure_tracks(session, meeting_id, (u.track for u in by_time if u.track is not None))
        rows = segments.find_rows(session, meeting_id, (u.segment_id for u in finals))
        changed: dict[SegmentId, SegmentUpdate] = {}
        for update in finals:
            row = rows.get(update.segment_id)
            if row is None or update.revision > row.revision:
                rows[update.segment_id] = segments.take_update(session, meeting_id, row, update)
                if row is not None and row.edited_text is not None:
                    splitting.follow_parts(session, meeting_id, update)
                changed[update.segment_id] = update
        session.flush()
        segments.replace_machine_words(
            session, {rows[u.segment_id].segment_key: u.words for u in changed.values()}
        )
        segments.remember_revisions(
            session, [(rows[u.segment_id].segment_key, u) for u in finals], self._clock.now()
        )
        return [(rows[segment_id], update) for segment_id, update in changed.items()]


class _Labels:
    """What the user reads as the speakers of one meeting."""

    def __init__(self, session: Session, meeting_id: MeetingId) -> None:
        rows = tracks.track_rows(session, meeting_id)
        self._roots = naming.roots_of(rows)
        self._speakers = naming.speakers_of(rows)

    def of(self, row: SegmentRow) -> str:
        track = segments.effective_track(row, self._roots)
        return "Unknown" if track is None else self._speakers[track].label


def _advance(
    session: Session, meeting_id: MeetingId, processed_until: Mapping[StreamId, int]
) -> None:
    for stream, sample in processed_until.items():
        statement = sqlite.insert(ResumePointRow).values(
            meeting_id=meeting_id, stream=stream.value, sample=sample
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["meeting_id", "stream"],
                set_={"sample": func.max(ResumePointRow.sample, statement.excluded.sample)},
            )
        )
