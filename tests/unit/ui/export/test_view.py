"""Pages of a transcript."""

from __future__ import annotations

import threading

import pytest

from app.ui.export.pdf import document_of, write_pdf

pytestmark = pytest.mark.ui

MARKDOWN = "# Board\n\n**Anna** (00:00:01): Good morning.\n\n**Ben** (00:00:04): Morning.\n"


def test_a_transcript_becomes_a_document_with_its_names(qapp):
    document = document_of(MARKDOWN)

    assert document.toPlainText().startswith("Board\nAnna (00:00:01): Good morning.")


def test_pdf_pages_are_written_by_a_thread(qapp, tmp_path):
    long = MARKDOWN * 200
    paths = [tmp_path / "short.pdf", tmp_path / "long.pdf"]

    def work() -> None:
        write_pdf(MARKDOWN, "Board", paths[0])
        write_pdf(long, "Board", paths[1])

    thread = threading.Thread(target=work, name="pdf")
    thread.start()
    thread.join()

    short, pages = (path.read_bytes() for path in paths)
    assert short.startswith(b"%PDF-")
    assert short.count(b"/Type /Page\n") == 1
    assert pages.count(b"/Type /Page\n") > 5
