"""What `transcribe`, `record` and `library refine` do when a meeting is finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from app.cli.live import MeetingLog
from app.cli.session import Session
from app.cli.wording import clock_time, meeting_record, transcript_lines
from app.domain.ids import MeetingId

STDOUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """One --export.

    Attributes:
        path: None makes a name from the title; "-" is stdout.
    """

    format_id: str
    path: Path | None


class ExportParam(click.ParamType[ExportRequest]):
    """FORMAT or FORMAT=PATH."""

    name = "format[=path]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ExportRequest:
        """Split at the first "="."""
        if isinstance(value, ExportRequest):
            return value
        format_id, separator, path = str(value).partition("=")
        if not format_id or (separator and not path):
            self.fail(f"{value!r} is not FORMAT or FORMAT=PATH.", param, ctx)
        return ExportRequest(format_id=format_id, path=Path(path) if path else None)


def write_exports(
    session: Session, meeting_id: MeetingId, exports: tuple[ExportRequest, ...]
) -> list[str]:
    """Write all exports of a meeting; returns the files.

    Raises:
        KnownError: A file cannot be written; the meeting is in the library.
    """
    written = []
    for wanted in exports:
        exporting = session.context.exporting
        if wanted.path is not None and str(wanted.path) == STDOUT:
            session.writer.data(exporting.render(meeting_id, wanted.format_id))
            continue
        path = exporting.export(meeting_id, wanted.format_id, wanted.path)
        session.writer.note(f"wrote {path}")
        written.append(str(path))
    return written


def outcome_record(
    session: Session, meeting_id: MeetingId, log: MeetingLog, exports: list[str]
) -> dict[str, Any]:
    """What came of one meeting, as JSON."""
    transcript = session.context.library.transcript(meeting_id)
    record = meeting_record(transcript.meeting)
    finished = log.finished
    if finished is not None:
        audio_s = finished.audio_s
        record |= {
            "audio_s": round(audio_s, 3),
            "wall_s": round(finished.wall_s, 3),
            "rtf": round(finished.wall_s / audio_s, 4) if audio_s else None,
            "peak_rss_mb": round(finished.peak_rss_mb, 1),
        }
    return record | {
        "segments": len(transcript.segments),
        "words": sum(len(segment.words) for segment in transcript.segments),
        "speakers": [speaker.label for speaker in transcript.speakers],
        "gaps": len(transcript.gaps),
        "notices": [
            {"kind": notice.kind.value, "text": notice.text} for notice in transcript.notices
        ],
        "exports": exports,
    }


def show_outcome(
    session: Session,
    meeting_id: MeetingId,
    log: MeetingLog,
    exports: Sequence[ExportRequest] = (),
) -> None:
    """The transcript on stdout, one line about the meeting on stderr.

    Args:
        exports: What was written; where one went to stdout, nothing else goes there.
    """
    transcript = session.context.library.transcript(meeting_id)
    if not any(str(wanted.path) == STDOUT for wanted in exports):
        for line in transcript_lines(transcript):
            session.writer.result(line)
    meeting = transcript.meeting
    count = len(transcript.speakers)
    voices = "1 speaker" if count == 1 else f"{count} speakers"
    took = f" in {clock_time(log.finished.wall_s)}" if log.finished is not None else ""
    session.writer.note(
        f"{meeting.title}: {clock_time(meeting.duration_s)} of audio, {voices}{took}. "
        f"It is meeting {meeting.meeting_id} of the library."
    )
