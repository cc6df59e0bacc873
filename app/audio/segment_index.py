"""Where each kept segment of a stream begins, and what was lost: one line each, written at once.

A segment that is missing, torn or unreadable then costs its own sound only: what follows stays at
its place. Recordings without an index are read as if nothing were missing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

INDEX_SUFFIX = ".index.jsonl"


class SegmentIndex:
    """The growing index of one stream. Thread: the recorder's."""

    def __init__(self, folder: Path, stream: str) -> None:
        self._file = (folder / f"{stream}{INDEX_SUFFIX}").open("wb", buffering=0)

    def add(self, segment: str, start_s: float, *, rate_hz: int, channels: int) -> None:
        """Write down a segment that begins.

        Args:
            segment: Name of its file without the suffix, which changes when it is packed.
            start_s: From the start of the stream.

        Raises:
            OSError: The disk refuses.
        """
        self._write(segment=segment, start=start_s, rate_hz=rate_hz, channels=channels)

    def lose(self, start_s: float, end_s: float) -> None:
        """Write down a stretch for which no sound came; one that goes on is written again.

        Raises:
            OSError: The disk refuses.
        """
        self._write(lost=[start_s, end_s])

    def _write(self, **row: Any) -> None:
        self._file.write(json.dumps(row).encode() + b"\n")

    def sync(self) -> None:
        """Make it survive a power cut."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """End it."""
        self._file.close()


def read_index(folder: Path, stream: str) -> Mapping[str, float]:
    """When each segment begins, in seconds, by its name; empty where there is no index.

    A line that a crash left unfinished ends the index.

    Raises:
        OSError: It is there and cannot be read.
    """
    rows = _rows(folder, stream)
    return {row["segment"]: row["start"] for row in rows if "segment" in row}


def read_losses(folder: Path, stream: str) -> tuple[tuple[float, float], ...]:
    """The stretches for which no sound came, in seconds, by time; empty where there is no index.

    Raises:
        OSError: It is there and cannot be read.
    """
    ends_s: dict[float, float] = {}
    for row in _rows(folder, stream):
        if "lost" in row:
            start_s, end_s = row["lost"]
            ends_s[start_s] = end_s
    return tuple(sorted(ends_s.items()))


def _rows(folder: Path, stream: str) -> Iterator[dict[str, Any]]:
    """The whole lines of an index, each one of a segment or of a loss."""
    path = folder / f"{stream}{INDEX_SUFFIX}"
    if not path.exists():
        return
    for line in path.read_bytes().splitlines():
        try:
            row = json.loads(line)
            if "lost" in row:
                start_s, end_s = map(float, row["lost"])
                row = {"lost": (start_s, end_s)}
            else:
                row = {"segment": str(row["segment"]), "start": float(row["start"])}
        except (ValueError, KeyError, TypeError):
            log.warning("%s ends in the middle of a line", path.name)
            return
        yield row
