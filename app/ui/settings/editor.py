"""Takes what the user sets, and stores it in the order it was set."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.settings.schema import Value, with_values
from app.ui.errors import Problem
from app.ui.kit import Kit

DELAY_MS = 200
"""Turning a number up by ten writes the file once."""


class SettingsEditor(QObject):
    """Collects changes and saves them together; a batch waits until the one before is stored."""

    saved = Signal()
    refused = Signal(object)
    """A `Problem`."""

    def __init__(self, kit: Kit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kit = kit
        self._waiting: dict[str, Value] = {}
        self._is_saving = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._save)

    def change(self, path: str, value: Value) -> None:
        """Set one value by its key path."""
        self._waiting[path] = value
        self._timer.start()

    @Slot()
    def _save(self) -> None:
        if self._is_saving or not self._waiting:
            return
        values, self._waiting = self._waiting, {}
        self._is_saving = True
        context = self._kit.context

        def work() -> None:
            context.save_settings(with_values(context.settings, values))

        self._kit.tasks.run(work, self._stored, self._failed)

    def _stored(self, _nothing: None) -> None:
        self._is_saving = False
        self.saved.emit()
        self._save()

    def _failed(self, problem: Problem) -> None:
        self._is_saving = False
        self.refused.emit(problem)
        self._save()
