import dataclasses
import json

import pytest

from app.domain.errors import KnownError
from app.domain.ports import ExportOptions
from app.export import json as json_format
from tests.fakes.transcripts import (
    NEWLINE_NAME,
    make_transcript,
    make_turn,
    nasty_transcript,
)

pytestmark = pytest.mark.unit


def written() -> bytes:
    return b"".join(json_format.write(nasty_transcript(), ExportOptions()))


def test_document_follows_the_schema():
    document = json.loads(written())

    assert list(document) == [
        "schema",
        "meeting",
        "speakers",
        "segments",
        "turns",
        "notices",
        "holds",
        "markers",
    ]
    assert document["schema"] == "crosstalk.transcript/1"
    assert document["speakers"][1] == {
        "id": "S2",
        "name": 'Bob --> "<b>Lee</b>" & Co',
        "enrolled": True,
        "confidence": 0.95,
        "facts": document["speakers"][1]["facts"],
    }
    assert list(document["speakers"][1]["facts"]) == [
        "talk_s",
        "share",
        "turns",
        "overlap_s",
        "interruptions",
    ]
    assert document["speakers"][0]["name"] == NEWLINE_NAME
    assert document["speakers"][3]["name"] == "Speaker 4"
    assert document["segments"][3] == {
        "id": "d",
        "stream": "mic",
        "speaker": "S1",
        "start": 6.2,
        "end": 6.6,
        "text": "Mhm.",
        "overlap": False,
        "words": [{"text": "Mhm.", "start": 6.2, "end": 6.6, "p": 0.9}],
    }
    assert document["notices"] == [
        {"kind": "clipping", "stream": "mic", "text": "Too loud."},
        {
            "kind": "gap",
            "stream": "system",
            "text": "the recogniser failed",
            "start": 28.0,
            "end": 29.0,
        },
    ]


def test_a_probable_name_is_written_with_a_question_mark_and_read_without():
    transcript = nasty_transcript()
    doubtful = dataclasses.replace(transcript.speakers[1], name="Why?", confidence=0.7)
    transcript = dataclasses.replace(transcript, speakers=(doubtful,))

    data = b"".join(json_format.write(transcript, ExportOptions()))

    assert json.loads(data)["speakers"][0]["name"] == "Why??"
    assert json_format.read(data).speakers[0].name == "Why?"


def test_segments_are_sorted_by_start():
    starts = [row["start"] for row in json.loads(written())["segments"]]

    assert starts == sorted(starts)


def test_document_tells_no_path_of_this_machine():
    assert b"/secret" not in written()


def test_edited_segment_carries_the_users_words():
    document = json.loads(written())

    row = next(row for row in document["segments"] if row["id"] == "i")

    assert row["text"] == "This was\nheard quite wrong."
    assert [(word["text"], word["p"]) for word in row["words"]] == [
        ("This", 0.9),
        ("was", 0.9),
        ("heard", None),
        ("quite", None),
        ("wrong.", 0.9),
    ]


def test_gaps_and_notices_are_read_back():
    transcript = json_format.read(written())

    assert transcript.gaps == nasty_transcript().gaps
    assert transcript.notices == nasty_transcript().notices
    assert transcript.meeting.models == nasty_transcript().meeting.models


def test_turns_are_read_back():
    turns = (make_turn("S1", 0.5, 2.25, confidence=0.75), make_turn(None, 1.0, 1.00005))
    data = b"".join(json_format.write(make_transcript(turns=turns), ExportOptions()))

    assert json.loads(data)["turns"] == [
        {"stream": "system", "speaker": "S1", "start": 0.5, "end": 2.25, "confidence": 0.75},
        {"stream": "system", "speaker": None, "start": 1.0, "end": 1.00006, "confidence": None},
    ]
    assert json_format.read(data).turns == turns


def test_file_without_turns_is_read():
    document = json.loads(written())
    del document["turns"]

    assert json_format.read(json.dumps(document).encode()).turns == ()


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[]", b"3", b'"x"', b"{}", b'{"schema": 1', b"null"]
)
def test_other_files_are_refused_with_a_plain_sentence(data):
    with pytest.raises(KnownError, match="not a transcript that Crosstalk wrote"):
        json_format.read(data)


def test_other_schema_version_is_refused():
    with pytest.raises(KnownError, match=r"crosstalk\.transcript/2"):
        json_format.read(b'{"schema": "crosstalk.transcript/2"}')


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("segments", [{"id": "a"}]),
        ("segments", 3),
        ("segments", [None]),
        ("meeting", {}),
        ("speakers", "x"),
        ("turns", None),
        ("turns", [{"stream": "mic", "speaker": "S1", "start": 2, "end": 1, "confidence": None}]),
        ("notices", [{"kind": "no such kind", "stream": None, "text": ""}]),
    ],
)
def test_damaged_file_is_refused(key, value):
    document = json.loads(written())
    document[key] = value

    with pytest.raises(KnownError, match="damaged"):
        json_format.read(json.dumps(document).encode())


def test_endless_time_is_refused():
    with pytest.raises(KnownError, match="damaged"):
        json_format.read(written().replace(b'"start": 6.2', b'"start": 1e999'))
