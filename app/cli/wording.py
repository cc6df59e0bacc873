"""How the command line words times, sizes, transcripts and meetings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.domain.facts import SpeakerFacts, meeting_facts
from app.domain.marks import Hold, Marker
from app.domain.meeting import Meeting, MeetingTranscript
from app.domain.messages import SegmentUpdate
from app.domain.ports import ModelStatus
from app.domain.speakers import MeetingSpeaker, NameSource
from app.domain.transcript import UNSPACED_LANGUAGES
from app.domain.units import to_seconds

PAUSE_S = 2.0
LONG_LINE = 200
SENTENCE_ENDS = (".", "?", "!", "\u2026", "\u3002", "\uff1f", "\uff01")


def clock_time(seconds: float) -> str:
    """A position in a recording: mm:ss, or h:mm:ss from one hour on."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}"


def megabytes(size_bytes: int) -> str:
    """A size in decimal megabytes."""
    return f"{size_bytes / 1e6:.1f} MB"


class LineJoiner:
    """Joins segments of one voice into lines for reading: "[mm:ss] Name: text".

    A line ends with a sentence, with the voice, at a pause, or when it is long.
    """

    def __init__(self) -> None:
        self._segment: SegmentUpdate | None = None
        self._start_s = 0.0
        self._label = ""
        self._texts: list[str] = []

    def push(self, segment: SegmentUpdate, label: str, text: str) -> list[str]:
        """Add a segment; returns the lines that are complete by it."""
        lines = []
        last = self._segment
        if last is not None and not (
            (segment.stream, segment.track, label) == (last.stream, last.track, self._label)
            and -PAUSE_S < segment.span.start_s - last.span.end_s < PAUSE_S
        ):
            lines += self.flush()
        if not self._texts:
            self._start_s, self._label = segment.span.start_s, label
        self._segment = segment
        self._texts.append(text)
        if text.endswith(SENTENCE_ENDS) or sum(map(len, self._texts)) > LONG_LINE:
            lines += self.flush()
        return lines

    def flush(self) -> list[str]:
        """The line begun, if any."""
        if not self._texts:
            return []
        line = self.pending
        self._texts = []
        self._segment = None
        return [line]

    @property
    def pending(self) -> str:
        """The line begun, as far as it goes; "" when there is none."""
        if not self._texts:
            return ""
        language = self._segment.language if self._segment is not None else None
        separator = "" if language in UNSPACED_LANGUAGES else " "
        text = separator.join(self._texts)
        return f"[{clock_time(self._start_s)}] {self._label}: {text}"


def transcript_lines(transcript: MeetingTranscript) -> list[str]:
    """A transcript for reading."""
    joiner = LineJoiner()
    lines = []
    remarks = _remarks(transcript)
    for segment in transcript.segments:
        while remarks and remarks[0][0] <= segment.span.start:
            lines += [*joiner.flush(), remarks.pop(0)[1]]
        label = transcript.label_of(segment.track)
        lines += joiner.push(segment, label, transcript.text_of(segment))
    return [*lines, *joiner.flush(), *(text for _, text in remarks)]


def hold_line(hold: Hold) -> str:
    """Where nothing was recorded: "[12:30] (off the record until 15:50)"."""
    start = clock_time(to_seconds(hold.start))
    if hold.end is None:
        return f"[{start}] ({hold.reason.phrase})"
    return f"[{start}] ({hold.reason.phrase} until {clock_time(to_seconds(hold.end))})"


def marker_line(marker: Marker) -> str:
    """A marked moment: "[12:30] (marker: the decision)"."""
    note = f": {marker.note}" if marker.note else ""
    return f"[{clock_time(to_seconds(marker.at))}] (marker{note})"


def _remarks(transcript: MeetingTranscript) -> list[tuple[int, str]]:
    """Holds and markers by time."""
    found = [(hold.start, hold_line(hold)) for hold in transcript.holds]
    found += [(marker.at, marker_line(marker)) for marker in transcript.markers]
    return sorted(found)


