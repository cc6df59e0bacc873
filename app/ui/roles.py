"""What painted widgets are to a screen reader, where their base class does not say it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

_ROLE = "accessible-role"
_installed: list[object] = []


def set_role(widget: QWidget, role: QAccessible.Role) -> None:
    """Let a widget be known as something: an indicator, a group.

    Qt has no setter for roles, only factories of interfaces; one for the whole program answers
    for the widgets that were given a role here, and leaves all others to Qt.
    """
    if not _installed:
        _installed.append(_interface_of)
        QAccessible.installFactory(_interface_of)
    widget.setProperty(_ROLE, role.value)


def _interface_of(_kind: str, thing: QObject | None) -> QAccessibleInterface | None:
    number = thing.property(_ROLE) if isinstance(thing, QWidget) else None
    if not isinstance(thing, QWidget) or number is None:
        return None
    return QAccessibleWidget(thing, QAccessible.Role(number), thing.accessibleName())
