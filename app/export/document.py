"""The transcript as a document for people: a heading, one entry per sentence, gap or mark."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.marks import Hold
from app.domain.meeting import MeetingTranscript
from app.domain.messages import TranscriptGap
from app.domain.ports import ExportOptions
from app.domain.units import Span, to_samples
from app.export.names import one_line
from app.export.passages import Passage, readable, shown_facts
from app.export.timecode import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One paragraph.

    Attributes:
        time: "00:01:02", or None where times are not wanted.
        speaker: On one line; None for a remark in brackets, and where names are not wanted.
        text: On one line.
    """

    time: str | None
    speaker: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What txt, md and docx show.

    Attributes:
        title: On one line, not empty.
        details: Date, length and speakers, each a short phrase on one line.
        facts: Per speaker, a line about how much was said; empty where names are not wanted.
    """

    title: str
    details: tuple[str, ...]
    facts: tuple[str, ...]
    entries: tuple[Entry, ...]


def to_document(transcript: MeetingTranscript, options: ExportOptions) -> Document:
    """Lay a transcript out for people; stretches without transcript and markers are named."""
    meeting = transcript.meeting
    shown = readable(transcript)
    read = _merged(shown, transcript) if options.is_merged else shown
    timed = [
        (
            passage.span.start,
            _entry(options, passage.span.start, passage.speaker, one_line(passage.text)),
        )
        for passage in read
    ]
    timed += [
        (gap.span.start, _entry(options, gap.span.start, None, _gap_text(gap)))
        for gap in transcript.gaps
    ]
    for hold in transcript.holds:
        span = hold.span(meeting.duration_s)
        timed.append((span.start, _entry(options, span.start, None, f"[{hold_text(hold, span)}]")))
    for marker in transcript.markers:
        text = f"[marker: {one_line(marker.note)}]" if one_line(marker.note) else "[marker]"
        timed.append((marker.at, _entry(options, marker.at, None, text)))
    timed.sort(key=lambda item: item[0])
    offset = meeting.started_at.strftime(" %z").rstrip().replace(" +0000", " UTC")
    details = [
        meeting.started_at.strftime("%Y-%m-%d %H:%M") + offset,
        clock(to_samples(meeting.duration_s)),
    ]
    if options.has_speakers and shown:
        details.append(", ".join(dict.fromkeys(one_line(passage.speaker) for passage in shown)))
    return Document(
        title=one_line(meeting.title) or "Meeting",
        details=tuple(details),
        facts=fact_lines(transcript) if options.has_speakers else (),
        entries=tuple(entry for _, entry in timed),
    )


def hold_text(hold: Hold, span: Span) -> str:
    """What stands where nothing was recorded: "off the record for 00:03:20"."""
    return f"{hold.reason.phrase} for {clock(span.length)}"


def fact_lines(transcript: MeetingTranscript) -> tuple[str, ...]:
    """Who talked how much, most first: "Anna: 00:12:30 (54 %), 23 turns, 2 interruptions"."""
    facts = sorted(shown_facts(transcript), key=lambda row: -row.talk_s)
    labels = {s.track: one_line(s.label) or f"Speaker {s.index}" for s in transcript.speakers}
    lines = []
    for row in facts:
        if row.turn_count == 0:
            continue
        parts = [
            f"{clock(to_samples(row.talk_s))} ({row.share:.0%})".replace("%", " %"),
            _count(row.turn_count, "turn"),
        ]
        if row.overlap_s >= 1:
            parts.append(f"{row.overlap_s:.0f} s over others")
        if row.interruption_count:
            parts.append(_count(row.interruption_count, "interruption"))
        lines.append(f"{labels[row.track]}: {', '.join(parts)}")
    return tuple(lines)


def _merged(shown: Sequence[Passage], transcript: MeetingTranscript) -> tuple[Passage, ...]:
    """What one person says in a row as one passage; a mark or a gap in between keeps it apart."""
    cuts = sorted(
        [gap.span.start for gap in transcript.gaps]
        + [hold.start for hold in transcript.holds]
        + [marker.at for marker in transcript.markers]
    )
    merged: list[Passage] = []
    for passage in shown:
        last = merged[-1] if merged else None
        is_next = (
            last is not None
            and last.track == passage.track
            and last.speaker == passage.speaker
            and bisect_right(cuts, last.span.start) == bisect_right(cuts, passage.span.start)
        )
        if last is None or not is_next:
            merged.append(passage)
            continue
        merged[-1] = replace(
            last,
            span=last.span.hull(passage.span),
            text=f"{last.text}{last.separator}{passage.text}",
            words=last.words + passage.words,
        )
    return tuple(merged)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _gap_text(gap: TranscriptGap) -> str:
    reason = one_line(gap.reason)
    return f"[not transcribed: {reason}]" if gap.is_recorded else f"[{reason}]"


def _entry(options: ExportOptions, start: int, speaker: str | None, text: str) -> Entry:
    return Entry(
        time=clock(start) if options.has_timestamps else None,
        speaker=one_line(speaker) if speaker is not None and options.has_speakers else None,
        text=text,
    )
