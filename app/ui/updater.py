"""Asks for a newer version once a day, if the settings say so."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.services.updates import Release
from app.ui.kit import Kit

LOOK_EVERY_MIN = 60
"""How often the settings and the time of the last question are looked at."""


class Updater(QObject):
    """Looks soon after the start and every hour; the service knows whether a day has passed."""

    found = Signal(object)
    """A `Release` that is newer than this program."""

    def __init__(self, kit: Kit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MIN * 60_000)
        self._timer.timeout.connect(self.look)

    @Slot()
    def look(self) -> None:
        """Ask if that is wanted and due, in the background; says nothing where it fails."""
        self._timer.start()
        updates = self._kit.context.updates
        self._kit.tasks.run(updates.check_if_due, self._tell, lambda _problem: None)

    def _tell(self, release: Release | None) -> None:
        if release is not None and release.is_newer:
            self.found.emit(release)
