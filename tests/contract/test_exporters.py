"""Every registered format against one suite."""

import importlib
import inspect
import json
import re
import time
from pathlib import Path

import pytest

from app.domain.ids import SegmentId, StreamId
from app.domain.ports import ExporterInfo, ExportOptions
from app.export.registry import Exporters
from tests.fakes.transcripts import (
    long_transcript,
    make_segment,
    make_transcript,
    nasty_transcript,
)

pytestmark = pytest.mark.contract

REGISTRY = Exporters()
INFOS = REGISTRY.infos()
MAX_WRITE_S = 2.0


def text_of(format_id: str, data: bytes) -> str:
    """Everything a person or a program finds in the file, as one string."""
    if format_id == "docx":
        from io import BytesIO

        from docx import Document

        return "\n".join(paragraph.text for paragraph in Document(BytesIO(data)).paragraphs)
    return data.decode("utf-8")


def write(info: ExporterInfo, transcript, options: ExportOptions | None = None) -> bytes:
    return b"".join(REGISTRY.write(info.format_id, transcript, options or ExportOptions()))


@pytest.fixture(params=INFOS, ids=[info.format_id for info in INFOS])
def info(request) -> ExporterInfo:
    return request.param


def test_formats_of_the_interface_are_registered():
    ids = {info.format_id for info in INFOS}

    assert ids >= {"txt", "md", "srt", "vtt", "json", "seglst", "rttm", "stm", "ctm", "docx"}


def test_info_is_usable_as_choice_and_suffix(info):
    assert info.format_id == info.format_id.lower()
    assert info.suffix.startswith(".")
    assert info.suffix == info.suffix.lower()
    assert info.title
    assert [other for other in INFOS if other.suffix == info.suffix] == [info]


def test_format_imports_no_other_format(info):
    source = Path(inspect.getfile(importlib.import_module(f"app.export.{info.format_id}")))

    imported = set(re.findall(r"app\.export(?: import |\.)(\w+)", source.read_text()))

    assert imported.isdisjoint({other.format_id for other in INFOS} | {"registry"})


def test_same_transcript_gives_same_bytes(info):
    assert write(info, nasty_transcript()) == write(info, nasty_transcript())


def test_empty_transcript_gives_a_file_without_segments(info):
    data = write(info, make_transcript())

    assert "Speaker 1:" not in text_of(info.format_id, data)
    if info.format_id in {"json", "seglst"}:
        document = json.loads(data)
        assert (document if info.format_id == "seglst" else document["segments"]) == []


def test_chunks_are_bytes_and_never_all_in_one(info):
    chunks = list(REGISTRY.write(info.format_id, long_transcript(20_000), ExportOptions()))

    assert all(isinstance(chunk, bytes) for chunk in chunks)
    assert len(chunks) > 1


def test_unknown_voice_is_called_unknown(info):
    transcript = make_transcript(
        [
            make_segment("a", 0.0, "hello there", track=None),
            make_segment("b", 2.0, "general question", track="S99"),
        ]
    )

    text = text_of(info.format_id, write(info, transcript))

    if info.format_id == "json":
        assert [row["speaker"] for row in json.loads(text)["segments"]] == [None, None]
    elif info.format_id != "ctm":
        assert "Unknown" in text
        assert "S99" not in text


def test_edited_text_replaces_the_recognised(info):
    transcript = make_transcript(
        [make_segment("a", 0.0, "we herd a noise")], edited_texts={"a": "we heard some noises"}
    )

    text = text_of(info.format_id, write(info, transcript))

    assert "herd" not in text.replace("heard", "")
    if info.format_id != "rttm":
        for word in ("we", "heard", "some", "noises"):
            assert word in text


def test_retracted_and_emptied_segments_are_nowhere(info):
    kept = make_segment("a", 0.0, "kept words", track="S1")
    emptied = make_segment("b", 3.0, "removed", track="S2")
    transcript = make_transcript([kept, emptied], edited_texts={"b": "  "})

    text = text_of(info.format_id, write(info, transcript))

    assert "removed" not in text
    if info.format_id != "json":
        assert "Speaker 2" not in text
        assert "Speaker_2" not in text


def test_lone_surrogate_and_control_characters_do_not_stop_an_export(info):
    transcript = make_transcript(
        [make_segment("a", 0.0, "before after")],
        edited_texts={"a": "before \ud800\x00\x1b\ufffe after"},
    )

    data = write(info, transcript)

    if info.format_id != "rttm":
        assert "before" in text_of(info.format_id, data)
        assert "after" in text_of(info.format_id, data)


@pytest.mark.parametrize("has_timestamps", [True, False])
@pytest.mark.parametrize("has_speakers", [True, False])
def test_every_option_gives_a_file_with_all_words(info, has_timestamps, has_speakers):
    transcript = make_transcript([make_segment("a", 61.0, "alpha beta", stream=StreamId.MIC)])
    options = ExportOptions(has_timestamps=has_timestamps, has_speakers=has_speakers)

    text = text_of(info.format_id, write(info, transcript, options))

    if info.format_id != "rttm":
        assert "alpha" in text
        assert "beta" in text
    if info.format_id in {"txt", "md", "docx"}:
        assert ("00:01:01" in text) == has_timestamps
        assert ("Speaker 1" in text) == has_speakers


@pytest.mark.parametrize("format_id", ["txt", "md", "docx", "json"])
def test_what_people_read_says_who_talked_how_much(format_id):
    transcript = make_transcript([make_segment("a", 61.0, "alpha beta", stream=StreamId.MIC)])
    info = next(info for info in REGISTRY.infos() if info.format_id == format_id)

    text = text_of(format_id, write(info, transcript))

    assert ('"turns": 1' if format_id == "json" else "1 turn") in text


def test_thirty_thousand_words_are_written_in_time(info):
    transcript = long_transcript(30_000)
    started = time.process_time()  # of this process alone, however busy the machine is

    size_bytes = sum(map(len, REGISTRY.write(info.format_id, transcript, ExportOptions())))

    elapsed_s = time.process_time() - started
    assert size_bytes > 10_000
    assert elapsed_s < MAX_WRITE_S


def test_edits_keep_the_transcript_as_it_was(info):
    transcript = nasty_transcript()

    write(info, transcript)

    assert transcript == nasty_transcript()
    assert SegmentId("i") in transcript.edited_texts
