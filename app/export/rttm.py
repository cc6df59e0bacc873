"""NIST's RTTM: who speaks when, without words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions
from app.domain.units import SESSION_RATE_HZ, Span
from app.export.names import UNKNOWN, field_token, field_tokens
from app.export.passages import passages, speaker_names
from app.export.timecode import duration_text, seconds_text

INFO = ExporterInfo(format_id="rttm", title="RTTM (NIST)", suffix=".rttm")

_PAUSE_SAMPLES = SESSION_RATE_HZ // 2
"""A longer silence between words ends a turn: 0.5 s, as in the reference turns of this field's
corpora."""


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield SPEAKER lines by start; `options` change nothing.

    Turns are those of the final pass; a stream without any gets turns from its words' times.
    Turns of different speakers may overlap; those of one speaker never do. Blanks in names
    become "_".
    """
    session = field_token(transcript.meeting.title, fallback="meeting")
    found = passages(transcript)
    names = speaker_names(transcript)
    heard: dict[str, list[Span]] = {passage.speaker: [] for passage in found}
    for turn in transcript.turns:
        name = UNKNOWN if turn.track is None else names.get(turn.track, UNKNOWN)
        heard.setdefault(name, []).append(turn.span)
    diarized = {turn.stream for turn in transcript.turns}
    said: dict[str, list[Span]] = {}
    for passage in found:
        if passage.stream not in diarized:
            said.setdefault(passage.speaker, []).extend(word.span for word in passage.words)
    tokens = field_tokens(heard)
    turns = [
        (span, tokens[name])
        for name, spans in heard.items()
        for span in _joined([*spans, *_joined(said.get(name, ()), _PAUSE_SAMPLES)], 0)
    ]
    turns.sort()
    for span, token in turns:
        start, duration = seconds_text(span.start), duration_text(span.start, span.end)
        yield f"SPEAKER {session} 1 {start} {duration} <NA> <NA> {token} <NA> <NA>\n".encode()


def _joined(spans: Iterable[Span], pause_samples: int) -> list[Span]:
    """Join the spans of one voice across pauses; spans without length are no speech."""
    joined: list[Span] = []
    for span in sorted(span for span in spans if span.length):
        if joined and span.start - joined[-1].end <= pause_samples:
            joined[-1] = joined[-1].hull(span)
        else:
            joined.append(span)
    return joined
