"""What every format writes: the visible segments in order, with the user's names and text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.domain.facts import SpeakerFacts, meeting_facts
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.messages import SegmentStatus, Word
from app.domain.units import Span
from app.export.names import UNKNOWN, one_line
from app.export.wording import timed_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One segment as the user sees it.

    Attributes:
        track: None for a voice that the meeting does not know.
        speaker: The name as the user typed it, or "Speaker 1", or "Unknown"; not empty.
        text: As recognised or as the user typed it, line breaks included; not blank.
        words: What `text` consists of, in order, each without white space.
    """

    segment_id: SegmentId
    stream: StreamId
    span: Span
    track: TrackId | None
    speaker: str
    text: str
    words: tuple[Word, ...]
    has_overlap: bool


def speaker_names(transcript: MeetingTranscript) -> Mapping[TrackId, str]:
    """Per voice that the meeting knows, its name as the user typed it, or "Speaker 1"."""
    return {
        speaker.track: speaker.label if one_line(speaker.label) else f"Speaker {speaker.index}"
        for speaker in transcript.speakers
    }


def passages(transcript: MeetingTranscript) -> tuple[Passage, ...]:
    """The segments of a transcript by start, then end, stream and id.

    Retracted and emptied segments are left out. Thread: pure, any.
    """
    labels = speaker_names(transcript)
    found = []
    for segment in transcript.segments:
        text = transcript.text_of(segment)
        if segment.status is not SegmentStatus.FINAL or not segment.words or not one_line(text):
            continue
        words = timed_words(segment.words, text, span=segment.span, language=segment.language)
        found.append(
            Passage(
                segment_id=segment.segment_id,
                stream=segment.stream,
                span=segment.span,
                track=segment.track if segment.track in labels else None,
                speaker=UNKNOWN if segment.track is None else labels.get(segment.track, UNKNOWN),
                text=text,
                words=words,
                has_overlap=segment.has_overlap,
            )
        )
    found.sort(key=lambda p: (p.span, p.stream, p.segment_id))
    return tuple(found)


def shown_facts(transcript: MeetingTranscript) -> tuple[SpeakerFacts, ...]:
    """Facts about what `passages` shows, so that they do not change when a file is read back."""
    shown = {passage.segment_id for passage in passages(transcript)}
    segments = tuple(s for s in transcript.segments if s.segment_id in shown)
    return meeting_facts(replace(transcript, segments=segments))
