"""Notices, gaps, overlaps, holds and markers of a meeting, and how the stages kept up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from app.domain.ids import MeetingId, StreamId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.messages import Health, Notice, NoticeKind, OverlapRegion, TranscriptGap
from app.domain.units import Span, to_samples
from app.store.search import clean
from app.store.tables import EventRow, StageMetricRow

METRIC_BUCKET_S = 5
"""One row per stage and 5 s: 8 h of a meeting with 6 stages are 35,000 small rows."""


class _Kind(StrEnum):
    NOTICE = "notice"
    GAP = "gap"
    OVERLAP = "overlap"
    HOLD = "hold"
    MARKER = "marker"


_OF_ALL_STREAMS = frozenset({_Kind.NOTICE, _Kind.HOLD, _Kind.MARKER})


def add_notice(session: Session, meeting_id: MeetingId, notice: Notice, at_s: float) -> None:
    """Store a notice with its time in the meeting."""
    at = to_samples(at_s)
    session.add(
        EventRow(
            meeting_id=meeting_id,
            kind=_Kind.NOTICE.value,
            stream=notice.stream.value if notice.stream else None,
            start_sample=at,
            end_sample=at,
            detail=notice.kind.value,
            text=clean(notice.text),
            tracks=[],
        )
    )


def put_hold(session: Session, meeting_id: MeetingId, hold: Hold) -> None:
    """Store a hold in place of one with the same start; one that lasts has an empty span."""
    session.execute(
        delete(EventRow).where(
            EventRow.meeting_id == meeting_id,
            EventRow.kind == _Kind.HOLD.value,
            EventRow.start_sample == hold.start,
        )
    )
    end = hold.start if hold.end is None else hold.end
    session.add(
        EventRow(
            meeting_id=meeting_id,
            kind=_Kind.HOLD.value,
            stream=None,
            start_sample=hold.start,
            end_sample=end,
            detail=hold.reason.value,
            text="",
            tracks=[],
        )
    )


def add_marker(session: Session, meeting_id: MeetingId, marker: Marker) -> None:
    """Store a marker."""
    session.add(
        EventRow(
            meeting_id=meeting_id,
            kind=_Kind.MARKER.value,
            stream=None,
            start_sample=marker.at,
            end_sample=marker.at,
            detail="",
            text=marker.note,
            tracks=[],
        )
    )


def add_gaps(session: Session, meeting_id: MeetingId, gaps: Sequence[TranscriptGap]) -> None:
    """Store gaps; those that are there already stay one."""
    _add_once(session, meeting_id, _Kind.GAP, [(g.stream, g.span, g.reason, []) for g in gaps])


def add_overlaps(
    session: Session, meeting_id: MeetingId, overlaps: Sequence[OverlapRegion]
) -> None:
    """Store overlap regions; those that are there already stay one."""
    records = [(o.stream, o.span, "", list(o.tracks)) for o in overlaps]
    _add_once(session, meeting_id, _Kind.OVERLAP, records)


def notices_of(session: Session, meeting_id: MeetingId) -> tuple[Notice, ...]:
    """The notices of a meeting, by time."""
    return tuple(
        Notice(
            kind=NoticeKind(row.detail),
            text=row.text,
            stream=StreamId(row.stream) if row.stream else None,
        )
        for row in _events(session, meeting_id, _Kind.NOTICE)
    )


def gaps_of(session: Session, meeting_id: MeetingId) -> tuple[TranscriptGap, ...]:
    """The gaps of a meeting, by time, then stream."""
    return tuple(
        TranscriptGap(
            stream=StreamId(str(row.stream)),
            span=Span(row.start_sample, row.end_sample),
            reason=row.detail,
        )
        for row in _events(session, meeting_id, _Kind.GAP)
    )


def holds_of(session: Session, meeting_id: MeetingId) -> tuple[Hold, ...]:
    """The holds of a meeting, by start."""
    return tuple(
        Hold(
            start=row.start_sample,
            end=row.end_sample if row.end_sample > row.start_sample else None,
            reason=HoldReason(row.detail),
        )
        for row in _events(session, meeting_id, _Kind.HOLD)
    )


def markers_of(session: Session, meeting_id: MeetingId) -> tuple[Marker, ...]:
    """The markers of a meeting, by time."""
    return tuple(
        Marker(at=row.start_sample, note=row.text)
        for row in _events(session, meeting_id, _Kind.MARKER)
    )


def overlaps_of(
    session: Session, meeting_id: MeetingId, roots: Mapping[TrackId, TrackId]
) -> tuple[OverlapRegion, ...]:
    """The overlap regions of a meeting, by time, then stream; merged voices count once."""
    return tuple(
        OverlapRegion(
            stream=StreamId(str(row.stream)),
            span=Span(row.start_sample, row.end_sample),
            tracks=_merged(row.tracks, roots),
        )
        for row in _events(session, meeting_id, _Kind.OVERLAP)
    )


def add_health(session: Session, meeting_id: MeetingId, health: Health, at_s: float) -> None:
    """Add one report to its bucket of `METRIC_BUCKET_S`."""
    bucket_s = int(at_s // METRIC_BUCKET_S) * METRIC_BUCKET_S
    for stage in health.stages:
        statement = sqlite.insert(StageMetricRow).values(
            meeting_id=meeting_id,
            stage=stage.stage,
            bucket_s=bucket_s,
            health_count=1,
            queue_s_sum=stage.queue_s,
            queue_s_max=stage.queue_s,
            real_time_factor_sum=stage.real_time_factor,
            real_time_factor_max=stage.real_time_factor,
            lag_s_max=health.lag_s,
            rss_mb_max=health.rss_mb,
            dropped_samples_max=health.dropped_samples,
        )
        new = statement.excluded
        stored = StageMetricRow.__table__.c
        changes: dict[str, Any] = {
            name: stored[name] + new[name]
            for name in ("health_count", "queue_s_sum", "real_time_factor_sum")
        }
        changes |= {
            name: func.max(stored[name], new[name])
            for name in (
                "queue_s_max",
                "real_time_factor_max",
                "lag_s_max",
                "rss_mb_max",
                "dropped_samples_max",
            )
        }
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["meeting_id", "stage", "bucket_s"], set_=changes
            )
        )


def _add_once(
    session: Session,
    meeting_id: MeetingId,
    kind: _Kind,
    records: Iterable[tuple[StreamId, Span, str, list[TrackId]]],
) -> None:
    rows = [
        {
            "meeting_id": meeting_id,
            "kind": kind.value,
            "stream": stream.value,
            "start_sample": span.start,
            "end_sample": span.end,
            "detail": detail,
            "text": "",
            "tracks": tracks,
        }
        for stream, span, detail, tracks in records
    ]
    if rows:
        session.execute(sqlite.insert(EventRow).on_conflict_do_nothing(), rows)


def _events(session: Session, meeting_id: MeetingId, kind: _Kind) -> Sequence[EventRow]:
    order = (
        EventRow.start_sample,
        EventRow.end_sample,
        *(() if kind in _OF_ALL_STREAMS else (EventRow.stream,)),
        EventRow.event_id,
    )
    return session.scalars(
        select(EventRow)
        .where(EventRow.meeting_id == meeting_id, EventRow.kind == kind.value)
        .order_by(*order)
    ).all()


def _merged(tracks: Iterable[str], roots: Mapping[TrackId, TrackId]) -> tuple[TrackId, ...]:
    return tuple(dict.fromkeys(roots.get(TrackId(track), TrackId(track)) for track in tracks))
