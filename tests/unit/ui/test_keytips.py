"""Letters for controls: all different, from the name where one is free, enough for any window."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QDialog, QGridLayout, QLineEdit, QPushButton

from app.ui.keytips import KeyTips, codes_for
from app.ui.theme import Theme, ThemeMode

pytestmark = pytest.mark.ui

NAMES = st.lists(st.text(alphabet="abcdeéß … مر", max_size=6), max_size=60)


@given(NAMES)
def test_no_two_names_share_keys_and_none_is_the_beginning_of_another(names):
    codes = codes_for(names)

    assert len(set(codes)) == len(names)
    assert not [pair for pair in itertools.permutations(codes, 2) if pair[1].startswith(pair[0])]


@given(st.lists(st.text(alphabet="abcdefg ", min_size=1, max_size=5), max_size=12))
def test_earlier_names_choose_first_and_no_letter_is_left_while_a_name_has_it(names):
    codes = codes_for(names)

    for number, name in enumerate(names):
        left = set(name.upper()) - {" "} - set(codes[:number])
        assert not left or codes[number] in left


def test_first_letters_of_words_come_first():
    assert codes_for(["Save", "Choose where to save", "Copy"]) == ("S", "C", "O")
    assert codes_for(["Export", "Open file", "Offer"]) == ("E", "O", "F")


def test_keys_of_actions_are_left_alone():
    assert codes_for(["Save"], taken=frozenset("S")) == ("A",)


@pytest.fixture
def crowd(qtbot, qapp):
    """A dialog with more controls than there are letters."""
    dialog = QDialog()
    grid = QGridLayout(dialog)
    dialog.buttons = [QPushButton(f"Button {number}") for number in range(40)]
    dialog.box, dialog.line, dialog.off = QCheckBox("Box"), QLineEdit(), QPushButton("Off")
    dialog.off.setEnabled(False)
    for place, control in enumerate([*dialog.buttons, dialog.box, dialog.line, dialog.off]):
        grid.addWidget(control, place // 6, place % 6)
    dialog.tips = KeyTips(Theme(qapp, ThemeMode.LIGHT), dialog)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    return dialog


def press(dialog: QDialog, code: str) -> None:
    """Hold Alt and press keys, one after the other."""
    handle = dialog.windowHandle()
    QTest.keyPress(handle, Qt.Key.Key_Alt)
    for key in code:
        QTest.keyPress(handle, key, Qt.KeyboardModifier.AltModifier)
    QTest.keyRelease(handle, Qt.Key.Key_Alt)


def offered(dialog: QDialog) -> dict[object, str]:
    """What Alt shows, by control."""
    dialog.tips.begin()
    codes = {control: code for code, control in dialog.tips.codes.items()}
    dialog.tips.end()
    return codes


def test_one_key_or_two_press_a_button_once(crowd):
    codes = offered(crowd)
    pressed = []
    for button in crowd.buttons:
        button.clicked.connect(lambda _on, one=button: pressed.append(one))

    for button in crowd.buttons:
        press(crowd, codes[button])

    assert {len(code) for code in codes.values()} == {1, 2}
    assert pressed == crowd.buttons


def test_a_box_is_ticked_and_a_field_gets_the_cursor(crowd):
    codes = offered(crowd)

    press(crowd, codes[crowd.box])
    press(crowd, codes[crowd.line])

    assert crowd.box.isChecked()
    assert crowd.line.hasFocus()
    assert crowd.tips.codes == {}


def test_what_is_disabled_is_not_offered(crowd):
    assert crowd.off not in offered(crowd)


def test_what_is_let_go_does_nothing_any_more(crowd):
    codes = offered(crowd)
    QTest.keyPress(crowd.windowHandle(), Qt.Key.Key_Alt)
    QTest.keyRelease(crowd.windowHandle(), Qt.Key.Key_Alt)

    QTest.keyPress(crowd.windowHandle(), codes[crowd.box])

    assert not crowd.box.isChecked()


def test_alt_after_ctrl_belongs_to_a_shortcut(crowd):
    handle = crowd.windowHandle()

    QTest.keyPress(handle, Qt.Key.Key_Alt, Qt.KeyboardModifier.ControlModifier)

    assert crowd.tips.codes == {}
    QTest.keyRelease(handle, Qt.Key.Key_Alt, Qt.KeyboardModifier.ControlModifier)
