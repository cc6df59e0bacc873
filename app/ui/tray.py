"""The tray icon: says that a meeting is being recorded, and stops it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from app.ui.actions import Do
from app.ui.kit import Kit


class Tray(QObject):
    """Shown while a meeting runs, where the desktop has a tray."""

    show_wanted = Signal()

    def __init__(self, kit: Kit, parent: QWidget) -> None:
        super().__init__(parent)
        self._kit = kit
        self._menu = QMenu(parent)
        show = self._menu.addAction(self.tr("Show Crosstalk"))
        show.triggered.connect(self.show_wanted)
        self._menu.addAction(kit.actions[Do.PAUSE])
        self._menu.addAction(kit.actions[Do.OFF_RECORD])
        self._menu.addAction(kit.actions[Do.STOP])
        self._menu.addAction(kit.actions[Do.QUIT])
        self._icon = QSystemTrayIcon(self)
        self._icon.setToolTip(self.tr("Crosstalk is recording"))
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)

    @property
    def is_available(self) -> bool:
        """Whether the desktop shows tray icons."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show_running(self, *, is_running: bool) -> None:
        """Show the icon while a meeting runs."""
        if is_running and self.is_available:
            tokens = self._kit.theme.tokens
            self._icon.setIcon(self._kit.icons.icon("record", tokens.record))
            self._icon.show()
        else:
            self._icon.hide()

    def hide(self) -> None:
        """Take the icon away."""
        self._icon.hide()

    @Slot(QSystemTrayIcon.ActivationReason)
    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.show_wanted.emit()
