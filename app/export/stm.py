"""NIST's STM: one line per segment."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions
from app.export.names import field_token, field_tokens, one_line
from app.export.passages import passages
from app.export.timecode import seconds_text

INFO = ExporterInfo(format_id="stm", title="STM (NIST)", suffix=".stm")

_CHANNEL = "1"
"""Speakers tell the voices apart; scorers ignore the channel or expect this one."""


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield lines "<session> 1 <speaker> <start> <end> <text>"; `options` change nothing.

    Blanks in names become "_"; segments may overlap.
    """
    session = field_token(transcript.meeting.title, fallback="meeting")
    found = passages(transcript)
    tokens = field_tokens(passage.speaker for passage in found)
    for passage in found:
        start, end = seconds_text(passage.span.start), seconds_text(passage.span.end)
        text = one_line(passage.text)
        yield f"{session} {_CHANNEL} {tokens[passage.speaker]} {start} {end} {text}\n".encode()
