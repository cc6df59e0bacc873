"""F6 goes from one part of the window to the next: list, messages, page, player, each card."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.actions import Actions, Do
from app.ui.keytips import CONTROLS, is_part

_PART, _START = "part", "part-start"


def mark_part(area: QWidget, start: QWidget | None = None) -> None:
    """Let F6 stop in an area.

    Args:
        start: What gets the keys there; None for the first control.
    """
    area.setProperty(_PART, True)
    if start is not None:
        start.setProperty(_START, True)


class Parts(QObject):
    """Moves the focus; main thread only."""

    def __init__(self, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        actions[Do.NEXT_PART].triggered.connect(lambda: self._go(1))
        actions[Do.PREVIOUS_PART].triggered.connect(lambda: self._go(-1))

    def _go(self, step: int) -> None:
        starts = [(part, start) for part in self._parts() if (start := _start_of(part)) is not None]
        if not starts:
            return
        focus = QApplication.focusWidget()
        inside = [
            number
            for number, (part, _start) in enumerate(starts)
            if focus is not None and (part is focus or part.isAncestorOf(focus))
        ]
        # From outside of every part, forward leads to the first one and back to the last.
        at = inside[-1] if inside else (-1 if step > 0 else 0)
        starts[(at + step) % len(starts)][1].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _parts(self) -> list[QWidget]:
        """Those in sight, from top to bottom and in the direction of reading."""
        found = [
            widget
            for widget in self._window.findChildren(QWidget)
            if widget.property(_PART) and widget.isVisible() and widget.window() is self._window
        ]
        is_mirrored = self._window.layoutDirection() is Qt.LayoutDirection.RightToLeft

        def place(widget: QWidget) -> tuple[int, int]:
            at = widget.mapTo(self._window, widget.rect().topLeft())
            x = self._window.width() - at.x() - widget.width() if is_mirrored else at.x()
            return x, at.y()

        return sorted(found, key=place)


def _start_of(part: QWidget) -> QWidget | None:
    """What gets the focus in a part; None where nothing can."""
    if _takes_keys(part):
        return part
    inside = [widget for widget in part.findChildren(QWidget) if _takes_keys(widget)]
    chosen = [widget for widget in inside if widget.property(_START)]
    return next(iter([*chosen, *inside]), None)


def _takes_keys(widget: QWidget) -> bool:
    return (
        isinstance(widget, CONTROLS)
        and widget.isVisible()
        and widget.isEnabled()
        and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and not is_part(widget)
    )
