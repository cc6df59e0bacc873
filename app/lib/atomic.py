"""Write files so that a reader, or a crash, never sees half of one."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO


def write_chunks(path: Path, chunks: Iterable[bytes]) -> int:
    """Write `chunks` to `path`, replacing it only when all of them are on disk.

    A new file has the rights that the system gives new files, a replaced one keeps its own. What
    is no regular file, such as `/dev/stdout` or a pipe, is written to as it is.

    Args:
        path: Destination; its folder is made if missing, a link is followed.
        chunks: Pieces of the file, in order.

    Returns:
        The size written, in bytes.

    Raises:
        OSError: The folder or disk refuses; an existing file at `path` is untouched.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as special:
            return _write(special, chunks)
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not named after `path`, whose name may be as long as names can be.
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as file:
            size_bytes = _write(file, chunks)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return size_bytes


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path` atomically; see `write_chunks`."""
    write_chunks(path, [text.encode()])


def _write(file: IO[bytes], chunks: Iterable[bytes]) -> int:
    return sum(file.write(chunk) for chunk in chunks)
