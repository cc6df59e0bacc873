"""Tab goes from control to control as the layouts order them, whatever was built or shown first."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QLayout,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from app.ui.keytips import INNER


def move_focus(window: QWidget, *, is_next: bool) -> bool:
    """Give the focus to the next or the previous control of a window; call it for Tab.

    Returns:
        Whether there was one.
    """
    order = list(in_order(window))
    stops = [widget for widget in order if _is_stop(widget)]
    if not stops:
        return False
    focus = QApplication.focusWidget()
    at = next((n for n, widget in enumerate(order) if widget is focus), None)
    if at is None:
        # Inside of a control, or nowhere.
        at = next((n for n, w in enumerate(order) if focus is not None and _holds(w, focus)), -1)
    ahead = [w for w in (order[at + 1 :] if is_next else order[: max(0, at)]) if _is_stop(w)]
    rest = stops if is_next else stops[::-1]
    target = next(iter([*(ahead if is_next else ahead[::-1]), *rest]))
    reason = Qt.FocusReason.TabFocusReason if is_next else Qt.FocusReason.BacktabFocusReason
    target.setFocus(reason)
    return True


def in_order(parent: QWidget) -> Iterator[QWidget]:
    """All widgets below one, as layouts order them; what is placed by hand comes by position."""
    for widget in _directly_in(parent):
        yield widget
        if not isinstance(widget, INNER):
            yield from in_order(widget)


def _is_stop(widget: QWidget) -> bool:
    return (
        bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and widget.focusProxy() not in widget.findChildren(QWidget)
        and widget.isVisible()
        and widget.isEnabled()
    ) or (isinstance(widget, INNER) and widget.isVisible() and widget.isEnabled())


def _holds(widget: QWidget, focus: QWidget) -> bool:
    return isinstance(widget, INNER) and widget.isAncestorOf(focus)


def _directly_in(parent: QWidget) -> list[QWidget]:
    if isinstance(parent, QSplitter):
        inside = [parent.widget(number) for number in range(parent.count())]
        return [widget for widget in inside if widget is not None]
    if isinstance(parent, QStackedWidget):
        page = parent.currentWidget()
        return [] if page is None else [page]
    if isinstance(parent, QScrollArea):
        content = parent.widget()
        return [] if content is None else [content]
    layout = parent.layout()
    placed = list(_laid_out(layout)) if layout is not None else []
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    is_mirrored = parent.layoutDirection() is Qt.LayoutDirection.RightToLeft

    def position(widget: QWidget) -> tuple[int, int]:
        return widget.y(), -widget.geometry().right() if is_mirrored else widget.x()

    free = [
        child
        for child in parent.findChildren(QWidget, options=direct)
        if child not in placed and not child.isWindow()
    ]
    return [*placed, *sorted(free, key=position)]


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    numbers = list(range(layout.count()))
    turned = (QBoxLayout.Direction.RightToLeft, QBoxLayout.Direction.BottomToTop)
    if isinstance(layout, QBoxLayout) and layout.direction() in turned:
        numbers.reverse()
    for number in numbers:
        item = layout.itemAt(number)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield widget
        elif (inner := item.layout()) is not None:
            yield from _laid_out(inner)
