"""What a Linux desktop offers over D-Bus: whether it wants quiet, and notifications to click on.

Notifications go through the portal: `org.freedesktop.Notifications.Notify` takes an unsigned
number, which PySide6 cannot send.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import (
    QDBusConnection,
    QDBusMessage,
    QDBusPendingCallWatcher,
    QDBusVariant,
)

log = logging.getLogger(__name__)

TIMEOUT_MS = 2000
"""The bus may have to start the portal first."""
NOTIFICATIONS = "org.freedesktop.Notifications"
NOTIFICATIONS_PATH = "/org/freedesktop/Notifications"
PORTAL = "org.freedesktop.portal.Desktop"
PORTAL_PATH = "/org/freedesktop/portal/desktop"
PORTAL_NOTIFICATION = "org.freedesktop.portal.Notification"
PROPERTIES = "org.freedesktop.DBus.Properties"
DEFAULT_ACTION = "show"


class Outcome(Enum):
    """What became of a notification."""

    SHOWN = auto()
    QUIET = auto()
    """The user does not want to be disturbed."""
    UNREACHABLE = auto()
    """No desktop took it."""


class Desktop(QObject):
    """Posts notifications without waiting for the answer; main thread only."""

    clicked = Signal()
    """Somebody clicked on a notification of this program."""

    def __init__(
        self, connection: QDBusConnection | None = None, parent: QObject | None = None
    ) -> None:
        """Find the bus.

        Args:
            connection: None is the bus of the session, where there is one.
        """
        super().__init__(parent)
        if connection is None and sys.platform == "linux":
            connection = QDBusConnection.sessionBus()
        is_connected = connection is not None and connection.isConnected()
        self._bus = connection if is_connected else None
        self._watchers: set[QDBusPendingCallWatcher] = set()
        if self._bus is not None:
            slot = SLOT("_take(QDBusMessage)")
            self._bus.connect(  # type: ignore[call-overload]  # the stub wants bytes, the call text
                PORTAL, PORTAL_PATH, PORTAL_NOTIFICATION, "ActionInvoked", self, slot
            )

    def post(self, notice_id: str, title: str, text: str, told: Callable[[Outcome], None]) -> None:
        """Show a notification, unless the user wants quiet; a later one of one id replaces it.

        Args:
            told: Called with what became of it, at once or later.
        """
        notice = {"title": title, "body": text, "default-action": DEFAULT_ACTION}

        def shown(answer: QDBusMessage | None) -> None:
            told(Outcome.UNREACHABLE if answer is None else Outcome.SHOWN)

        def asked(answer: QDBusMessage | None) -> None:
            if _is_true(answer):
                told(Outcome.QUIET)
                return
            # A desktop that does not say whether it wants quiet holds them back itself.
            self._call(
                PORTAL,
                PORTAL_PATH,
                PORTAL_NOTIFICATION,
                "AddNotification",
                [notice_id, notice],
                shown,
            )

        self._call(
            NOTIFICATIONS,
            NOTIFICATIONS_PATH,
            PROPERTIES,
            "Get",
            [NOTIFICATIONS, "Inhibited"],
            asked,
        )

    def _call(
        self,
        service: str,
        path: str,
        interface: str,
        member: str,
        arguments: list[object],
        done: Callable[[QDBusMessage | None], None],
    ) -> None:
        """Call without waiting; `done` gets the answer, or None for an error."""
        if self._bus is None:
            done(None)
            return
        message = QDBusMessage.createMethodCall(service, path, interface, member)
        message.setArguments(arguments)
        watcher = QDBusPendingCallWatcher(self._bus.asyncCall(message, TIMEOUT_MS), self)

        def finished(answered: QDBusPendingCallWatcher) -> None:
            # Not `watcher` itself: a cycle would be collected in whatever thread comes first.
            self._watchers.discard(answered)
            answered.deleteLater()
            answer = answered.reply()
            if answer.type() is QDBusMessage.MessageType.ReplyMessage:
                done(answer)
            else:
                log.debug("%s is not answered: %s", member, answer.errorName())
                done(None)

        self._watchers.add(watcher)
        watcher.finished.connect(finished)

    @Slot(QDBusMessage)
    def _take(self, _message: QDBusMessage) -> None:
        self.clicked.emit()


def _is_true(answer: QDBusMessage | None) -> bool:
    value = answer.arguments()[0] if answer is not None and answer.arguments() else None
    return isinstance(value, QDBusVariant) and value.variant() is True
