"""Enrolled people and their voiceprints; deletion really deletes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, ModelId, SpeakerId, new_speaker_id
from app.domain.sentences import say
from app.domain.speakers import SpeakerProfile, Voiceprint
from app.lib.clock import Clock
from app.store import backups
from app.store.db import Database
from app.store.search import clean
from app.store.tables import SpeakerRow, TrackRow, VoiceprintRow

_VECTOR_TYPE = np.dtype("<f4")


class SqliteSpeakers:
    """The `SpeakerStore` of one library; every method may be called from any thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(self) -> tuple[SpeakerProfile, ...]:
        """All people, by name."""
        with self._database.read() as session:
            rows = session.execute(
                select(SpeakerRow, func.count(VoiceprintRow.voiceprint_id))
                .outerjoin(VoiceprintRow, VoiceprintRow.speaker_id == SpeakerRow.speaker_id)
                .group_by(SpeakerRow.speaker_id)
                .order_by(SpeakerRow.name_key)
            )
            return tuple(
                SpeakerProfile(
                    speaker_id=SpeakerId(row.speaker_id),
                    name=row.name,
                    created_at=row.created_at,
                    has_consent=row.has_consent,
                    voiceprint_count=voiceprint_count,
                )
                for row, voiceprint_count in rows
            )

    def add(self, name: str, *, has_consent: bool) -> SpeakerProfile:
        """Add a person.

        Raises:
            KnownError: The name is empty or taken (upper and lower case are the same).
        """
        profile = SpeakerProfile(
            speaker_id=new_speaker_id(),
            name=_checked_name(name),
            created_at=self._clock.now(),
            has_consent=has_consent,
        )
        with self._database.write() as session:
            _refuse_taken(session, profile.name, None)
            session.add(
                SpeakerRow(
                    speaker_id=profile.speaker_id,
                    name=profile.name,
                    name_key=_key(profile.name),
                    created_at=profile.created_at,
                    has_consent=has_consent,
                )
            )
        return profile

    def rename(self, speaker_id: SpeakerId, name: str) -> None:
        """Change a name, in past meetings too.

        Raises:
            KnownError: No such person, or the name is empty or taken.
        """
        new_name = _checked_name(name)
        with self._database.write() as session:
            row = _require(session, speaker_id)
            _refuse_taken(session, new_name, speaker_id)
            _rename_tracks(session, row, new_name)
            row.name = new_name
            row.name_key = _key(new_name)

    def merge(self, source: SpeakerId, into: SpeakerId) -> None:
        """Two profiles are one person: voiceprints and past meetings of `source` go to `into`.

        Raises:
            KnownError: No such person.
        """
        with self._database.write() as session:
            source_row, into_row = _require(session, source), _require(session, into)
            if source_row is into_row:
                return
            _rename_tracks(session, source_row, into_row.name)
            for table in (TrackRow, VoiceprintRow):
                session.execute(
                    update(table).where(table.speaker_id == source).values(speaker_id=into)
                )
            into_row.has_consent = into_row.has_consent and source_row.has_consent
            session.delete(source_row)

    def forget(self, speaker_id: SpeakerId) -> None:
        """Delete a person with all voiceprints, from backups of the library too.

        Names in past meetings stay as text.

        Raises:
            KnownError: No such person.
        """
        with self._database.write() as session:
            _require(session, speaker_id)
            session.execute(delete(SpeakerRow).where(SpeakerRow.speaker_id == speaker_id))
        self._database.checkpoint()
        backups.forget_speaker(self._database.path, speaker_id)

    def add_voiceprint(self, voiceprint: Voiceprint) -> None:
        """Store an embedding.

        Raises:
            KnownError: No such person.
        """
        with self._database.write() as session:
            _require(session, voiceprint.speaker_id)
            session.add(_row(voiceprint))

    def replace_voiceprints(self, speaker_id: SpeakerId, voiceprints: Sequence[Voiceprint]) -> None:
        """Put these in the place of all embeddings of a person, in one transaction.

        Raises:
            KnownError: No such person.
        """
        with self._database.write() as session:
            _require(session, speaker_id)
            session.execute(delete(VoiceprintRow).where(VoiceprintRow.speaker_id == speaker_id))
            session.add_all(_row(voiceprint) for voiceprint in voiceprints)

    def learn_voiceprints(self, meeting_id: MeetingId, voiceprints: Sequence[Voiceprint]) -> None:
        """Put these in the place of everything learned from a meeting, in one transaction.

        Those of people who were forgotten meanwhile are left out.
        """
        with self._database.write() as session:
            session.execute(delete(VoiceprintRow).where(VoiceprintRow.meeting_id == meeting_id))
            for voiceprint in voiceprints:
                if session.get(SpeakerRow, voiceprint.speaker_id) is not None:
                    session.add(_row(voiceprint))

    def voiceprints(self) -> tuple[Voiceprint, ...]:
        """All embeddings, oldest first; the vectors are read-only."""
        with self._database.read() as session:
            rows = session.scalars(select(VoiceprintRow).order_by(VoiceprintRow.voiceprint_id))
            return tuple(
                Voiceprint(
                    speaker_id=SpeakerId(row.speaker_id),
                    model_id=ModelId(row.model_id),
                    vector=np.frombuffer(row.vector, dtype=_VECTOR_TYPE),
                    speech_s=row.speech_s,
                    created_at=row.created_at,
                    meeting_id=MeetingId(row.meeting_id) if row.meeting_id else None,
                )
                for row in rows
            )


def _row(voiceprint: Voiceprint) -> VoiceprintRow:
    return VoiceprintRow(
        speaker_id=voiceprint.speaker_id,
        model_id=voiceprint.model_id,
        vector=voiceprint.vector.astype(_VECTOR_TYPE).tobytes(),
        speech_s=voiceprint.speech_s,
        created_at=voiceprint.created_at,
        meeting_id=voiceprint.meeting_id,
    )


def _key(name: str) -> str:
    return name.casefold()


def _checked_name(name: str) -> str:
    cleaned = clean(name)
    if not cleaned:
        raise KnownError("A person needs a name; nothing was changed.")
    return cleaned


def _require(session: Session, speaker_id: SpeakerId) -> SpeakerRow:
    row = session.get(SpeakerRow, speaker_id)
    if row is None:
        raise KnownError("This person is not enrolled (any more). See `crosstalk speakers list`.")
    return row


def _refuse_taken(session: Session, name: str, own_id: SpeakerId | None) -> None:
    taken = session.scalars(select(SpeakerRow).where(SpeakerRow.name_key == _key(name))).first()
    if taken is not None and taken.speaker_id != own_id:
        raise KnownError(
            say(
                "The name {name} is taken; nothing was changed. Choose another name, or "
                "merge the two people.",
                name=taken.name,
            )
        )


def _rename_tracks(session: Session, person: SpeakerRow, new_name: str) -> None:
    """Carry a new name into past meetings, where the voice carries the person's old one."""
    linked = session.scalars(select(TrackRow).where(TrackRow.speaker_id == person.speaker_id))
    for track in linked:
        if track.user_name == person.name:
            track.user_name = new_name
        track.name = new_name
