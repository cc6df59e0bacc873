"""Decides when the first steps are shown."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.ui.kit import Kit
from app.ui.models.view import MissingModels

_SEEN = "first-steps/seen"


class Greeter(QObject):
    """Opens the first steps: by itself once, for whoever has no meetings yet, or when asked."""

    sample_wanted = Signal()

    def __init__(self, kit: Kit, models: MissingModels, memory: QSettings, parent: QWidget) -> None:
        super().__init__(parent)
        self._kit = kit
        self._models = models
        self._memory = memory
        self._window = parent
        self.is_waiting = False
        """Whether the next look at the library may open the first steps."""

    def look(self, *, is_empty: bool) -> None:
        """Say what the library holds; the first steps are for an empty one."""
        if self.is_waiting and is_empty and self._memory.value(_SEEN) != "true":
            self.show()
        self.is_waiting = False

    def show(self) -> None:
        """Open the first steps, and never again without being asked."""
        self._memory.setValue(_SEEN, "true")
        self._memory.sync()
        # Imported here: who has meetings already need not wait for it at every start.
        from app.ui.first_steps import FirstSteps

        dialog = FirstSteps(self._kit, self._models, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.sample_wanted.connect(self.sample_wanted)
        dialog.open()
