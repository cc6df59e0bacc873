import logging
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.domain.errors import Category, KnownError
from app.domain.ports import ExporterInfo, ExporterRegistry, ExportOptions
from app.export import registry
from app.export.registry import Exporters
from tests.fakes.transcripts import make_transcript

pytestmark = pytest.mark.unit

OPTIONS = ExportOptions()


def plug_in(format_id: str, content: bytes) -> SimpleNamespace:
    info = ExporterInfo(format_id=format_id, title="Plug-in", suffix=f".{format_id}x")
    return SimpleNamespace(INFO=info, write=lambda transcript, options: iter([content]))


def install(monkeypatch, *loaders) -> None:
    points = [SimpleNamespace(value=f"plug{i}", load=load) for i, load in enumerate(loaders)]
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: points)


def test_infos_are_sorted_and_exclude_shared_modules():
    exporters: ExporterRegistry = Exporters()

    ids = [info.format_id for info in exporters.infos()]

    assert ids == sorted(ids)
    assert ids == ["ctm", "docx", "json", "md", "rttm", "seglst", "srt", "stm", "txt", "vtt"]


def test_unknown_format_is_refused_at_once_with_the_known_ones():
    with pytest.raises(KnownError, match=r'"pdf".*ctm, docx, json, md.*vtt') as caught:
        Exporters().write("pdf", make_transcript(), OPTIONS)

    assert caught.value.category is Category.INPUT


def test_format_id_in_capitals_is_understood():
    assert b"".join(Exporters().write("VTT", make_transcript(), OPTIONS)) == b"WEBVTT\n"


@pytest.mark.parametrize(
    ("name", "format_id"),
    [
        ("a.srt", "srt"),
        ("A.B.TXT", "txt"),
        ("meeting.json", "json"),
        ("meeting.seglst.json", "seglst"),
        ("notes.Docx", "docx"),
    ],
)
def test_guess_finds_the_format_of_a_suffix(name, format_id):
    assert Exporters().guess(Path("/somewhere/x.md") / name) == format_id


@pytest.mark.parametrize("name", ["a.pdf", "srt", "a"])
def test_guess_of_an_unknown_suffix_lists_the_formats(name):
    with pytest.raises(KnownError, match=r"Choose one of: ctm, docx"):
        Exporters().guess(Path(name))


def test_plug_in_adds_a_format(monkeypatch):
    install(monkeypatch, lambda: plug_in("braille", b"dots"))

    exporters = Exporters()

    assert "braille" in [info.format_id for info in exporters.infos()]
    assert list(exporters.write("braille", make_transcript(), OPTIONS)) == [b"dots"]


def test_plug_in_does_not_replace_a_format_of_the_program(monkeypatch):
    install(monkeypatch, lambda: plug_in("vtt", b"mine"))

    written = b"".join(Exporters().write("vtt", make_transcript(), OPTIONS))

    assert written == b"WEBVTT\n"


def test_broken_plug_ins_are_logged_and_passed_over(monkeypatch, caplog):
    def fail() -> None:
        raise RuntimeError("no such library")

    install(monkeypatch, fail, lambda: SimpleNamespace(INFO="no info"))

    with caplog.at_level(logging.WARNING, logger=registry.__name__):
        infos = Exporters().infos()

    assert len(infos) == 10
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    caplog.clear()
