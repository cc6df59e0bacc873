"""The user's terms: the list of the settings, and a meeting's own."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale, Qt

from app.domain.vocabulary import COMPLAINTS, VocabularyTerm, parse_vocabulary
from app.ui.actions import Do
from app.ui.widgets import terms_field
from app.ui.widgets.terms_field import told

pytestmark = pytest.mark.ui


@pytest.fixture
def card(desk):
    desk.window.kit.context.vocabulary.save("# people\nAda: eider\n")
    desk.window.kit.actions[Do.SETTINGS].trigger()
    card = desk.window.settings.vocabulary
    desk.wait(lambda: card.field.text != "")
    return card


def stored(desk) -> str:
    return desk.window.kit.context.vocabulary.text()


def test_the_stored_list_is_shown_and_counted(card):
    assert card.field.text == "# people\nAda: eider\n"
    assert card.field.count.text() == f"1 of {QLocale().toString(1000)} terms"
    assert not card.field.complaint.isVisible()


def test_what_is_typed_is_stored_when_the_keys_rest(card, desk):
    card.field.edit.moveCursor(card.field.edit.textCursor().MoveOperation.End)
    desk.qtbot.keyClicks(card.field.edit, "Kubernetes")

    desk.wait(lambda: stored(desk) == "# people\nAda: eider\nKubernetes")
    assert card.field.count.text() == f"2 of {QLocale().toString(1000)} terms"


def test_bad_lines_are_marked_and_told_in_a_sentence(card, desk):
    card.field.edit.setPlainText("Ada\n???\nada\nfine")

    desk.wait(card.field.complaint.isVisible)
    assert card.field.complaint.text() == (
        "Left out: line 2 “???”: it has no letter; line 3 “ada”: it stands in line 1 already."
    )
    marked = [s.cursor.blockNumber() + 1 for s in card.field.edit.extraSelections()]
    assert marked == [2, 3]
    assert card.field.count.text() == f"2 of {QLocale().toString(1000)} terms"


def test_a_long_list_of_bad_lines_is_cut_short():
    bad = parse_vocabulary("?\n" * 5).bad

    assert told(bad).endswith("line 3 “?”: it has no letter; and 2 more.")
    assert told(()) == ""


def test_every_complaint_of_the_domain_is_translated():
    assert set(terms_field.COMPLAINTS) == set(COMPLAINTS)


def test_what_was_typed_last_is_stored_when_the_page_is_left(card, desk):
    card.field._timer.setInterval(60_000)
    card.field.edit.setPlainText("Zanzibar")
    assert not card.field.is_settled

    desk.window.settings.done.click()

    desk.wait(lambda: stored(desk) == "Zanzibar")


def test_a_file_adds_what_is_new_and_says_what_is_bad(card, desk, tmp_path):
    file = tmp_path / "terms.txt"
    file.write_text("ada\nKubernetes: cuber netties\n!!\n")
    card.field.edit.setPlainText("Ada")

    card.add_file(file)
    desk.wait(lambda: card.message.isVisible())

    assert card.message.text() == ("Terms added: 1. Left out: line 3 “!!”: it has no letter.")
    desk.wait(lambda: card.field.text == "Ada\nKubernetes: cuber netties\n")
    assert stored(desk) == card.field.text
    assert card.field.isEnabled()


def test_a_file_that_is_no_text_is_told_and_changes_nothing(card, desk, tmp_path):
    file = tmp_path / "terms.bin"
    file.write_bytes(b"\xff\xfe\x00\x81")

    card.add_file(file)
    desk.wait(lambda: "UTF-8" in card.message.text())

    assert stored(desk) == "# people\nAda: eider\n"
    assert card.field.isEnabled()


def test_the_list_is_saved_as_a_file_as_it_is_written(card, desk, tmp_path):
    card.field.edit.setPlainText("Ada\nGrace")

    card.copy_to(tmp_path / "copy.txt")
    desk.wait(lambda: card.message.isVisible())

    assert (tmp_path / "copy.txt").read_text() == "Ada\nGrace"
    assert card.message.text() == f"Saved as {tmp_path / 'copy.txt'}"


def test_a_stored_list_that_cannot_be_read_is_not_replaced(desk):
    path = desk.window.kit.context.vocabulary.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff\xfe\x00\x81")

    desk.window.kit.actions[Do.SETTINGS].trigger()
    card = desk.window.settings.vocabulary
    desk.wait(lambda: "UTF-8" in card.message.text())
    assert not card.field.isEnabled()
    assert not card.add.isEnabled()
    desk.window.settings.done.click()

    assert path.read_bytes() == b"\xff\xfe\x00\x81"


def test_search_finds_the_card(card, desk):
    page = desk.window.settings
    page.search.setText("jargon")

    assert card.isVisible()
    assert not page.privacy.isVisible()
    page.search.setText("opacity")
    assert not card.isVisible()


def test_a_meeting_has_terms_of_its_own(desk):
    setup = desk.window.live.setup
    desk.window.show_live()
    assert not setup.terms.isVisible()
    desk.qtbot.mouseClick(setup.more, Qt.MouseButton.LeftButton)
    desk.wait(setup.terms.isVisible)
    setup.terms.edit.setPlainText("Ada: eider\n??\n")

    live = desk.start_recording()

    assert live.request.vocabulary == (VocabularyTerm(text="Ada", sounds_like=("eider",)),)
