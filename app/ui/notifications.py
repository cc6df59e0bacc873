"""Tells outside the window what ended or needs a hand, while nobody looks at it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from app.ui.desktop import Desktop, Outcome
from app.ui.kit import Kit
from app.ui.tray import Tray

TITLE = "Crosstalk"


class Notifications(QObject):
    """Posts through the desktop, or through the tray where there is no other way."""

    clicked = Signal()

    def __init__(
        self, kit: Kit, tray: Tray, desktop: Desktop, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._kit = kit
        self._tray = tray
        self._desktop = desktop
        desktop.setParent(self)
        desktop.clicked.connect(self.clicked)

    def tell(self, notice_id: str, text: str) -> None:
        """Say a sentence, unless the window is in front or the settings forbid it.

        Args:
            notice_id: What it is about; a later one replaces it.
        """
        if not self._kit.context.settings.window.is_notifying or is_in_front():
            return

        def told(outcome: Outcome) -> None:
            if outcome is Outcome.UNREACHABLE:
                self._tray.show_message(TITLE, text)

        self._desktop.post(notice_id, TITLE, text, told)


def is_in_front() -> bool:
    """Whether the user looks at a window of this program."""
    return QApplication.activeWindow() is not None
