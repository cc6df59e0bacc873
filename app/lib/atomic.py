"""Write files so that a reader, or a crash, never sees half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_chunks(path: Path, chunks: Iterable[bytes]) -> int:
    """Write `chunks` to `path`, replacing it only when all of them are on disk.

    Args:
        path: Destination; its folder is made if missing.
        chunks: Pieces of the file, in order.

    Returns:
        The size written, in bytes.

    Raises:
        OSError: The folder or disk refuses; an existing file at `path` is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    size_bytes = 0
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size_bytes += file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return size_bytes


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path` atomically; see `write_chunks`."""
    write_chunks(path, [text.encode()])
