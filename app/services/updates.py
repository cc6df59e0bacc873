"""Whether there is a newer Crosstalk: asked when the user asks, or once a day if they want that."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app import __version__
from app.domain.errors import Category, KnownError
from app.domain.sentences import Sentence, say
from app.lib.atomic import write_text
from app.lib.clock import Clock
from app.lib.paths import SOURCE_ROOT
from app.settings.schema import Settings

log = logging.getLogger(__name__)

PYPI_URL = "https://pypi.org/pypi/crosstalk/json"
SUMMARY = "Live, speaker-attributed meeting transcripts on your own machine"
"""Of our package. Names on PyPI are taken by whoever comes first: another package is no update."""
TIMEOUT_S = 10.0
EVERY = timedelta(days=1)
MEMORY_NAME = "updates.json"
_RELEASE = re.compile(r"\d+(\.\d+)*")

GetJson = Callable[[str, float], object]
"""Asks a URL with a time limit in seconds; raises OSError or ValueError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The newest published version, compared with this program's.

    Attributes:
        version: None when nothing is published.
    """

    version: str | None
    is_newer: bool

    @property
    def how(self) -> Sentence:
        """How to get it."""
        if (SOURCE_ROOT / "pyproject.toml").exists():
            return say("Update with: git pull && make install")
        return say("Update with: pip install --upgrade crosstalk")


class UpdatesService:
    """Asks PyPI. Nothing but the request for one public document leaves the machine.

    Thread: `check` and `check_if_due` may be called from any thread; they block for up to
    `TIMEOUT_S`.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        clock: Clock,
        data_dir: Path,
        *,
        get_json: GetJson | None = None,
        version: str = __version__,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._memory = data_dir / MEMORY_NAME
        self._get_json = get_json or _from_web
        self.version = version
        self._lock = threading.Lock()

    def check(self) -> Release:
        """Ask now, because the user wants to know.

        Raises:
            KnownError: No connection, or an answer that makes no sense.
        """
        with self._lock:
            self._remember(self._clock.now())
            try:
                return _newest(self._get_json(PYPI_URL, TIMEOUT_S), self.version)
            except (OSError, ValueError) as error:
                if getattr(error, "code", None) == 404:
                    return Release(version=None, is_newer=False)
                log.info("looking for updates failed: %s", error)
                raise KnownError(
                    say(
                        "pypi.org could not be asked for a newer version. Check the connection "
                        "and try again; nothing else needs it."
                    ),
                    category=Category.INPUT,
                ) from error

    def check_if_due(self) -> Release | None:
        """Ask if the settings say so and the last question is a day old; never complains.

        Returns:
            None when nothing was asked, or there was no answer.
        """
        if not self._settings().updates.is_checking:
            return None
        last = self._last()
        if last is not None and timedelta(0) <= self._clock.now() - last < EVERY:
            return None
        try:
            return self.check()
        except KnownError:
            return None  # somebody without a connection need not hear of it once a day

    def _last(self) -> datetime | None:
        try:
            return datetime.fromisoformat(json.loads(self._memory.read_text("utf-8"))["asked_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _remember(self, now: datetime) -> None:
        try:
            write_text(self._memory, json.dumps({"asked_at": now.isoformat()}))
        except OSError as error:
            log.info("the time of the question is not kept: %s", error)


def _newest(document: object, own: str) -> Release:
    """Read PyPI's answer.

    Raises:
        ValueError: It is not what PyPI's JSON API documents.
    """
    info = document.get("info") if isinstance(document, dict) else None
    if not isinstance(info, dict):
        raise ValueError("no info in the answer")
    version = info.get("version")
    is_ours = info.get("summary") == SUMMARY and not info.get("yanked")
    if not is_ours or not isinstance(version, str) or not _RELEASE.fullmatch(version):
        return Release(version=None, is_newer=False)
    return Release(version=version, is_newer=_numbers(version) > _numbers(own))


def _numbers(version: str) -> list[int]:
    """The numbers of a version; zeros at its end make no other version."""
    found = _RELEASE.match(version)
    numbers = [int(part) for part in found.group().split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers


def _from_web(url: str, timeout_s: float) -> object:
    # Imported here: only who asks for updates pays for it.
    from app.lib.web import get_json

    return get_json(url, timeout_s)
