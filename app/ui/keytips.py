"""While Alt is held, everything in sight that can be pressed or filled shows keys of its own."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QShortcut,
    QWindow,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollBar,
    QToolButton,
    QWidget,
)

from app.ui.theme import Theme

SHOW_AFTER_MS = 120
"""The keys hold at once; they are painted when Alt is held, not when it is passed by."""
CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox,
    QKeySequenceEdit, QLineEdit, QPlainTextEdit,
)  # fmt: skip
"""What can be pressed, chosen from or filled."""
INNER = (QComboBox, QAbstractSpinBox, QKeySequenceEdit)
"""Widgets whose inner fields and lists are their own business."""
_OTHERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier
"""Alt after one of these is part of a shortcut, or types a character as AltGr does."""
_BIG_PX = 80
"""From this height on, keys stand in the corner of a control and not on its edge."""


def controls_of(root: QWidget) -> Iterator[QWidget]:
    """What in a window can be used now: in sight, enabled, and a control of its own."""
    for widget in root.findChildren(QWidget):
        if (
            isinstance(widget, CONTROLS)
            and widget.window() is root
            and widget.isVisible()
            and widget.isEnabled()
            and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
            and not is_part(widget)
            and not widget.visibleRegion().isEmpty()
        ):
            yield widget


def is_part(widget: QWidget) -> bool:
    """Whether a widget is the inside of a control, not a control."""
    parent = widget.parent()
    return (
        isinstance(widget, QScrollBar)
        or widget.objectName().startswith("qt_")
        or isinstance(parent, INNER)
        or (parent is not None and parent.inherits("QComboBoxPrivateContainer"))
    )


def codes_for(names: Sequence[str], taken: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Give every name keys of its own: a letter of the name where one is free.

    Earlier names choose first, and first letters of words come before other letters. When the
    letters are used up, a digit and a letter follow.

    Args:
        names: What the controls are called, in any language and script.
        taken: Letters, upper case, that do something else in this window.

    Returns:
        One or two characters per name, all different; none is the beginning of another.
    """
    free = [letter for letter in string.ascii_uppercase if letter not in taken]
    codes: dict[int, str] = {}
    for number, name in enumerate(names):
        letter = next((wish for wish in _wishes(name) if wish in free), None)
        if letter is not None:
            codes[number] = letter
            free.remove(letter)
    digits = [digit for digit in "1234567890" if digit not in taken]
    spare = [*free, *(digit + letter for digit in digits for letter in string.ascii_uppercase)]
    without = [number for number in range(len(names)) if number not in codes]
    codes.update(zip(without, spare, strict=False))
    return tuple(codes[number] for number in range(len(names)))


def _wishes(name: str) -> Iterator[str]:
    """Letters for a name, the best first."""
    plain = name.upper()
    first = [
        at for at in range(len(plain)) if plain[at].isalnum() and not plain[at - 1 : at].isalnum()
    ]
    for at in [*first, *range(len(plain))]:
        if plain[at] in string.ascii_uppercase:
            yield plain[at]


