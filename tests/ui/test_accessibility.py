"""Every control of every view and dialog: name, description, role, keys, and its turn with Tab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QKeySequence, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QBoxLayout,
    QLayout,
    QProgressBar,
    QScrollArea,
    QSizeGrip,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from app.lib.paths import resolve_paths
from app.ui.keytips import CONTROLS, INNER, is_part
from app.ui.translation import speak
from app.ui.widgets.level_meter import LevelMeter
from app.ui.widgets.stepper import Stepper
from tests.ui.conftest import Desk
from tests.ui.places import PLACES, review, settings

pytestmark = pytest.mark.ui

Role = QAccessible.Role
SHOWN = (*CONTROLS, LevelMeter, QProgressBar, QSizeGrip)
ROLES = {
    "QPushButton": {Role.Button, Role.CheckBox},
    "QToolButton": {Role.Button, Role.CheckBox, Role.ButtonMenu},
    "QAbstractButton": {Role.Button},
    "QCheckBox": {Role.CheckBox},
    "QRadioButton": {Role.RadioButton},
    "QComboBox": {Role.ComboBox},
    "QLineEdit": {Role.EditableText},
    "QPlainTextEdit": {Role.EditableText},
    "QAbstractSpinBox": {Role.SpinBox},
    "QKeySequenceEdit": {Role.HotkeyField},
    "QListView": {Role.List},
    "QSlider": {Role.Slider},
    "QProgressBar": {Role.ProgressBar},
    "QSizeGrip": {Role.Grip},
    "LevelMeter": {Role.Indicator},
}
"""What a screen reader may be told, by the nearest class that is listed."""
SYMBOLS_WITHOUT_KEYS = ("No keys for ", "More voices")
"""Buttons without a word or a shortcut: one stands in each row of the list of shortcuts, where the
row before it is the field for keys; the other opens a menu of voices, which are all in the list of
lines, too. Alt shows letters for both."""


# --- What there is -------------------------------------------------------------------------


def opened(desk: Desk, place: str) -> QWidget:
    """A place, ready for keys."""
    root = PLACES[place](desk)
    if _is_panel(root):
        _keys_to(root).requestActivate()
        desk.wait(lambda: QGuiApplication.focusWindow() is not None)
        QApplication.processEvents()
    else:
        root.activateWindow()
        desk.wait(lambda: QApplication.activeWindow() is root)
    return root


def _is_panel(root: QWidget) -> bool:
    return root.windowType() is Qt.WindowType.Popup


def walk(root: QWidget) -> list[QWidget]:
    """Everything in a window that shows or takes something, in sight or scrolled away."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if (isinstance(widget, SHOWN) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and widget.window() is root
        and widget.isVisible()
        and not is_part(widget)
    ]


def usable(root: QWidget) -> list[QWidget]:
    """What can be pressed, chosen from or filled; buttons of a number are arrow keys of it."""
    return [
        widget
        for widget in walk(root)
        if (
            isinstance(widget, CONTROLS)
            and widget.isEnabled()
            and not isinstance(widget.parent(), Stepper)
        )
        or (isinstance(widget.parent(), Stepper) and widget.parent().box is widget)
    ]


