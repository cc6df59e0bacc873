"""The watched folder: which files in it are new, complete and to be imported."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import Any

from app.domain.errors import Category, KnownError
from app.domain.sentences import say
from app.lib.atomic import write_text
from app.services.core import Core

log = logging.getLogger(__name__)

MEDIA_SUFFIXES = tuple(
    ("wav flac mp3 m4a aac ogg opus oga wma aiff aif amr mp4 mkv webm mov avi mpg mpeg 3gp").split()
)
"""What is taken for a recording, lower case, without the dot."""

_Stamp = tuple[int, int]
"""Size in bytes and time of the last change in ns: what makes a file the same file."""


class InboxService:
    """Looks at the folder that the settings name; every method may be called from any thread.

    Files that lie there when the folder is chosen are left alone. A file is reported once it has
    not changed from one look to the next, so that nothing is read while it is still copied.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._last_look: dict[str, _Stamp] = {}
        self._handed_out: set[str] = set()

    def look(self) -> tuple[Path, ...]:
        """Files to import, by name; each one once per start until `done` is told.

        Raises:
            KnownError: The folder is not there, or cannot be read.
        """
        name = self._core.settings().imports.watch_folder
        if not name:
            return ()
        folder = Path(name).expanduser()
        with self._lock:
            present = _present(folder)
            memory = self._read()
            if memory is None or memory["folder"] != str(folder):
                known = {file: list(stamp) for file, stamp in present.items()}
                self._write({"folder": str(folder), "known": known})
                self._last_look, self._handed_out = present, set()
                return ()
            ready = sorted(
                file
                for file, stamp in present.items()
                if memory["known"].get(file) != list(stamp)
                and self._last_look.get(file) == stamp
                and file not in self._handed_out
                and stamp[0] > 0
            )
            self._last_look = present
            self._handed_out.update(ready)
        return tuple(folder / file for file in ready)

    def done(self, path: Path) -> None:
        """An import has ended, well or not: the file is not offered again unless it changes."""
        with self._lock:
            memory = self._read()
            stamp = self._last_look.get(path.name)
            if memory is None or stamp is None or memory["folder"] != str(path.parent):
                return
            present = set(self._last_look)
            known = {file: old for file, old in memory["known"].items() if file in present}
            known[path.name] = list(stamp)
            self._write({"folder": memory["folder"], "known": known})
            self._handed_out.discard(path.name)

    @property
    def _file(self) -> Path:
        return self._core.paths.data_dir / "inbox.json"

    def _read(self) -> dict[str, Any] | None:
        try:
            memory = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            log.warning("%s cannot be read; the folder is looked at as if it were new", self._file)
            return None
        is_whole = (
            isinstance(memory, dict)
            and isinstance(memory.get("folder"), str)
            and isinstance(memory.get("known"), dict)
        )
        return memory if is_whole else None

    def _write(self, memory: dict[str, Any]) -> None:
        try:
            write_text(self._file, json.dumps(memory))
        except OSError as error:
            raise KnownError(
                say(
                    "{path} cannot be written: {cause}. Nothing new is imported from the "
                    "watched folder until it can.",
                    path=self._file,
                    cause=error.strerror or error,
                ),
                category=Category.DISK,
            ) from error


def _present(folder: Path) -> dict[str, _Stamp]:
    found: dict[str, _Stamp] = {}
    try:
        for path in folder.iterdir():
            if path.suffix.lower().lstrip(".") in MEDIA_SUFFIXES and path.is_file():
                about = path.stat()
                found[path.name] = (about.st_size, about.st_mtime_ns)
    except OSError as error:
        raise KnownError(
            say(
                "The watched folder {folder} cannot be read: {cause}. Choose another one in "
                "the settings, or leave the field empty.",
                folder=folder,
                cause=error.strerror or error,
            )
        ) from error
    return found
