"""WebVTT captions with voice tags, overlapping where people talk at once."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions
from app.export.captions import captions
from app.export.timecode import millisecond_clock

INFO = ExporterInfo(format_id="vtt", title="WebVTT captions", suffix=".vtt")


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield UTF-8 cues such as "<v Anna>Good morning.</v>", as W3C WebVTT 1 defines them."""
    yield b"WEBVTT\n"
    for number, cue in enumerate(captions(transcript, names_speakers=False), start=1):
        start = millisecond_clock(cue.start_ms, ".")
        end = millisecond_clock(cue.end_ms, ".")
        text = "\n".join(map(_escape, cue.lines))
        if options.has_speakers:
            text = f"<v {_escape(cue.speaker)}>{text}</v>"
        yield f"\n{number}\n{start} --> {end}\n{text}\n".encode()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
