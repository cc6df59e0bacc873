"""What becomes of a meeting that is being recorded when its window closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Slot
from PySide6.QtWidgets import QWidget

from app.ui.questions import ask_before_closing

if TYPE_CHECKING:  # built when first needed
    from app.ui.live.view import LiveView

_KEEPS = "window/closing-keeps-recording"


class Closing(QObject):
    """Asks until the user has said once that closing keeps recording; quitting always asks."""

    def __init__(
        self,
        window: QWidget,
        memory: QSettings,
        live: Callable[[], LiveView],
        has_tray: Callable[[], bool],
    ) -> None:
        """Watch over a window.

        Args:
            live: Gives the page of the running meeting.
            has_tray: Whether a window that is hidden can be found again.
        """
        super().__init__(window)
        self._window = window
        self._memory = memory
        self._live = live
        self._has_tray = has_tray
        self._is_quitting = False
        self._is_stopping = False

    def may_close(self) -> bool:
        """Whether the window may close now; else it is hidden, or the user is being asked."""
        if self._is_stopping or not self._live().is_running:
            return True
        has_tray = self._has_tray()
        if has_tray and not self._is_quitting and self._memory.value(_KEEPS) == "true":
            self._window.hide()
        else:
            keep = self._keep if has_tray else None
            ask_before_closing(self._window, keep=keep, stop=self._stop)
        return False

    @Slot()
    def quit(self) -> None:
        """Close the window and end the program; asks while a meeting is recorded."""
        self._is_quitting = True
        try:
            self._window.close()
        finally:
            self._is_quitting = False

    @Slot()
    def _keep(self) -> None:
        self._remember(keeps="true")
        self._window.hide()

    @Slot()
    def _stop(self) -> None:
        self._remember(keeps="false")
        self._is_stopping = True
        session = self._live().session
        if session is None or not self._live().is_running:
            self._window.close()
            return
        session.state_changed.connect(self._close_when_saved)
        session.stop()

    def _remember(self, *, keeps: str) -> None:
        self._memory.setValue(_KEEPS, keeps)
        self._memory.sync()

    @Slot(object)
    def _close_when_saved(self, _state: object) -> None:
        if not self._live().is_running:
            self._window.close()
