"""Plain text: one line per segment."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions
from app.export.document import to_document

INFO = ExporterInfo(format_id="txt", title="Plain text", suffix=".txt")


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield UTF-8 lines such as "[00:00:12] Anna: Good morning."."""
    document = to_document(transcript, options)
    yield f"{document.title}\n{' · '.join(document.details)}\n".encode()
    for line in document.facts:
        yield f"  {line}\n".encode()
    yield b"\n"
    for entry in document.entries:
        time = "" if entry.time is None else f"[{entry.time}] "
        speaker = "" if entry.speaker is None else f"{entry.speaker}: "
        yield f"{time}{speaker}{entry.text}\n".encode()
