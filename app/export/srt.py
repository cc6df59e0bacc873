"""SubRip captions: "Name: text", overlapping where people talk at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions
from app.export.captions import captions
from app.export.timecode import millisecond_clock

INFO = ExporterInfo(format_id="srt", title="SubRip captions", suffix=".srt")

# SubRip has no escapes. A word joiner (U+2060, invisible) inside "-->", and behind a "<" or "{"
# that would open a tag, keeps players from reading it as one; the text looks the same.
_ARROW = re.compile("-->")
_TAG_START = re.compile(r"<(?=[A-Za-z/!])|\{(?=\\)")


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield numbered UTF-8 captions of at most two lines, 42 columns and 7 s."""
    cues = captions(transcript, names_speakers=options.has_speakers)
    for number, cue in enumerate(cues, start=1):
        start = millisecond_clock(cue.start_ms, ",")
        end = millisecond_clock(cue.end_ms, ",")
        lines = "\n".join(map(_defuse, cue.lines))
        yield f"{number}\n{start} --> {end}\n{lines}\n\n".encode()


def _defuse(line: str) -> str:
    return _TAG_START.sub(lambda match: f"{match.group()}\u2060", _ARROW.sub("--\u2060>", line))