def segment_lines(transcript: MeetingTranscript) -> list[str]:
    """A transcript for editing: one segment a line, its id in front."""
    return [
        f"{segment.segment_id}  [{clock_time(segment.span.start_s)}] "
        f"{transcript.label_of(segment.track)}: {transcript.text_of(segment)}"
        for segment in transcript.segments
    ]


def meeting_record(meeting: Meeting) -> dict[str, Any]:
    """A meeting as JSON."""
    return {
        "id": meeting.meeting_id,
        "title": meeting.title,
        "started_at": meeting.started_at.isoformat(),
        "duration_s": round(meeting.duration_s, 3),
        "state": meeting.state.value,
        "source": meeting.source.value,
        "language": meeting.language,
        "point": meeting.point,
        "streams": [
            {
                "stream": info.stream.value,
                "device": info.device,
                "samples": info.sample_count,
                "dropped_samples": info.dropped_samples,
            }
            for info in meeting.streams
        ],
        "models": [
            {"id": use.model_id, "role": use.role, "version": use.version, "sha256": use.sha256}
            for use in meeting.models
        ],
    }


def transcript_record(transcript: MeetingTranscript) -> dict[str, Any]:
    """A meeting with its transcript as JSON, for reading by programs on the command line."""
    facts = {row.track: row for row in meeting_facts(transcript)}
    return {
        "meeting": meeting_record(transcript.meeting),
        "speakers": [
            {
                "track": speaker.track,
                "name": speaker.label,
                "source": speaker.source.value,
                "confidence": speaker.confidence,
                "facts": _facts_record(facts[speaker.track]),
            }
            for speaker in transcript.speakers
        ],
        "segments": [
            {
                "id": segment.segment_id,
                "stream": segment.stream.value,
                "speaker": (None if segment.track is None else transcript.label_of(segment.track)),
                "start": round(segment.span.start_s, 3),
                "end": round(segment.span.end_s, 3),
                "text": transcript.text_of(segment),
            }
            for segment in transcript.segments
        ],
        "holds": [
            {
                "reason": hold.reason.value,
                "start": round(span.start_s, 3),
                "end": round(span.end_s, 3),
            }
            for hold in transcript.holds
            for span in [hold.span(transcript.meeting.duration_s)]
        ],
        "markers": [
            {"at": round(to_seconds(marker.at), 3), "note": marker.note}
            for marker in transcript.markers
        ],
    }


def facts_records(
    transcript: MeetingTranscript, facts: Sequence[SpeakerFacts]
) -> list[dict[str, Any]]:
    """Who talked how much, as JSON."""
    return [
        {
            "track": row.track,
            "name": transcript.label_of(row.track),
        }
        | _facts_record(row)
        for row in facts
    ]


def name_reason(speaker: MeetingSpeaker) -> str:
    """Why a voice carries its name, in a word or two."""
    if speaker.name is None:
        return "-"
    if speaker.source is NameSource.ENROLLED and speaker.confidence is not None:
        return f"voice, {min(99, int(speaker.confidence * 100))} %"
    return "you" if speaker.source is NameSource.USER else "-"


def _facts_record(facts: SpeakerFacts) -> dict[str, Any]:
    return {
        "talk_s": round(facts.talk_s, 3),
        "share": round(facts.share, 4),
        "turns": facts.turn_count,
        "overlap_s": round(facts.overlap_s, 3),
        "interruptions": facts.interruption_count,
    }


def model_record(status: ModelStatus) -> dict[str, Any]:
    """One model as JSON."""
    return {
        "id": status.model_id,
        "role": status.role,
        "title": status.title,
        "licence": status.licence,
        "languages": list(status.languages),
        "size_bytes": status.size_bytes,
        "memory_mb": status.memory_mb,
        "default": status.is_default,
        "state": status.state,
        "folder": str(status.folder),
        "fits": status.fits_this_machine,
        "sha256": status.sha256,
    }
