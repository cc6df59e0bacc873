"""MeetEval's SegLST: a JSON list of segments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.errors import KnownError
from app.domain.meeting import MeetingTranscript
from app.domain.ports import ExporterInfo, ExportOptions
from app.export.names import field_token
from app.export.passages import passages
from app.export.timecode import seconds_number

INFO = ExporterInfo(format_id="seglst", title="SegLST (MeetEval)", suffix=".seglst.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class SegLstRow:
    """One segment as SegLST knows it; times in seconds."""

    session_id: str
    start_s: float
    end_s: float
    words: str
    speaker: str


def write(transcript: MeetingTranscript, options: ExportOptions) -> Iterator[bytes]:
    """Yield a JSON list with one segment per line; `options` change nothing.

    The session is the meeting's title without blanks, as in the other formats of MeetEval.
    """
    session = field_token(transcript.meeting.title, fallback="meeting")
    separator = "[\n"
    for passage in passages(transcript):
        row = {
            "session_id": session,
            "start_time": seconds_number(passage.span.start),
            "end_time": seconds_number(passage.span.end),
            "words": passage.text,
            "speaker": passage.speaker,
        }
        # A lone surrogate, which UTF-8 cannot hold, becomes "?".
        yield f"{separator}{json.dumps(row, ensure_ascii=False)}".encode(errors="replace")
        separator = ",\n"
    yield b"[]\n" if separator == "[\n" else b"\n]\n"


def read(data: bytes) -> tuple[SegLstRow, ...]:
    """The segments of a SegLST file, in the order of the file.

    Raises:
        KnownError: Not such a file.
    """
    try:
        return tuple(
            SegLstRow(
                session_id=str(row["session_id"]),
                start_s=float(row["start_time"]),
                end_s=float(row["end_time"]),
                words=str(row["words"]),
                speaker=str(row["speaker"]),
            )
            for row in json.loads(data)
        )
    except (ValueError, TypeError, KeyError) as error:
        raise KnownError(
            "This is not a SegLST file: each segment needs session_id, start_time, end_time, "
            "words and speaker."
        ) from error
