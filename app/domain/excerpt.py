"""A part of a transcript as a transcript of its own; pure functions."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from app.domain.ids import TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.units import Span


def excerpt(transcript: MeetingTranscript, span: Span) -> MeetingTranscript:
    """What is said, marked or missing in a stretch of a meeting; times stay as they are.

    A segment belongs to the stretch that holds its middle, so that two excerpts that meet share
    none; turns, overlaps and gaps are cut to it. Only voices that are left are listed.
    """
    segments = tuple(s for s in transcript.segments if span.contains(s.span.middle))
    turns = tuple(
        replace(turn, span=turn.span.clip(span))
        for turn in transcript.turns
        if turn.span.overlap(span)
    )
    heard = {s.track for s in segments} | {turn.track for turn in turns}
    ids = {s.segment_id for s in segments}
    return replace(
        transcript,
        speakers=tuple(s for s in transcript.speakers if s.track in heard),
        segments=segments,
        turns=turns,
        gaps=tuple(
            replace(gap, span=gap.span.clip(span))
            for gap in transcript.gaps
            if gap.span.overlap(span)
        ),
        overlaps=tuple(
            replace(region, span=region.span.clip(span))
            for region in transcript.overlaps
            if region.span.overlap(span)
        ),
        holds=tuple(
            hold
            for hold in transcript.holds
            if hold.span(transcript.meeting.duration_s).overlap(span)
        ),
        markers=tuple(marker for marker in transcript.markers if span.contains(marker.at)),
        edited_texts={k: text for k, text in transcript.edited_texts.items() if k in ids},
    )


def voices_only(transcript: MeetingTranscript, tracks: Set[TrackId]) -> MeetingTranscript:
    """What some voices say; gaps, holds and markers of the meeting stay.

    Overlaps are those in which two of these voices talk.
    """
    segments = tuple(s for s in transcript.segments if s.track in tracks)
    ids = {s.segment_id for s in segments}
    overlaps = [
        replace(region, tracks=tuple(track for track in region.tracks if track in tracks))
        for region in transcript.overlaps
    ]
    return replace(
        transcript,
        speakers=tuple(s for s in transcript.speakers if s.track in tracks),
        segments=segments,
        turns=tuple(turn for turn in transcript.turns if turn.track in tracks),
        overlaps=tuple(region for region in overlaps if len(region.tracks) > 1),
        edited_texts={k: text for k, text in transcript.edited_texts.items() if k in ids},
    )
