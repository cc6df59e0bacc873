"""Who talked how much, took the floor how often, and talked into whom: facts about a meeting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.ids import TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.messages import SegmentUpdate
from app.domain.units import Span, to_samples, to_seconds

TURN_PAUSE_S = 2.0
"""A longer silence of one person ends a turn even if nobody else talks."""
INTERRUPTION_S = 1.0
"""Shorter turns into somebody's speech ("mhm", "right") take nobody's floor."""
SETTLED_S = 0.5
"""Who has talked for less has not got the floor yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerFacts:
    """What one person of a meeting did.

    Attributes:
        talk_s: Seconds of talking; what two streams hear at once counts once.
        share: Of the talk of all known people, in [0, 1].
        turn_count: Stretches of talk without somebody else in between or a long pause.
        overlap_s: Of `talk_s`, while somebody else talked too.
        interruption_count: How often the person began while somebody else had the floor, and
            talked on beyond the other.
    """

    track: TrackId
    talk_s: float
    share: float
    turn_count: int
    overlap_s: float
    interruption_count: int


@dataclass(frozen=True, slots=True)
class _Turn:
    track: TrackId | None
    span: Span


def meeting_facts(transcript: MeetingTranscript) -> tuple[SpeakerFacts, ...]:
    """Facts about everybody in `transcript.speakers`, in that order.

    Voices that are not known count as somebody else and get no facts of their own.
    """
    spoken = sorted(
        (
            (segment.track, segment.span)
            for segment in transcript.segments
            if segment.words and _has_text(transcript, segment)
        ),
        key=lambda piece: (piece[1].start, piece[1].end),
    )
    turns = _turns(spoken)
    interrupters = _interrupters(turns)
    by_track = {
        speaker.track: _union(span for track, span in spoken if track == speaker.track)
        for speaker in transcript.speakers
    }
    total = sum(_length(spans) for spans in by_track.values())
    return tuple(
        SpeakerFacts(
            track=track,
            talk_s=to_seconds(_length(spans)),
            share=_length(spans) / total if total else 0.0,
            turn_count=sum(turn.track == track for turn in turns),
            overlap_s=to_seconds(
                _shared(spans, _union(span for other, span in spoken if other != track))
            ),
            interruption_count=interrupters.count(track),
        )
        for track, spans in by_track.items()
    )


def _has_text(transcript: MeetingTranscript, segment: SegmentUpdate) -> bool:
    edited = transcript.edited_texts.get(segment.segment_id)
    if edited is not None:
        return bool(edited.strip())
    return any(word.text for word in segment.words)


def _turns(spoken: Iterable[tuple[TrackId | None, Span]]) -> list[_Turn]:
    """Join each person's pieces, sorted by time, unless somebody else begins in between."""
    turns: list[_Turn] = []
    pause = to_samples(TURN_PAUSE_S)
    for track, span in spoken:
        last = turns[-1] if turns else None
        if last is not None and last.track == track and span.start - last.span.end <= pause:
            turns[-1] = _Turn(track, last.span.hull(span))
        else:
            turns.append(_Turn(track, span))
    return turns


def _interrupters(turns: Sequence[_Turn]) -> list[TrackId | None]:
    """Who took the floor from somebody, once per time; turns are sorted by start."""
    found: list[TrackId | None] = []
    open_turns: list[_Turn] = []
    for turn in turns:
        open_turns = [other for other in open_turns if other.span.end > turn.span.start]
        settled = turn.span.start - to_samples(SETTLED_S)
        if turn.span.duration_s >= INTERRUPTION_S and any(
            other.track != turn.track
            and other.span.start <= settled
            and other.span.end < turn.span.end
            for other in open_turns
        ):
            found.append(turn.track)
        open_turns.append(turn)
    return found


def _union(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps; spans come by start."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.start <= joined[-1].end:
            joined[-1] = joined[-1].hull(span)
        else:
            joined.append(span)
    return joined


def _length(spans: Iterable[Span]) -> int:
    return sum(span.length for span in spans)


def _shared(own: Sequence[Span], others: Sequence[Span]) -> int:
    """Samples that lie in both of two lists without overlaps, by start."""
    shared = position = 0
    for span in own:
        while position < len(others) and others[position].end <= span.start:
            position += 1
        at = position
        while at < len(others) and others[at].start < span.end:
            shared += span.overlap(others[at])
            at += 1
    return shared
