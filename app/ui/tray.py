"""The tray icon: says that a meeting is being recorded, and stops it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from app.ui.actions import Do
from app.ui.kit import Kit

MESSAGE_MS = 10_000


class Tray(QObject):
    """Shown while a meeting runs or a message is said, where the desktop has a tray."""

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
        self._is_running = False
        self._message_end = QTimer(self)
        self._message_end.setSingleShot(True)
        self._message_end.setInterval(MESSAGE_MS)
        self._message_end.timeout.connect(self._show)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.show_wanted)

    @property
    def is_available(self) -> bool:
        """Whether the desktop shows tray icons."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show_running(self, *, is_running: bool) -> None:
        """Show the icon while a meeting runs."""
        self._is_running = is_running
        self._show()

    def show_message(self, title: str, text: str) -> None:
        """Say something beside the icon, which is shown for that."""
        if self.is_available:
            self._message_end.start()
            self._show()
            self._icon.showMessage(title, text, self._icon.icon(), MESSAGE_MS)

    @Slot()
    def _show(self) -> None:
        tokens, icons = self._kit.theme.tokens, self._kit.icons
        if self._is_running and self.is_available:
            self._icon.setToolTip(self.tr("Crosstalk is recording"))
            self._icon.setIcon(icons.icon("record", tokens.record))
            self._icon.show()
        elif self._message_end.isActive():
            self._icon.setToolTip("Crosstalk")
            self._icon.setIcon(icons.icon("logo", tokens.accent))
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
