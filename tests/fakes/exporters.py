"""One export format."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.errors import KnownError
from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions


class FakeExporters:
    """An `ExporterRegistry` that knows plain text only."""

    def infos(self) -> tuple[ExporterInfo, ...]:
        return (ExporterInfo(format_id="txt", title="Plain text", suffix=".txt"),)

    def write(
        self, format_id: str, transcript: MeetingTranscript, options: ExportOptions
    ) -> Iterator[bytes]:
        if format_id != "txt":
            raise KnownError(f"{format_id!r} is not known.")
        for segment in transcript.segments:
            label = transcript.label_of(segment.track)
            yield f"{label}: {transcript.text_of(segment)}\n".encode()
