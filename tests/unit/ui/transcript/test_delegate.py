"""What is painted breaks where it was laid out."""

from __future__ import annotations

import pytest

from app.ui.tokens import LIGHT
from app.ui.transcript.delegate import TranscriptDelegate
from app.ui.transcript.lines import build_rows, line_of
from tests.fakes import ui_meetings as made

pytestmark = pytest.mark.ui

TEXT = "First, the office staff finished the first official fifty files. " * 6


@pytest.mark.parametrize("text", [TEXT.strip(), "oif" * 200, "a " + "officially" * 40])
def test_painted_lines_end_where_the_layout_broke_them(qapp, text):
    delegate = TranscriptDelegate(LIGHT, qapp.font())
    line = line_of(made.segment("g1", ("S1", 0.0, 30.0, text)), {})
    layout = delegate.layout_row(build_rows([line])[0], 700)
    cell = layout.cells[0]

    painted = delegate._text_layout(cell)

    starts = [painted.lineAt(n).textStart() for n in range(painted.lineCount())]
    assert len(cell.breaks) > 2
    assert starts == [start for start, _end in cell.breaks]


def test_no_letter_is_lost_where_a_break_falls_inside_a_ligature(qapp):
    delegate = TranscriptDelegate(LIGHT, qapp.font())
    line = line_of(made.segment("g1", ("S1", 0.0, 30.0, "ffi" * 200)), {})
    cell = delegate.layout_row(build_rows([line])[0], 700).cells[0]

    painted = delegate._text_layout(cell)

    assert sum(painted.lineAt(n).textLength() for n in range(painted.lineCount())) == 600
