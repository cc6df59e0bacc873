"""Word document: a title, and one paragraph per segment."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions
from app.export.document import Entry, to_document

INFO = ExporterInfo(format_id="docx", title="Word document", suffix=".docx")

_CHUNK_BYTES = 1 << 14
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip archive can hold; a fixed one keeps equal transcripts equal files."""
_TIME_COLOUR = "808080"


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield the file; made in memory as a whole, since a zip archive ends with its directory."""
    # python-docx takes 0.2 s to import; only this format pays for it.
    from docx import Document
    from docx.oxml.ns import qn

    document = to_document(transcript, options)
    page = Document()
    page.core_properties.title = document.title[:255]
    page.core_properties.author = "Crosstalk"
    page.core_properties.comments = ""
    started_at = transcript.meeting.started_at
    if started_at.tzinfo is not None:
        started_at = started_at.astimezone(UTC).replace(tzinfo=None)
    _set_times(page.core_properties, started_at)
    page.add_heading(document.title, level=0)
    page.add_paragraph(" · ".join(document.details))
    for line in document.facts:
        page.add_paragraph(line, style="List Bullet")
    # `add_paragraph` looks the end of the body up each time; its place is known.
    page_setup = page.element.body.find(qn("w:sectPr"))
    for entry in document.entries:
        page_setup.addprevious(_paragraph(entry))
    buffer = io.BytesIO()
    page.save(buffer)
    archive = _without_clock(buffer.getvalue())
    for start in range(0, len(archive), _CHUNK_BYTES):
        yield archive[start : start + _CHUNK_BYTES]


def _set_times(properties: Any, at: datetime) -> None:
    properties.created = at
    properties.modified = at
    properties.last_modified_by = "Crosstalk"


def _paragraph(entry: Entry) -> Any:
    from docx.oxml import OxmlElement
    from docx.text.paragraph import Paragraph

    element = OxmlElement("w:p")
    paragraph = Paragraph(element, None)
    is_rtl = _is_right_to_left(entry.text)
    if is_rtl:
        element.get_or_add_pPr().append(OxmlElement("w:bidi"))
    if entry.speaker is not None:
        paragraph.add_run(entry.speaker).bold = True
        paragraph.add_run(" ")
    if entry.time is not None:
        time = paragraph.add_run(f"{entry.time} ")
        _colour(time)
    paragraph.add_run(entry.text)
    if is_rtl:
        for run in paragraph.runs:
            run.font.rtl = True
    return element


def _colour(run: Any) -> None:
    from docx.shared import RGBColor

    run.font.color.rgb = RGBColor.from_string(_TIME_COLOUR)


def _is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left (Unicode UAX 9, P2)."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def _without_clock(archive: bytes) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(
                zipfile.ZipInfo(name, _ZIP_TIME), source.read(name), zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()
