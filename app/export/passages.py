"""What every format writes: the visible segments in order, with the user's names and text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.domain.facts import SpeakerFacts, meeting_facts
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.meeting import MeetingTranscript
from app.domain.messages import SegmentStatus, Word
from app.domain.transcript import UNSPACED_LANGUAGES
from app.domain.units import SESSION_RATE_HZ, Span
from app.export.names import UNKNOWN, one_line
from app.export.wording import timed_words

BREATH_S = 0.6
SENTENCE_END = re.compile(r"[.?!。？！…][\"'”’)\]]*$")  # noqa: RUF001 - full-width marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One segment as the user sees it.

    Attributes:
        track: None for a voice that the meeting does not know.
        speaker: The name as the user typed it, or "Speaker 1", or "Unknown"; not empty.
        text: As recognised or as the user typed it, line breaks included; not blank.
        words: What `text` consists of, in order, each without white space.
        separator: Between words in the language of the text.
    """

    segment_id: SegmentId
    stream: StreamId
    span: Span
    track: TrackId | None
    speaker: str
    text: str
    words: tuple[Word, ...]
    has_overlap: bool
    separator: str = field(default=" ", compare=False)


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
                separator="" if segment.language in UNSPACED_LANGUAGES else " ",
            )
        )
    found.sort(key=lambda p: (p.span, p.stream, p.segment_id))
    return tuple(found)


def readable(transcript: MeetingTranscript) -> tuple[Passage, ...]:
    """The passages for people to read: pieces of one sentence are one passage.

    Live text is stored in the pieces in which it became final. A piece goes on where the voice's
    last one in its stream stopped without the end of a sentence, less than a breath before, with
    no mark, hold or gap in between. Times and words stay; the first piece gives the id.
    """
    cuts = sorted(
        [gap.span.start for gap in transcript.gaps]
        + [hold.start for hold in transcript.holds]
        + [marker.at for marker in transcript.markers]
    )
    found: list[Passage] = []
    newest: dict[tuple[StreamId, TrackId], int] = {}
    for passage in passages(transcript):
        key = (passage.stream, passage.track) if passage.track is not None else None
        number = newest.get(key) if key is not None else None
        if number is not None and _goes_on(found[number], passage, cuts):
            found[number] = _joined(found[number], passage)
            continue
        if key is not None:
            newest[key] = len(found)
        found.append(passage)
    return tuple(found)


def _goes_on(last: Passage, passage: Passage, cuts: Sequence[int]) -> bool:
    pause = passage.span.start - last.span.end
    return (
        pause <= BREATH_S * SESSION_RATE_HZ
        and not SENTENCE_END.search(last.text)
        and last.separator == passage.separator
        and "\n" not in last.text + passage.text
        and bisect_right(cuts, last.span.start) == bisect_right(cuts, passage.span.start)
    )


def _joined(last: Passage, passage: Passage) -> Passage:
    return replace(
        last,
        span=last.span.hull(passage.span),
        text=f"{last.text}{last.separator}{passage.text}",
        words=last.words + passage.words,
        has_overlap=last.has_overlap or passage.has_overlap,
    )


def shown_facts(transcript: MeetingTranscript) -> tuple[SpeakerFacts, ...]:
    """Facts about what `passages` shows, so that they do not change when a file is read back."""
    shown = {passage.segment_id for passage in passages(transcript)}
    segments = tuple(s for s in transcript.segments if s.segment_id in shown)
    return meeting_facts(replace(transcript, segments=segments))
