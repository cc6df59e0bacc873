"""Imports what appears in the watched folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from app.ui.errors import Problem
from app.ui.kit import Kit
from app.ui.library.imports import ImportQueue

EVERY_MS = 5_000


class FolderWatch(QObject):
    """Looks every few seconds: that works on network drives too, and shows when a copy is done."""

    def __init__(self, kit: Kit, imports: ImportQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._imports = imports
        self._folder = ""
        self._complaint = ""
        self._is_looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.look)

    @Slot()
    def take_settings(self) -> None:
        """Begin to look, or end it."""
        folder = self._kit.context.settings.imports.watch_folder
        if folder != self._folder:  # other settings are no reason to complain again
            self._folder, self._complaint = folder, ""
        if folder:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    @Slot()
    def look(self) -> None:
        """Look once, in the background."""
        if not self._is_looking:
            self._is_looking = True
            self._kit.tasks.run(self._kit.context.inbox.look, self._take, self._complain)

    def _take(self, paths: tuple[Path, ...]) -> None:
        self._is_looking = False
        self._complaint = ""
        for job in self._imports.add(paths):
            job.ended.connect(partial(self._done, job.path))

    def _done(self, path: Path) -> None:
        inbox = self._kit.context.inbox
        self._kit.tasks.run(lambda: inbox.done(path))

    def _complain(self, problem: Problem) -> None:
        self._is_looking = False
        if problem.text != self._complaint:  # once, not every five seconds
            self._complaint = problem.text
            self._kit.show_problem(problem)
