"""Deletes old recordings and meetings while the window is open, as the settings say."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.lib.clock import SystemClock
from app.services.retention import Due
from app.ui.errors import Problem
from app.ui.kit import Kit

EVERY_H = 6


class Sweeper(QObject):
    """Sweeps soon after the start and every few hours after that."""

    swept = Signal(object)
    """What was deleted, a `Due` that is not empty."""

    def __init__(self, kit: Kit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_H * 3_600_000)
        self._timer.timeout.connect(self.sweep)
        self.next_at: datetime | None = None

    @Slot()
    def sweep(self) -> None:
        """Delete what is due, in the background."""
        self._timer.start()
        self.next_at = SystemClock().now() + timedelta(hours=EVERY_H)
        self._kit.tasks.run(self._kit.context.retention.sweep, self._tell, self._failed)

    def _tell(self, found: Due) -> None:
        if not found.is_empty:
            self.swept.emit(found)

    def _failed(self, problem: Problem) -> None:
        self._kit.show_problem(problem)
