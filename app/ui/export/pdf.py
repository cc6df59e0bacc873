"""A transcript as pages: PDF files and print."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QMarginsF
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QPdfWriter, QTextDocument

from app.domain.errors import Category, KnownError
from app.domain.sentences import say
from app.lib.atomic import write_chunks

DPI = 300


def document_of(markdown: str) -> QTextDocument:
    """The transcript as rich text; may be made and used in any one thread."""
    document = QTextDocument()
    document.setDefaultFont(QFont(["Inter", "Noto Sans", "DejaVu Sans"], 10))
    document.setMarkdown(markdown)
    return document


def write_pdf(markdown: str, title: str, path: Path) -> Path:
    """Write A4 pages, in any thread.

    Raises:
        KnownError: The folder or disk refuses; an existing file is untouched.
    """
    _dispatcher = QEventLoop()  # the document starts timers, which need one in this thread
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setCreator("Crosstalk")
    writer.setResolution(DPI)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Portrait,
            QMarginsF(18, 18, 18, 18),
            QPageLayout.Unit.Millimeter,
        )
    )
    document_of(markdown).print_(writer)
    try:
        write_chunks(path, [bytes(buffer.data().data())])
    except OSError as error:
        raise KnownError(
            say(
                "{path} cannot be written: {cause}. Choose another folder.",
                path=path,
                cause=error.strerror or error,
            ),
            category=Category.DISK,
        ) from error
    return path
