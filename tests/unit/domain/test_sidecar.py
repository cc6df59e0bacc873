import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, StreamId
from app.domain.meeting import MeetingSource
from app.domain.sidecar import RecordingSidecar, read_sidecar, write_sidecar
from tests.fakes.meetings import START, make_stream

pytestmark = pytest.mark.unit


def make_sidecar(folder: Path) -> RecordingSidecar:
    return RecordingSidecar(
        meeting_id=MeetingId("0badcafe"),
        title="Büro „Süd“",
        started_at=START,
        streams=(make_stream(folder), make_stream(folder, StreamId.SYSTEM)),
        source=MeetingSource.FILE,
        language="de",
    )


def test_sidecar_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_sidecar(tmp_path, make_sidecar(tmp_path))

    assert read_sidecar(tmp_path) == make_sidecar(tmp_path)


def test_moved_folder_names_its_files_where_they_lie(tmp_path: Path) -> None:
    write_sidecar(tmp_path / "old", make_sidecar(tmp_path / "old"))
    (tmp_path / "old").rename(tmp_path / "new")

    assert read_sidecar(tmp_path / "new") == make_sidecar(tmp_path / "new")


def test_file_outside_the_folder_keeps_its_place(tmp_path: Path) -> None:
    stream = replace(make_stream(tmp_path), original_paths=(Path("/music/talk.mp3"),))
    write_sidecar(tmp_path, replace(make_sidecar(tmp_path), streams=(stream,)))

    assert read_sidecar(tmp_path).streams == (stream,)


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_file_whose_name_is_no_unicode_is_found_again(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(b"/music/caf\xe9.mp3"))
    stream = replace(make_stream(tmp_path), device=odd.name, original_paths=(odd,))

    write_sidecar(tmp_path, replace(make_sidecar(tmp_path), streams=(stream,)))

    assert read_sidecar(tmp_path).streams == (stream,)


def test_optional_fields_may_be_missing(tmp_path: Path) -> None:
    record = {
        "schema": "crosstalk.recording/1",
        "id": "1",
        "title": "T",
        "started_at": "2026-03-04T15:30:00",
        "streams": [
            {"stream": "mic", "device": "D", "rate_hz": 1, "channels": 1, "spool": "mic.pcm"}
        ],
    }
    (tmp_path / "meeting.json").write_text(json.dumps(record))

    sidecar = read_sidecar(tmp_path)

    assert sidecar.started_at.tzinfo is not None
    assert sidecar.started_at.replace(tzinfo=None) == datetime(2026, 3, 4, 15, 30)
    assert sidecar.streams[0].sample_count is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"schema": "crosstalk.recording/9"}',
        '{"schema": "crosstalk.recording/1"}',
        '{"schema": "crosstalk.recording/1", "id": "1", "title": "T", "started_at": 5}',
        '{"schema": "crosstalk.recording/1", "id": "1", "title": "T",'
        ' "started_at": "2026-03-04", "streams": [{"stream": "radio"}]}',
    ],
)
def test_anything_else_is_a_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "meeting.json").write_text(text)

    with pytest.raises(KnownError, match="cannot be understood"):
        read_sidecar(tmp_path)


def test_missing_sidecar_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="cannot be understood"):
        read_sidecar(tmp_path)
