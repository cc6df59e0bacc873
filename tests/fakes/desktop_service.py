"""A desktop on a D-Bus of its own: `python -m tests.fakes.desktop_service NOTIFICATIONS PORTAL`.

NOTIFICATIONS is open, quiet, or absent; PORTAL is present or absent. Prints a line of JSON when it
is ready and for each notification that it takes; every notification is clicked on at once. It runs
in a process of its own: PySide6 once aborted a process that held such a service.
"""

from __future__ import annotations

import json
import sys

from PySide6.QtCore import ClassInfo, QCoreApplication, QObject, Slot
from PySide6.QtDBus import (
    QDBusConnection,
    QDBusMessage,
    QDBusVariant,
    QDBusVirtualObject,
)

NOTIFICATIONS = "org.freedesktop.Notifications"
NOTIFICATIONS_PATH = "/org/freedesktop/Notifications"
PORTAL = "org.freedesktop.portal.Desktop"
PORTAL_PATH = "/org/freedesktop/portal/desktop"
PORTAL_NOTIFICATION = "org.freedesktop.portal.Notification"


class Notifications(QDBusVirtualObject):
    """Says whether the user wants quiet."""

    def __init__(self, *, is_quiet: bool) -> None:
        super().__init__()
        self._is_quiet = is_quiet

    def introspect(self, _path: str) -> str:
        return ""

    def handleMessage(self, message: QDBusMessage, connection: QDBusConnection) -> bool:
        if message.member() != "Get" or message.arguments() != [NOTIFICATIONS, "Inhibited"]:
            return False
        connection.send(message.createReply(QDBusVariant(self._is_quiet)))
        return True


@ClassInfo({"D-Bus Interface": PORTAL_NOTIFICATION})
class Portal(QObject):
    """Takes notifications, and clicks on each."""

    @Slot(str, "QVariantMap")
    def AddNotification(self, notice_id: str, notice: dict[str, object]) -> None:
        say({"id": notice_id, **notice})
        clicked = QDBusMessage.createSignal(PORTAL_PATH, PORTAL_NOTIFICATION, "ActionInvoked")
        clicked.setArguments([notice_id, "show", []])
        QDBusConnection.sessionBus().send(clicked)


def say(record: dict[str, object]) -> None:
    """Write a line of JSON at once."""
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


def main(notifications: str, portal: str) -> None:
    """Serve until the process is killed."""
    application = QCoreApplication([])
    bus = QDBusConnection.sessionBus()
    inhibited, portal_object = Notifications(is_quiet=notifications == "quiet"), Portal()
    bus.registerVirtualObject(NOTIFICATIONS_PATH, inhibited)
    bus.registerObject(PORTAL_PATH, portal_object, QDBusConnection.RegisterOption.ExportAllSlots)
    names = [NOTIFICATIONS] * (notifications != "absent") + [PORTAL] * (portal != "absent")
    say({"names": [name for name in names if bus.registerService(name)]})
    application.exec()


if __name__ == "__main__":
    main(*sys.argv[1:])
