from __future__ import annotations

import pytest
from PySide6.QtWidgets import QInputDialog, QMessageBox

from app.ui.speakers.view import PeopleDialog
from tests.fakes.people_desk import ADA, BOB

pytestmark = pytest.mark.ui


@pytest.fixture
def dialog(desk, qtbot):
    desk.enroll("Ada", ADA)
    desk.enroll("Bob", BOB)
    made = PeopleDialog(desk.kit)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.list.count() == 2)
    return made


def rows(dialog):
    return [dialog.list.item(n).text().split("  ")[0] for n in range(dialog.list.count())]


def test_people_are_listed_and_need_to_be_chosen(dialog):
    assert rows(dialog) == ["Ada", "Bob"]
    assert "1 recording" in dialog.list.item(0).text()
    assert not dialog.forget.isEnabled()

    dialog.list.setCurrentRow(0)

    assert dialog.forget.isEnabled()
    assert dialog.merge.isEnabled()


def test_an_empty_list_says_what_it_is_for(desk, qtbot):
    made = PeopleDialog(desk.kit)
    qtbot.addWidget(made)
    made.show()

    qtbot.waitUntil(lambda: made.list.isHidden())
    assert "stay on this computer" in made.empty.text()


def test_a_person_is_renamed(dialog, desk, qtbot):
    dialog.list.setCurrentRow(0)

    dialog.rename.click()
    box = dialog.findChild(QInputDialog)
    box.setTextValue("Ada L.")
    box.accept()

    qtbot.waitUntil(lambda: rows(dialog) == ["Ada L.", "Bob"])
    assert dialog.selected().name == "Ada L."


def test_two_people_are_merged(dialog, desk, qtbot):
    dialog.list.setCurrentRow(0)

    dialog.merge.click()
    box = dialog.findChild(QInputDialog)
    box.setTextValue("Bob")
    box.accept()

    qtbot.waitUntil(lambda: rows(dialog) == ["Bob"])
    assert "2 recordings" in dialog.list.item(0).text()


@pytest.mark.parametrize(("answer", "left"), [("Forget", ["Bob"]), ("Cancel", ["Ada", "Bob"])])
def test_forgetting_asks_first(dialog, desk, qtbot, answer, left):
    dialog.list.setCurrentRow(0)

    dialog.forget.click()
    box = dialog.findChild(QMessageBox)
    next(button for button in box.buttons() if button.text() == answer).click()

    qtbot.waitUntil(lambda: desk.names() == left)


def test_a_problem_is_told_in_the_dialog(dialog, qtbot):
    dialog.list.setCurrentRow(0)

    dialog.rename.click()
    box = dialog.findChild(QInputDialog)
    box.setTextValue("  ")
    box.accept()

    qtbot.waitUntil(lambda: "name is empty" in dialog.enroll.message.text())


def test_closing_closes_the_microphone(dialog, desk, qtbot):
    dialog.enroll.name.setText("Eve")
    dialog.enroll.consent.setChecked(True)
    dialog.enroll.record.click()
    qtbot.waitUntil(lambda: dialog.enroll.is_recording)

    dialog.close()

    qtbot.waitUntil(lambda: desk.program.backend.captures[0].stop_count == 1)
    assert not dialog.enroll.is_recording
