"""All export formats: the modules of this package and those of installed plug-ins."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import cast

import app.export
from app.domain.errors import KnownError
from app.domain.meeting import MeetingTranscript
from app.domain.ports import Exporter, ExporterInfo, ExportOptions
from app.domain.sentences import say

log = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "crosstalk.exporters"
"""Where an installed package names modules of its own with `INFO` and `write`."""


class Exporters:
    """Every format of this installation (an `ExporterRegistry`).

    A format is a module with `INFO: ExporterInfo` and `write(transcript, options)`; it is found by
    lying in this package. A plug-in cannot take the id of a format that comes with the program.
    Found once, when first asked for. Thread: any.
    """

    @cached_property
    def _formats(self) -> Mapping[str, Exporter]:
        found = {exporter.INFO.format_id: exporter for exporter in _installed()}
        found.update((exporter.INFO.format_id, exporter) for exporter in _built_in())
        return dict(sorted(found.items()))

    def infos(self) -> tuple[ExporterInfo, ...]:
        """All formats, by id."""
        return tuple(exporter.INFO for exporter in self._formats.values())

    def write(
        self, format_id: str, transcript: MeetingTranscript, options: ExportOptions
    ) -> Iterator[bytes]:
        """Write in one format; the id may be in capitals.

        Returns:
            The pieces of the file, in order.

        Raises:
            KnownError: Unknown format; the message lists the known ones. Raised at once, before
                the first piece is asked for.
        """
        exporter = self._formats.get(format_id.lower())
        if exporter is None:
            raise KnownError(
                say(
                    'There is no export format "{format}". {choices}',
                    format=format_id,
                    choices=self._choices(),
                )
            )
        return exporter.write(transcript, options)

    def guess(self, path: Path) -> str:
        """The format that a file name's ending stands for; the longest known ending counts.

        Raises:
            KnownError: No format has such an ending; the message lists the known formats.
        """
        name = path.name.lower()
        fitting = [info for info in self.infos() if name.endswith(info.suffix)]
        if not fitting:
            raise KnownError(
                say(
                    'No export format goes with the file name "{file}". {choices}',
                    file=path.name,
                    choices=self._choices(),
                )
            )
        return max(fitting, key=lambda info: len(info.suffix)).format_id

    def _choices(self) -> str:
        return say("Choose one of: {known}.", known=", ".join(self._formats))


def _built_in() -> Iterator[Exporter]:
    for module_info in pkgutil.iter_modules(app.export.__path__, "app.export."):
        if module_info.name != __name__:
            module = importlib.import_module(module_info.name)
            if _is_exporter(module):
                yield cast(Exporter, module)


def _installed() -> Iterator[Exporter]:
    for entry_point in metadata.entry_points(group=ENTRY_POINT_GROUP):
        try:
            module = entry_point.load()
        except Exception as error:  # foreign code: one bad plug-in must not stop all exports
            log.warning("export plug-in %s cannot be loaded: %s", entry_point.value, error)
            continue
        if _is_exporter(module):
            yield cast(Exporter, module)
        else:
            log.warning("export plug-in %s has no INFO or no write", entry_point.value)


def _is_exporter(module: ModuleType) -> bool:
    info = getattr(module, "INFO", None)
    return isinstance(info, ExporterInfo) and callable(getattr(module, "write", None))
