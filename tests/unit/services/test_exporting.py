from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.errors import Category, KnownError
from app.domain.ids import MeetingId
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.ports import ExportOptions
from app.domain.units import Span
from app.services.exporting import stem_of
from app.settings.schema import ExportSettings
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit

M = MeetingId("m")


@pytest.fixture
def exporting(program):
    program.library.meetings.create(
        Meeting(
            meeting_id=M,
            title="Q3: plan/fact?",
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            state=MeetingState.DONE,
            source=MeetingSource.FILE,
        )
    )
    program.library.transcripts.apply(M, patch(segment("a", "hello")))
    return program.context.exporting


def test_a_name_is_made_of_the_title(exporting, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    first = exporting.export(M, "txt")
    second = exporting.export(M, "txt")

    assert (first, second) == (Path("Q3 plan fact.txt"), Path("Q3 plan fact 2.txt"))
    assert first.read_text() == "Speaker 1: hello\n"


def test_a_path_is_replaced_and_a_folder_is_filled(exporting, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("old")

    assert exporting.export(M, "txt", mine) == mine
    assert exporting.export(M, "txt", tmp_path) == tmp_path / "Q3 plan fact.txt"
    assert mine.read_text() == "Speaker 1: hello\n"


def test_render_gives_the_bytes(exporting):
    assert exporting.render(M, "txt") == b"Speaker 1: hello\n"


def test_unknown_formats_and_meetings_are_refused(exporting):
    with pytest.raises(KnownError, match="Known are txt"):
        exporting.export(M, "pdf")
    with pytest.raises(KnownError, match="no meeting"):
        exporting.export(MeetingId("x"), "txt")


def test_a_title_of_wide_letters_makes_a_name_that_the_disk_takes(exporting, program, tmp_path):
    program.library.meetings.rename(M, "\u4f1a\u8b70" * 60)

    first = exporting.export(M, "txt", tmp_path)
    second = exporting.export(M, "txt", tmp_path)

    assert first.exists()
    assert second.exists()
    assert second != first


def test_a_format_may_be_written_in_capitals(exporting, tmp_path):
    assert exporting.export(M, "TXT", tmp_path).suffix == ".txt"
    assert exporting.render(M, "TXT") == exporting.render(M, "txt")


def test_a_place_that_cannot_be_written_is_a_sentence(exporting, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(KnownError, match="cannot be written") as caught:
        exporting.export(M, "txt", tmp_path / "file" / "a.txt")

    assert caught.value.category is Category.DISK


def test_names_follow_the_template_of_the_settings(program, exporting, tmp_path):
    settings = program.settings_file.current
    chosen = ExportSettings(file_name="{date} {title} {odd}")
    program.settings_file.save(replace(settings, export=chosen))

    path = exporting.export(M, "txt", tmp_path)

    day = datetime(2026, 1, 1, tzinfo=UTC).astimezone().strftime("%Y-%m-%d")
    assert path.name == f"{day} Q3 plan fact {{odd}}.txt"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("a/b: c?", "a b c"),
        ("...", "meeting"),
        ("x" * 300, "x" * 100),
        ("\u4f1a" * 300, "\u4f1a" * 66),
        ("NUL", "_NUL"),
        ("com1.notes", "_com1.notes"),
        ("Console", "Console"),
        ("\u0627\u062c\u062a\u0645\u0627\u0639", "\u0627\u062c\u062a\u0645\u0627\u0639"),
    ],
)
def test_stems_are_names_that_every_system_accepts(exporting, program, title, expected):
    meeting = replace(program.library.meetings.get(M), title=title)

    assert stem_of("{title}", meeting) == expected


def test_an_excerpt_is_written_in_every_format(exporting, program):
    late = segment("b", "goodbye", start_s=20.0)
    program.library.transcripts.apply(M, patch(late))
    options = ExportOptions(span=Span.from_seconds(10, 30))

    assert b"goodbye" in exporting.render(M, "txt", options)
    assert b"hello" not in exporting.render(M, "txt", options)