class KeyTips(QObject):
    """Watches Alt in a window, in its dialogs and in its panels."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self._window = window
        self._watched: QWindow | None = None
        self._shortcuts: list[QShortcut] = []
        self._overlay: _Overlay | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOW_AFTER_MS)
        self._timer.timeout.connect(self._paint)
        self.codes: dict[str, QWidget] = {}
        """What is offered while Alt is held: keys and their controls."""
        application = cast(QGuiApplication, QGuiApplication.instance())
        application.focusWindowChanged.connect(self._watch)

    @property
    def is_shown(self) -> bool:
        """Whether the keys are painted."""
        return self._overlay is not None

    # --- Watching --------------------------------------------------------------------------

    @Slot(QWindow)
    def _watch(self, window: QWindow | None) -> None:
        self.end()
        if self._watched is not None:
            self._watched.removeEventFilter(self)
            self._watched.destroyed.disconnect(self._forget)
        self._watched = window
        if window is not None:
            window.installEventFilter(self)
            window.destroyed.connect(self._forget)

    @Slot()
    def _forget(self) -> None:
        self._watched = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Offer keys when Alt goes down, and take them back when it comes up."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Alt:
            is_alone = not event.modifiers() & _OTHERS
            if event.type() is QEvent.Type.KeyPress and is_alone and not event.isAutoRepeat():
                self.begin()
            elif event.type() is QEvent.Type.KeyRelease:
                self.end()
        return super().eventFilter(watched, event)

    # --- Offering --------------------------------------------------------------------------

    def begin(self) -> None:
        """Give every control in sight its keys; harmless while they have them."""
        if self.codes:
            return
        root = QApplication.activePopupWidget() or QApplication.activeWindow()
        if root is None or isinstance(root, QMenu) or not self._is_mine(root):
            return
        controls = sorted(controls_of(root), key=_turn_of)
        codes = codes_for([name_of(control) for control in controls], _taken(root))
        self.codes = dict(zip(codes, controls, strict=True))
        for code, control in self.codes.items():
            keys = QKeySequence(", ".join(f"Alt+{key}" for key in code))
            shortcut = QShortcut(keys, root)
            shortcut.activated.connect(lambda control=control: self._use(control))
            self._shortcuts.append(shortcut)
        self._timer.start()

    def end(self) -> None:
        """Take all keys back; harmless when there are none."""
        self._timer.stop()
        self.codes = {}
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._shortcuts = []
        if self._overlay is not None:
            self._overlay.hide()
            self._overlay.deleteLater()
            self._overlay = None

    def _is_mine(self, root: QWidget) -> bool:
        above: QObject | None = root
        while above is not None and above is not self._window:
            above = above.parent()
        return above is self._window

    def _use(self, control: QWidget) -> None:
        self.end()
        control.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if isinstance(control, QToolButton) and control.menu() is not None:
            control.showMenu()
        elif isinstance(control, QAbstractButton):
            control.click()

    @Slot()
    def _paint(self) -> None:
        controls = list(self.codes.values())
        if controls:
            self._overlay = _Overlay(self._theme, self.codes, controls[0].window())


def name_of(control: QWidget) -> str:
    """What a control is called: what can be read on it comes before what is said of it."""
    text = control.text() if isinstance(control, QAbstractButton) else ""
    return text if any(letter.isalpha() for letter in text) else control.accessibleName()


def _turn_of(control: QWidget) -> int:
    """When a control gets its letter: words that can be read first, shortcuts of their own last."""
    action = control.defaultAction() if isinstance(control, QToolButton) else None
    if action is not None and not action.shortcut().isEmpty():
        return 2
    text = control.text() if isinstance(control, QAbstractButton) else ""
    return 0 if any(letter.isalpha() for letter in text) else 1


def _taken(root: QWidget) -> frozenset[str]:
    """Letters and digits that the user gave, with Alt, to actions of a window."""
    keys = (
        action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)
        for action in root.actions()
    )
    return frozenset(text[-1] for text in keys if text.startswith("Alt+") and len(text) == 5)


def offer_in(panel: QWidget) -> None:
    """Let Alt work in a panel that is shown: it gets keys without the focus of the desktop."""
    top: QObject = panel
    while (above := top.parent()) is not None:
        top = above
    handle, tips = panel.windowHandle(), top.findChild(KeyTips)
    if handle is not None and isinstance(tips, KeyTips):
        handle.installEventFilter(tips)


class _Overlay(QWidget):
    """Lies over a window, lets every click through, and shows the keys on their controls."""

    def __init__(self, theme: Theme, codes: dict[str, QWidget], root: QWidget) -> None:
        super().__init__(root)
        self._theme = theme
        self._places = [(code, _place_of(control, root)) for code, control in codes.items()]
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setGeometry(root.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Paint each pair of keys on a dark plate."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.86)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        tokens = self._theme.tokens
        for code, place in self._places:
            width = max(metrics.height(), metrics.horizontalAdvance(code) + 8)
            plate = QRect(0, 0, width, metrics.height() + 1)
            plate.moveCenter(place)
            plate.moveLeft(min(max(1, plate.left()), self.width() - width - 1))
            plate.moveTop(min(max(1, plate.top()), self.height() - plate.height() - 1))
            painter.setPen(QColor(tokens.window))
            painter.setBrush(QColor(tokens.text))
            painter.drawRoundedRect(QRectF(plate).adjusted(-0.5, -0.5, 0.5, 0.5), 4, 4)
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, code)


def _place_of(control: QWidget, root: QWidget) -> QPoint:
    """The middle of a control's plate, in the window: its lower edge, or its upper corner."""
    seen = control.visibleRegion().boundingRect()
    seen.moveTopLeft(control.mapTo(root, seen.topLeft()))
    is_mirrored = control.layoutDirection() is Qt.LayoutDirection.RightToLeft
    if seen.height() >= _BIG_PX:
        x = seen.right() - 16 if is_mirrored else seen.left() + 16
        return QPoint(x, seen.top() + 14)
    if seen.width() < _BIG_PX:
        return QPoint(seen.center().x(), seen.bottom() - 2)
    x = seen.right() - 12 if is_mirrored else seen.left() + 12
    return QPoint(x, seen.bottom() - 2)
