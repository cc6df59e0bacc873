"""Transcript + format + options → file, atomically."""

from __future__ import annotations

import re
from pathlib import Path

from app.domain.errors import Category, KnownError
from app.domain.excerpt import excerpt, voices_only
from app.domain.ids import MeetingId
from app.domain.meeting import Meeting, MeetingTranscript
from app.domain.ports import ExporterInfo, ExporterRegistry, ExportOptions
from app.domain.sentences import say
from app.lib.atomic import write_chunks
from app.services.core import Core

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
"""What Windows, the strictest of the three systems, refuses in a file name."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""What Windows takes for a device, whatever ending follows."""
_NAME_LIMIT = 100
_NAME_BYTES = 200
"""Names may have 255; an ending and a number follow."""


class ExportingService:
    """Writes transcripts in any known format."""

    def __init__(self, core: Core, registry: ExporterRegistry) -> None:
        self._core = core
        self._registry = registry

    def formats(self) -> tuple[ExporterInfo, ...]:
        """All formats, by id."""
        return self._registry.infos()

    def require(self, format_id: str) -> ExporterInfo:
        """Look a format up, before long work starts; the id may be in capitals.

        Raises:
            KnownError: Unknown format; the message lists the known ones.
        """
        infos = self._registry.infos()
        for info in infos:
            if info.format_id == format_id.lower():
                return info
        known = ", ".join(info.format_id for info in infos)
        raise KnownError(
            say(
                "{format} is not an export format. Known are {known}.",
                format=repr(format_id),
                known=known,
            )
        )

    def render(
        self, meeting_id: MeetingId, format_id: str, options: ExportOptions | None = None
    ) -> bytes:
        """The exported file as bytes.

        Raises:
            KnownError: Unknown format or meeting.
        """
        info = self.require(format_id)
        chosen = options or ExportOptions()
        transcript = _chosen(self._core.transcripts.transcript(meeting_id), chosen)
        return b"".join(self._registry.write(info.format_id, transcript, chosen))

    def file_stem(self, meeting: Meeting) -> str:
        """A file name without its ending, as the settings want it and every system accepts."""
        return stem_of(self._core.settings().export.file_name, meeting)

    def export(
        self,
        meeting_id: MeetingId,
        format_id: str,
        path: Path | None = None,
        options: ExportOptions | None = None,
    ) -> Path:
        """Write one file.

        Args:
            path: None makes "<title>.<suffix>" in the current folder; in a folder, that name. A
                name made here never replaces a file, a path given does.

        Returns:
            The file written.

        Raises:
            KnownError: Unknown format or meeting, or the file cannot be written.
        """
        info = self.require(format_id)
        chosen = options or ExportOptions()
        transcript = _chosen(self._core.transcripts.transcript(meeting_id), chosen)
        if path is None or path.is_dir():
            target = _free_path(path or Path(), self.file_stem(transcript.meeting), info.suffix)
        else:
            target = path
        chunks = self._registry.write(info.format_id, transcript, chosen)
        try:
            write_chunks(target, chunks)
        except OSError as error:
            raise KnownError(
                say(
                    "{path} cannot be written: {cause}. The meeting is in the library; try "
                    "again with `crosstalk export {meeting} {format} -o PATH`.",
                    path=target,
                    cause=error.strerror or error,
                    meeting=meeting_id,
                    format=format_id,
                ),
                category=Category.DISK,
            ) from error
        return target


def stem_of(template: str, meeting: Meeting) -> str:
    """Fill {title}, {date} and {time} of a template; what a system refuses gives way to blanks."""
    started_at = meeting.started_at.astimezone()
    filled = template
    for mark, value in (
        ("{date}", started_at.strftime("%Y-%m-%d")),
        ("{time}", started_at.strftime("%H.%M")),
        ("{title}", meeting.title),
    ):
        filled = filled.replace(mark, value)
    plain = " ".join(_UNSAFE.sub(" ", filled).split())
    short = plain.strip(" .")[:_NAME_LIMIT].encode(errors="replace")[:_NAME_BYTES]
    stem = short.decode(errors="ignore").strip() or "meeting"
    return f"_{stem}" if _DEVICE.match(stem) else stem


def _chosen(transcript: MeetingTranscript, options: ExportOptions) -> MeetingTranscript:
    if options.span is not None:
        transcript = excerpt(transcript, options.span)
    if options.tracks is not None:
        transcript = voices_only(transcript, options.tracks)
    return transcript


def _free_path(folder: Path, stem: str, suffix: str) -> Path:
    path = folder / f"{stem}{suffix}"
    number = 2
    while path.exists():
        path = folder / f"{stem} {number}{suffix}"
        number += 1
    return path
