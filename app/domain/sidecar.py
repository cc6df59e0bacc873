"""The small file beside every recording that says what it is, so that it outlives the library."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.domain.errors import Category, KnownError
from app.domain.ids import MeetingId, StreamId
from app.domain.meeting import MeetingSource, StreamInfo
from app.domain.sentences import say
from app.lib import atomic

FILE_NAME = "meeting.json"
SCHEMA = "crosstalk.recording/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSidecar:
    """What a meeting's recording folder says about itself.

    Attributes:
        started_at: Aware.
        streams: As far as known when written; counts may be missing while recording.
    """

    meeting_id: MeetingId
    title: str
    started_at: datetime
    streams: tuple[StreamInfo, ...]
    source: MeetingSource = MeetingSource.RECORDING
    language: str = "en"


def write_sidecar(folder: Path, sidecar: RecordingSidecar) -> None:
    """Write `meeting.json` into a recording folder, atomically.

    Paths inside `folder` are written relative to it, so that the folder can be moved.

    Raises:
        OSError: The folder or disk refuses.
    """
    record = {
        "schema": SCHEMA,
        "id": sidecar.meeting_id,
        "title": sidecar.title,
        "started_at": sidecar.started_at.isoformat(),
        "source": sidecar.source.value,
        "language": sidecar.language,
        "streams": [_stream_record(stream, folder) for stream in sidecar.streams],
    }
    # ASCII: names of files need not be Unicode, and come back out of escapes as they were.
    atomic.write_text(folder / FILE_NAME, json.dumps(record, indent=1) + "\n")


def read_sidecar(folder: Path) -> RecordingSidecar:
    """Read `meeting.json` of a recording folder; unknown fields are ignored.

    Raises:
        KnownError: There is none, or it cannot be understood.
    """
    path = folder / FILE_NAME
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            raise ValueError(f"schema {record['schema']!r}")
        started_at = datetime.fromisoformat(record["started_at"])
        return RecordingSidecar(
            meeting_id=MeetingId(str(record["id"])),
            title=str(record["title"]),
            started_at=started_at if started_at.tzinfo else started_at.astimezone(),
            streams=tuple(_stream_info(stream, folder) for stream in record["streams"]),
            source=MeetingSource(record.get("source", MeetingSource.RECORDING)),
            language=str(record.get("language", "en")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KnownError(
            say(
                "{path} cannot be understood ({kind}: {problem}). The audio beside it is "
                "kept; import it as a file.",
                path=path,
                kind=type(error).__name__,
                problem=error,
            ),
            category=Category.INPUT,
        ) from error


def _stream_record(stream: StreamInfo, folder: Path) -> dict[str, Any]:
    return {
        "stream": stream.stream.value,
        "device": stream.device,
        "rate_hz": stream.rate_hz,
        "channels": stream.channels,
        "spool": _portable(stream.spool_path, folder),
        "originals": [_portable(path, folder) for path in stream.original_paths],
        "samples": stream.sample_count,
        "dropped_samples": stream.dropped_samples,
    }


def _stream_info(record: dict[str, Any], folder: Path) -> StreamInfo:
    samples = record.get("samples")
    return StreamInfo(
        stream=StreamId(record["stream"]),
        device=str(record["device"]),
        rate_hz=int(record["rate_hz"]),
        channels=int(record["channels"]),
        spool_path=folder / record["spool"],
        original_paths=tuple(folder / path for path in record.get("originals", ())),
        sample_count=None if samples is None else int(samples),
        dropped_samples=int(record.get("dropped_samples", 0)),
    )


def _portable(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
