"""Log files without transcript text."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(process)d %(threadName)s %(name)s: %(message)s"


def configure(logs_dir: Path | None, *, is_verbose: bool = False) -> None:
    """Send log records to a rotated file, and to stderr when verbose.

    Args:
        logs_dir: Folder of `crosstalk.log` (5 files of 1 MB); None logs to stderr only.
        is_verbose: Log INFO and above to stderr as well.

    Rule for callers: ids, spans and counts may be logged; transcript text and names never.
    """
    # What cannot be logged, on a full disk for one, must not fill the terminal with tracebacks.
    logging.raiseExceptions = False
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.INFO)
    if logs_dir is not None:
        logs_dir.mkdir(parents=True, exist_ok=True)
        file_handler = logging.handlers.RotatingFileHandler(
            logs_dir / "crosstalk.log", maxBytes=1_000_000, backupCount=4, encoding="utf-8"
        )
        file_handler.setFormatter(logging.Formatter(FORMAT))
        root.addHandler(file_handler)
    if is_verbose or logs_dir is None:
        stream_handler = logging.StreamHandler(sys.stderr)
        stream_handler.setLevel(logging.INFO if is_verbose else logging.ERROR)
        stream_handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        root.addHandler(stream_handler)
