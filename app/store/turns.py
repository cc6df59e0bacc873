"""Who talks when: the turns of the final pass, with the user's corrections laid over at reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from app.domain.ids import MeetingId, StreamId, TrackId
from app.domain.messages import SpeakerTurn
from app.domain.units import SESSION_RATE_HZ, Span
from app.store import segments, tracks
from app.store.tables import TurnsRow

_EDGE_SAMPLES = SESSION_RATE_HZ // 2
"""Turns reach past the words by the uncertainty of both: a shorter rest is not worth a turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A segment as far as turns are concerned.

    Attributes:
        heard: The voice that the machine heard, merged voices followed.
        given: The voice that the user gave the segment to, merged voices followed; None if the
            user did not.
    """

    stream: StreamId
    span: Span
    heard: TrackId | None
    given: TrackId | None = None


def store_turns(
    session: Session,
    meeting_id: MeetingId,
    turns: Mapping[StreamId, Sequence[SpeakerTurn]],
    revision: int,
) -> None:
    """Make these the turns of their streams, unless newer ones are there."""
    spoken = sorted((turn for of_stream in turns.values() for turn in of_stream), key=_by_time)
    tracks.ensure_tracks(
        session, meeting_id, (turn.track for turn in spoken if turn.track is not None)
    )
    for stream, of_stream in turns.items():
        statement = sqlite.insert(TurnsRow).values(
            meeting_id=meeting_id,
            stream=stream.value,
            revision=revision,
            turns=[[t.span.start, t.span.end, t.track, t.confidence] for t in of_stream],
        )
        new = statement.excluded
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["meeting_id", "stream"],
                set_={"revision": new.revision, "turns": new.turns},
                where=TurnsRow.revision < new.revision,
            )
        )


def newest_revision(session: Session, meeting_id: MeetingId) -> int | None:
    """The highest revision of any stream's turns; None without turns."""
    return session.scalar(
        select(func.max(TurnsRow.revision)).where(TurnsRow.meeting_id == meeting_id)
    )


def turns_of(
    session: Session,
    meeting_id: MeetingId,
    rows: Iterable[segments.AnySegment],
    roots: Mapping[TrackId, TrackId],
) -> tuple[SpeakerTurn, ...]:
    """The turns of a meeting as the user sees them, by time.

    Args:
        rows: Its visible segments.
        roots: Per merged-away voice, the voice that stands for it.
    """
    heard = [
        SpeakerTurn(
            stream=StreamId(row.stream),
            span=Span(start, end),
            track=_root(track, roots),
            confidence=confidence,
        )
        for row in session.scalars(select(TurnsRow).where(TurnsRow.meeting_id == meeting_id))
        for start, end, track, confidence in row.turns
    ]
    if not heard:
        return ()
    said = [
        Said(
            stream=StreamId(row.stream),
            span=segments.span_of(row),
            heard=_root(row.track, roots),
            given=_root(row.assigned_track, roots),
        )
        for row in rows
    ]
    return corrected(heard, said)


def corrected(turns: Iterable[SpeakerTurn], said: Iterable[Said]) -> tuple[SpeakerTurn, ...]:
    """Turns with the segments that the user gave away.

    What the machine's voice talks inside such a segment goes to the user's; so does a rest of the
    turn under 0.5 s in which no other segment of the machine's voice lies.

    Returns:
        By time; the turns of one track in one stream neither overlap nor touch.
    """
    by_voice: dict[tuple[StreamId, TrackId | None], list[Said]] = {}
    for segment in sorted(said, key=lambda segment: segment.span):
        by_voice.setdefault((segment.stream, segment.heard), []).append(segment)
    parts: dict[tuple[StreamId, TrackId | None], list[SpeakerTurn]] = {}
    for turn in turns:
        for part in _parts(turn, by_voice.get((turn.stream, turn.track), ())):
            parts.setdefault((part.stream, part.track), []).append(part)
    joined = [turn for of_track in parts.values() for turn in _joined(of_track)]
    return tuple(sorted(joined, key=_by_time))


def _parts(turn: SpeakerTurn, said: Sequence[Said]) -> list[SpeakerTurn]:
    """One turn cut where segments of its voice, sorted by time, are given away."""
    here = [segment for segment in said if segment.span.overlap(turn.span)]
    given = [segment for segment in here if segment.given not in (None, turn.track)]
    if not given:
        return [turn]
    kept = [segment.span for segment in here if segment.given in (None, turn.track)]
    parts = []
    at = turn.span.start
    for segment in given:
        inside = segment.span.clip(Span(at, turn.span.end))
        if not inside.length:
            continue
        parts.append(replace(turn, span=Span(at, inside.start)))
        parts.append(replace(turn, span=inside, track=segment.given, confidence=None))
        at = inside.end
    parts.append(replace(turn, span=Span(at, turn.span.end)))
    for i in range(0, len(parts), 2):
        # Rests stand at even places; the part before a rest, or else behind it, was given away.
        rest, neighbour = parts[i], parts[i - 1 if i else 1]
        if rest.span.length < _EDGE_SAMPLES and not any(rest.span.overlap(span) for span in kept):
            parts[i] = replace(neighbour, span=rest.span)
    return [part for part in parts if part.span.length]


def _joined(turns: Iterable[SpeakerTurn]) -> list[SpeakerTurn]:
    """Turns of one track in one stream, by time; those that overlap or touch become one."""
    joined: list[SpeakerTurn] = []
    for turn in sorted(turns, key=_by_time):
        last = joined[-1] if joined else None
        if last is not None and turn.span.start <= last.span.end:
            confidence = last.confidence if last.confidence == turn.confidence else None
            joined[-1] = replace(last, span=last.span.hull(turn.span), confidence=confidence)
        else:
            joined.append(turn)
    return joined


def _root(track: str | None, roots: Mapping[TrackId, TrackId]) -> TrackId | None:
    return None if track is None else roots.get(TrackId(track), TrackId(track))


def _by_time(turn: SpeakerTurn) -> tuple[Span, StreamId, str]:
    return turn.span, turn.stream, turn.track or ""
