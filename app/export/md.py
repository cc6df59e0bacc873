"""Markdown (CommonMark): a heading, and one paragraph per segment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions
from app.export.document import to_document

INFO = ExporterInfo(format_id="md", title="Markdown", suffix=".md")

_MARKUP = re.compile(r"[\\`*_\[\]<#~$]|&(?=#?\w+;)")
_BLOCK_START = re.compile(r"^(\d+(?=[.)])|(?=[-+=>]))")
"""What opens a list or a quotation at the start of a paragraph."""


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield UTF-8 paragraphs such as "**Anna** (00:00:12): Good morning."."""
    document = to_document(transcript, options)
    yield f"# {_escape(document.title)}\n\n{_escape(' · '.join(document.details))}\n".encode()
    if document.facts:
        yield "\n".join(["", *(f"- {_escape(line)}" for line in document.facts), ""]).encode()
    for entry in document.entries:
        text = _escape(entry.text)
        parts = [] if entry.speaker is None else [f"**{_escape(entry.speaker)}**"]
        parts += [] if entry.time is None else [f"({entry.time})"]
        yield f"\n{' '.join(parts)}{': ' if parts else ''}{text}\n".encode()


def _escape(text: str) -> str:
    """Text whose every character shows as itself."""
    text = _MARKUP.sub(lambda match: "\\" + match.group(), text)
    return _BLOCK_START.sub(r"\1\\", text)
