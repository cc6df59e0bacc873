"""Where each kept segment of a stream begins: one line per segment, written when it begins.

A segment that is missing, torn or unreadable then costs its own sound only: what follows stays at
its place. Recordings without an index are read as if nothing were missing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

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
        row = {"segment": segment, "start": start_s, "rate_hz": rate_hz, "channels": channels}
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
    path = folder / f"{stream}{INDEX_SUFFIX}"
    starts_s: dict[str, float] = {}
    if not path.exists():
        return starts_s
    for line in path.read_bytes().splitlines():
        try:
            row = json.loads(line)
            starts_s[str(row["segment"])] = float(row["start"])
        except (ValueError, KeyError, TypeError):
            log.warning("%s ends in the middle of a line", path.name)
            break
    return starts_s