def told(widget: QWidget, what: QAccessible.Text) -> str:
    """What a screen reader gets."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return str(interface.text(what))


def place_of(widget: QWidget) -> str:
    """A widget as a failed test shows it."""
    parent = type(widget.parent()).__name__
    return f"{type(widget).__name__} {widget.accessibleName()!r} in {parent}"


@pytest.fixture(params=["en", "de", "es"])
def spoken(request, qapp) -> Iterator[str]:
    """The languages of the window, one after the other."""
    before = QLocale()
    folder = resolve_paths().resources_dir / "translations"
    installed = speak(qapp, folder, request.param)
    yield request.param
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)


# --- Name, description, role ---------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_every_control_says_what_it_is_and_what_it_does(desk, place):
    root = opened(desk, place)

    found = walk(root)

    assert found
    names = QAccessible.Text.Name
    assert [place_of(widget) for widget in found if not told(widget, names)] == []
    described = QAccessible.Text.Description
    assert [place_of(widget) for widget in found if not told(widget, described)] == []


@pytest.mark.parametrize("place", PLACES)
def test_every_control_has_a_role(desk, place):
    root = opened(desk, place)

    def is_fitting(widget: QWidget) -> bool:
        role = QAccessible.queryAccessibleInterface(widget).role()
        classes = (ROLES[name] for name in _classes(widget) if name in ROLES)
        if isinstance(widget, QScrollArea):
            return role is Role.Grouping
        return role in next(classes, set())

    assert [
        f"{place_of(widget)}: {QAccessible.queryAccessibleInterface(widget).role()}"
        for widget in walk(root)
        if not is_fitting(widget)
    ] == []


def _classes(widget: QWidget) -> Iterator[str]:
    meta = widget.metaObject()
    while meta is not None:
        yield meta.className()
        meta = meta.superClass()


def test_rows_of_lists_are_read(desk):
    root = review(desk)

    for view in root.findChildren(QAbstractItemView):
        if view.isVisible() and view.model().rowCount():
            row = QAccessible.queryAccessibleInterface(view).child(0)
            assert row.role() is Role.ListItem
            assert row.text(QAccessible.Text.Name)


# --- Keys ----------------------------------------------------------------------------------


def hold_alt(root: QWidget) -> None:
    """Press Alt where the keys go."""
    QTest.keyPress(_keys_to(root), Qt.Key.Key_Alt)


def let_go(root: QWidget) -> None:
    """Let go of Alt."""
    QTest.keyRelease(_keys_to(root), Qt.Key.Key_Alt)


def _keys_to(root: QWidget) -> QWindow:
    """The window of the desktop that gets what is typed into a window, a dialog or a panel."""
    window = root.windowHandle()
    assert window is not None
    return window


def tips_of(desk: Desk, root: QWidget) -> dict[str, QWidget]:
    """What Alt offers in a window, or in the window that a panel hangs over."""
    hold_alt(root)
    codes = dict(desk.window.key_tips.codes)
    let_go(root)
    return codes


@pytest.mark.parametrize("place", [name for name in PLACES if name != "captions"])
def test_every_control_is_offered_keys_of_its_own(desk, spoken, place):
    root = opened(desk, place)
    missing = set(usable(root))

    def look() -> None:
        codes = tips_of(desk, root)
        assert len(set(codes.values())) == len(codes)
        assert not [a for a in codes for b in codes if a != b and b.startswith(a)]
        missing.difference_update(codes.values())

    look()
    for area in root.findChildren(QScrollArea):
        for widget in [w for w in missing if area.isAncestorOf(w)]:
            if widget in missing:
                area.ensureWidgetVisible(widget, 0, 0)
                QApplication.processEvents()
                look()

    assert [place_of(widget) for widget in missing] == []


def test_the_caption_window_has_the_keys_of_its_actions(desk):
    root = opened(desk, "captions")

    assert {told(button, QAccessible.Text.Description) for button in root.findChildren(QToolButton)}
    assert [place_of(b) for b in root.findChildren(QToolButton) if not b.isVisible()] == []


@pytest.mark.parametrize("place", PLACES)
def test_buttons_without_words_show_their_keys(desk, place):
    root = opened(desk, place)

    silent = [
        button
        for button in walk(root)
        if isinstance(button, QAbstractButton)
        and not _has_word(button)
        and not button.accessibleName().startswith(SYMBOLS_WITHOUT_KEYS)
    ]

    assert [place_of(button) for button in silent if not _shows_keys(button)] == []


def _has_word(button: QAbstractButton) -> bool:
    is_icon = isinstance(button, QToolButton) and not button.icon().isNull()
    return not is_icon and any(letter.isalpha() for letter in button.text())


def _shows_keys(button: QAbstractButton) -> bool:
    if button.accessibleName() and not isinstance(button, QToolButton):
        return True  # a box to tick stands beside its words
    _words, bracket, keys = button.toolTip().rpartition("(")
    first = keys.rstrip(")").split(", ")[0]
    return bool(bracket) and not QKeySequence(first).isEmpty()


def test_what_can_be_read_has_its_first_letter(desk):
    root = review(desk)
    codes = tips_of(desk, root)
    of = {widget: code for code, widget in codes.items()}

    window = desk.window
    assert of[window.library.record] == "N"
    assert of[window.review.export] == "E"


def test_keys_press_a_button_and_reach_a_field(desk):
    root = settings(desk)
    page = desk.window.settings
    codes = tips_of(desk, root)
    of = {widget: code for code, widget in codes.items()}

    _press(root, of[page.search])
    assert page.search.hasFocus()
    _press(root, of[page.done])

    assert desk.window.pages.currentWidget() is not page


def test_letters_are_painted_while_alt_is_held(desk):
    root = review(desk)
    search = desk.window.library.search
    corner = QRect(search.mapTo(root, QPoint()), QSize(40, 60))
    before = root.grab(corner).toImage()

    hold_alt(root)
    desk.wait(lambda: root.grab(corner).toImage() != before)
    let_go(root)

    assert root.grab(corner).toImage() == before


def _press(root: QWidget, code: str) -> None:
    hold_alt(root)
    for key in code:
        QTest.keyPress(root.windowHandle(), key, Qt.KeyboardModifier.AltModifier)
    let_go(root)
    QApplication.processEvents()


def test_f6_goes_round_through_the_parts_of_the_window(desk):
    window = desk.window
    review(desk)
    window.banners.show_text("Saved.", button_text="Show", pressed=list)
    window.library.list.setFocus()
    seen = []

    for _ in range(5):
        QTest.keyClick(window, Qt.Key.Key_F6)
        seen.append(QApplication.focusWidget())
    QTest.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)

    player = window.review.player
    assert seen[0] is not None
    assert seen[0].accessibleName() == "Show"
    assert seen[1] is window.review.title
    assert seen[2] is window.review.transcript
    assert seen[3] is not None
    assert player.isAncestorOf(seen[3])
    assert seen[4] is window.library.list
    assert player.isAncestorOf(QApplication.focusWidget())


# --- Tab -----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_tab_visits_every_control_once_in_the_order_of_the_layout(desk, place):
    root = opened(desk, place)
    wanted = [widget for widget in by_layout(root) if _stops(widget)]
    assert set(wanted) == {widget for widget in walk(root) if _stops(widget)}

    wanted[0].setFocus(Qt.FocusReason.TabFocusReason)
    visited = [_owner(QApplication.focusWidget())]
    for _ in wanted[1:]:
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        visited.append(_owner(QApplication.focusWidget()))

    assert [place_of(w) for w in visited if w] == [place_of(w) for w in wanted]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert _owner(QApplication.focusWidget()) is wanted[0]


def _stops(widget: QWidget) -> bool:
    """Whether Tab stops here."""
    policy = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(policy) and widget.isEnabled() and widget.isVisible() and not is_part(widget)


def _owner(widget: QWidget | None) -> QWidget | None:
    """The control whose inside has the focus."""
    while widget is not None and is_part(widget):
        widget = widget.parentWidget()
    return widget


def by_layout(root: QWidget) -> list[QWidget]:
    """Everything in a window as its layouts order it."""
    found: list[QWidget] = []
    for widget in _inside(root):
        found.append(widget)
        if not isinstance(widget, INNER):
            found += by_layout(widget)
    return found


def _inside(widget: QWidget) -> list[QWidget]:
    """The widgets directly in a widget, in reading order."""
    if isinstance(widget, QSplitter):
        return [widget.widget(n) for n in range(widget.count())]
    if isinstance(widget, QStackedWidget):
        return [widget.currentWidget()]
    if isinstance(widget, QScrollArea):
        return [widget.widget()]
    laid_out = list(_of_layout(widget.layout())) if widget.layout() is not None else []
    others = [
        child
        for child in widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if child not in laid_out and not child.isWindow()
    ]
    others.sort(key=lambda child: (child.y(), child.x()))
    return [*laid_out, *others]


def _of_layout(layout: QLayout) -> Iterator[QWidget]:
    numbers = list(range(layout.count()))
    turned = (QBoxLayout.Direction.RightToLeft, QBoxLayout.Direction.BottomToTop)
    if isinstance(layout, QBoxLayout) and layout.direction() in turned:
        numbers.reverse()
    for number in numbers:
        item = layout.itemAt(number)
        if item.layout() is not None:
            yield from _of_layout(item.layout())
        elif item.widget() is not None:
            yield item.widget()
