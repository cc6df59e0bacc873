"""Reading, hearing and correcting a stored meeting."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QMenu, QPlainTextEdit

from app.domain.errors import KnownError
from app.domain.ids import SegmentId
from app.ui.actions import Do
from app.ui.transcript.who import WhoPanel

pytestmark = pytest.mark.ui


def _lines(desk) -> list:
    return list(desk.window.review.document.model.lines())


def _label(desk, number: int) -> str:
    return _lines(desk)[number].label


def _panel(desk, number: int) -> WhoPanel:
    model = desk.window.review.document.model
    segment_id = _lines(desk)[number].segment_id
    passage = model.row(model.row_of(segment_id)).passage_with(segment_id)
    desk.window.review.transcript.speaker_clicked.emit(passage, QRect(200, 200, 1, 1))
    return desk.window.review.findChildren(WhoPanel)[-1]


def test_title_facts_and_voices_are_shown(desk):
    desk.open()

    review = desk.window.review
    assert review.title.title == "Release planning"
    assert "48 min" in review.facts.text()
    assert {chip.text() for chip in review.voices.chips} == {
        "Anna Keller", "Ben Okafor", "Priya Raman", "Speaker 4",
    }  # fmt: skip


def test_a_click_on_a_word_plays_from_there(desk):
    desk.open()
    view = desk.window.review.transcript
    row = view.visualRect(view.model().index(0))
    cell = view.layout_of(0).cells[0]
    x = cell.x + int(view.painter.shaper.advance("Good morning ev"))

    at = QPoint(x, row.top() + cell.y + 8)
    desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    desk.wait(lambda: bool(desk.player.played))

    word = _lines(desk)[0].words[2]
    assert word.text == "everybody."
    assert desk.player.played[0][1] == pytest.approx(word.span.start_s)
    desk.wait(lambda: view.painter.shown.position_s is not None)


def test_play_pause_and_skip_by_keyboard(desk):
    desk.open()
    actions, player = desk.window.kit.actions, desk.window.review.player

    actions[Do.SKIP_FORWARD].trigger()
    actions[Do.PLAY].trigger()
    desk.wait(lambda: bool(desk.player.played))
    actions[Do.PLAY].trigger()
    desk.wait(lambda: desk.player.position is None)

    assert desk.player.played[0][1] == 5.0
    assert not player.is_playing
    assert player.position_s == pytest.approx(5.0)


def test_the_word_that_is_heard_is_followed_out_of_sight(desk):
    desk.open()
    view = desk.window.review.transcript
    view.set_position(1.5)

    view.set_position(92.0)

    assert view.verticalScrollBar().value() > 0
    row = view.model().row_at(92.0)
    assert view.viewport().rect().intersects(view.visualRect(view.model().index(row)))


def test_naming_a_voice_names_it_everywhere(desk):
    desk.open()
    panel = _panel(desk, 8)
    assert panel.scope.current == "all"

    panel.name.setText("Dana Scully")
    desk.qtbot.keyClick(panel.name, Qt.Key.Key_Return)
    desk.wait(lambda: _label(desk, 8) == "Dana Scully")

    assert _label(desk, 11) == "Dana Scully"
    assert "Dana Scully" in {chip.text() for chip in desk.window.review.voices.chips}


def test_corrections_teach_voices_once_they_pause(desk, monkeypatch):
    desk.open()
    document = desk.window.review.document
    learned = []
    monkeypatch.setattr(document._kit.context.speakers, "learn", learned.append, raising=False)
    document._learning.setInterval(50)
    lines = _lines(desk)

    document.edit_texts({lines[0].segment_id: "One."})
    document.edit_texts({lines[1].segment_id: "Two."})
    desk.wait(lambda: bool(learned))

    assert set(learned) == {document.meeting_id}


def test_an_existing_name_means_the_same_person(desk):
    desk.open()
    panel = _panel(desk, 8)

    panel.name.setText("ben okafor")
    desk.qtbot.keyClick(panel.name, Qt.Key.Key_Return)
    desk.wait(lambda: _label(desk, 8) == "Ben Okafor")

    assert len(desk.window.review.document.transcript.speakers) == 3


def test_one_line_goes_to_another_voice(desk):
    desk.open()
    panel = _panel(desk, 0)

    panel.scope.choose("one")
    panel.scope.chosen.emit("one")
    item = next(
        panel.list.item(n) for n in range(panel.list.count())
        if panel.list.item(n).text().startswith("Ben")
    )  # fmt: skip
    panel.list.itemActivated.emit(item)
    desk.wait(lambda: _label(desk, 0) == "Ben Okafor")

    assert _label(desk, 4) == "Anna Keller"


def test_one_line_goes_to_somebody_new(desk):
    desk.open()
    panel = _panel(desk, 0)

    panel.scope.choose("one")
    panel.name.setText("Visitor")
    desk.qtbot.keyClick(panel.name, Qt.Key.Key_Return)
    desk.wait(lambda: _label(desk, 0) == "Visitor")

    assert _label(desk, 4) == "Anna Keller"


def test_typing_filters_the_known_people(desk):
    desk.open()
    desk.wait(lambda: bool(desk.window.review.document.people))
    panel = _panel(desk, 8)

    desk.qtbot.keyClicks(panel.name, "ine")

    assert [panel.list.item(n).text() for n in range(panel.list.count())] == ["Ines Duarte"]


def test_a_line_is_edited_in_place_then_undone_and_redone(desk):
    desk.open()
    view = desk.window.review.transcript
    view.setFocus()
    view.edit_line(SegmentId("g0001"))
    editor = view.viewport().findChild(QPlainTextEdit)

    text = editor.toPlainText()
    editor.setPlainText(text.replace("first, please.", "first, thanks."))
    desk.qtbot.keyClick(editor, Qt.Key.Key_Return)
    desk.wait(lambda: _lines(desk)[1].text.startswith("Release first, thanks."))
    desk.window.kit.actions[Do.UNDO].trigger()
    desk.wait(lambda: _lines(desk)[1].text.startswith("Release first, please."))
    desk.window.kit.actions[Do.REDO].trigger()

    desk.wait(lambda: _lines(desk)[1].text.startswith("Release first, thanks."))


def test_escape_leaves_a_line_as_it_was(desk):
    desk.open()
    view = desk.window.review.transcript
    view.edit_line(SegmentId("g0001"))
    editor = view.viewport().findChild(QPlainTextEdit)

    editor.setPlainText("never mind")
    desk.qtbot.keyClick(editor, Qt.Key.Key_Escape)

    assert view.painter.editing is None
    assert _lines(desk)[1].text.startswith("Release first, please.")


def test_renaming_the_meeting_reaches_the_list(desk):
    desk.open()
    title = desk.window.review.title
    desk.window.kit.actions[Do.RENAME_MEETING].trigger()

    title.clear()
    desk.qtbot.keyClicks(title, "Launch plan")
    desk.qtbot.keyClick(title, Qt.Key.Key_Return)

    desk.wait(lambda: any(m.meeting.title == "Launch plan" for m in desk.window.library.meetings))


def test_a_correction_that_fails_is_a_banner_and_the_text_stays(desk):
    desk.open()
    desk.library.failure = KnownError("The disk is full. The transcript is kept as it was.")

    desk.window.review.document.edit_texts({SegmentId("g0001"): "lost"})
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert desk.window.banners.texts == ("The disk is full. The transcript is kept as it was.",)
    assert _lines(desk)[1].text.startswith("Release first, please.")


def test_the_final_pass_runs_again_on_request(desk):
    desk.open()

    desk.window.kit.actions[Do.REFINE].trigger()
    desk.wait(lambda: "The transcript is refined." in desk.window.banners.texts)

    assert desk.transcribing.refined == ["m0000001"]


def test_actions_on_a_meeting_wait_for_one(desk):
    actions = desk.window.kit.actions

    assert not actions[Do.EXPORT].isEnabled()
    desk.open()
    assert actions[Do.EXPORT].isEnabled()
    desk.window.show_live()
    assert not actions[Do.EXPORT].isEnabled()


def _find(desk, text: str):
    bar = desk.window.review.find_bar
    desk.window.kit.actions[Do.FIND].trigger()
    desk.qtbot.keyClicks(bar.field, text)
    return bar


def test_words_are_found_in_the_meeting_and_walked_through(desk):
    desk.open()
    review = desk.window.review
    bar = _find(desk, "release")
    first = review.transcript.painter.shown.flash

    assert bar.count.text().startswith("1 of ")
    assert review.transcript.painter.shown.terms == ("release",)
    desk.window.kit.actions[Do.FIND_NEXT].trigger()
    assert bar.count.text().startswith("2 of ")
    desk.qtbot.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert bar.count.text().startswith("1 of ")
    assert review.transcript.painter.shown.flash == first

    desk.qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    if bar.isVisible():
        desk.qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert review.transcript.painter.shown.terms == ()


def test_words_that_do_not_occur_are_said_not_to(desk):
    desk.open()

    assert _find(desk, "zebra").count.text() == "Not found"


def test_speed_changes_while_playing(desk):
    desk.open()
    actions = desk.window.kit.actions
    actions[Do.PLAY].trigger()
    desk.wait(lambda: len(desk.player.played) == 1)

    actions[Do.FASTER].trigger()
    desk.wait(lambda: len(desk.player.played) == 2)

    assert desk.player.speed == 1.25
    assert desk.window.review.player.speeds.text() == "1.25\u00d7"
    for _ in range(8):
        actions[Do.SLOWER].trigger()
    assert desk.window.review.player.speed == 0.5


def test_a_key_gives_the_line_to_a_voice(desk):
    desk.open()
    review = desk.window.review
    review.transcript.setCurrentIndex(review.document.model.index(0))
    assert _label(desk, 0) == "Anna Keller"

    desk.window.kit.actions[Do.VOICE_2].trigger()
    desk.wait(lambda: _label(desk, 0) == "Ben Okafor")
    desk.window.kit.actions[Do.VOICE_9].trigger()

    assert len(review.document.transcript.speakers) == 4


def test_the_next_doubtful_word_is_shown(desk):
    desk.open()
    review = desk.window.review
    actions = desk.window.kit.actions

    actions[Do.NEXT_DOUBT].trigger()
    first_s = review.player.position_s
    actions[Do.NEXT_DOUBT].trigger()

    assert first_s > 0
    assert review.player.position_s > first_s


def test_audio_is_deleted_after_a_question_and_the_text_stays(desk):
    desk.open()
    actions = desk.window.kit.actions
    actions[Do.DELETE_AUDIO].trigger()
    desk.press(desk.open_box(), "Delete audio")
    desk.wait(lambda: "audio deleted" in desk.window.review.facts.text())

    assert desk.window.banners.texts == (
        "The audio is deleted, 3.2 MB are free again. The text stays.",
    )
    assert _lines(desk)[1].text.startswith("Release first, please.")
    assert not actions[Do.PLAY].isEnabled()
    assert not actions[Do.REFINE].isEnabled()
    assert not actions[Do.DELETE_AUDIO].isEnabled()
    assert actions[Do.EXPORT].isEnabled()


def test_words_are_replaced_one_by_one_and_all_at_once(desk):
    desk.open()
    desk.window.kit.actions[Do.REPLACE].trigger()
    bar = desk.window.review.find_bar
    count = len(_lines(desk))
    desk.qtbot.keyClicks(bar.field, "one")
    assert bar.replacing.isVisible()
    total = int(bar.count.text().split()[-1])
    assert total > 2

    desk.qtbot.keyClicks(bar.text, "uno")
    bar.one.click()
    desk.wait(lambda: sum("uno" in line.text for line in _lines(desk)) == 1)
    desk.wait(lambda: bar.count.text().endswith(f"of {total - 1}"))
    bar.all.click()
    desk.wait(lambda: bar.count.text() == "Not found")
    assert not bar.all.isEnabled()
    desk.window.kit.actions[Do.UNDO].trigger()

    desk.wait(lambda: sum("uno" in line.text for line in _lines(desk)) == 1)
    assert len(_lines(desk)) == count


def _menu_texts(menu) -> dict:
    return {action.text(): action for action in menu.actions() if action.text()}


def test_what_follows_a_word_is_given_to_somebody_else(desk):
    desk.open()
    review = desk.window.review
    review.transcript.setCurrentIndex(review.document.model.index(0))
    desk.window.kit.actions[Do.SPLIT].trigger()
    assert desk.window.banners.texts[-1].startswith("Click the first word")

    review.player.cue(_lines(desk)[0].words[3].span.start_s + 0.01)
    desk.window.kit.actions[Do.SPLIT].trigger()
    menu = next(m for m in review.findChildren(QMenu) if m.isVisible())
    entries = _menu_texts(menu)
    assert list(entries) == [
        "From this word on it is",
        "Ben Okafor",
        "Priya Raman",
        "Speaker 4",
        "Somebody new",
    ]
    entries["Priya Raman"].trigger()
    menu.close()

    desk.wait(lambda: _label(desk, 0) == "Priya Raman")


def test_a_line_joins_the_person_above(desk):
    desk.open()
    review = desk.window.review
    review.transcript.setCurrentIndex(review.document.model.index(1))
    assert (_label(desk, 0), _label(desk, 1)) == ("Anna Keller", "Ben Okafor")

    desk.window.kit.actions[Do.JOIN].trigger()

    desk.wait(lambda: _label(desk, 1) == "Anna Keller")


def test_the_menu_offers_what_can_be_done_with_a_line(desk):
    desk.open()
    review = desk.window.review
    model = review.document.model
    passage = model.row(1).lanes[0]

    review.transcript.menu_wanted.emit(passage, passage.first.span.start_s, QPoint(300, 300))
    menu = next(m for m in review.findChildren(QMenu) if m.isVisible() and len(m.actions()) > 5)

    assert list(_menu_texts(menu)) == [
        "Play from here", "Who is speaking…", "From this word on it is",
        "From here on this voice is", "All lines that sound like this are",
        "Same person as above", "Edit text", "Copy text",
    ]  # fmt: skip
    menu.close()


def test_a_voice_that_is_two_people_is_split_from_a_line_on(desk):
    desk.open()
    review = desk.window.review
    before = [line.label for line in _lines(desk)]
    first = [n for n, label in enumerate(before) if label == "Anna Keller"][1]
    row = review.document.model.row_of(_lines(desk)[first].segment_id)
    review.transcript.setCurrentIndex(review.document.model.index(row))

    desk.window.kit.actions[Do.SPLIT_VOICE].trigger()
    menu = next(m for m in review.findChildren(QMenu) if m.isVisible())
    heading = menu.actions()[0]
    assert (heading.text(), heading.isEnabled()) == ("From here on this voice is", False)
    assert menu.activeAction() is menu.actions()[1]
    _menu_texts(menu)["Somebody new"].trigger()
    menu.close()
    desk.wait(lambda: _label(desk, first) == "Speaker 5")

    after = [line.label for line in _lines(desk)]
    assert after[:first] == before[:first]
    assert after[first:] == [
        "Speaker 5" if label == "Anna Keller" else label for label in before[first:]
    ]
    desk.window.kit.actions[Do.UNDO].trigger()
    desk.wait(lambda: [line.label for line in _lines(desk)] == before)


def test_somebody_new_gets_all_selected_lines_by_the_panel(desk):
    desk.open()
    review = desk.window.review
    view, model = review.transcript, review.document.model
    view.setFocus()
    view.setCurrentIndex(model.index(0))
    desk.qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    count = len([line for p in view.selected_passages() for line in p.lines])

    desk.window.kit.actions[Do.NAME_SPEAKER].trigger()
    panel = review.findChildren(WhoPanel)[-1]
    assert panel.scope.isHidden()
    panel.name.setText("Visitor")
    desk.qtbot.keyClick(panel.name, Qt.Key.Key_Return)

    desk.wait(lambda: [line.label for line in _lines(desk)][:count] == ["Visitor"] * count)


def test_selected_lines_are_transcribed_again(desk):
    desk.open()
    review, actions = desk.window.review, desk.window.kit.actions
    actions[Do.REFINE_PART].trigger()
    assert desk.window.banners.texts[-1].startswith("Select the lines first")

    view = review.transcript
    view.setFocus()
    view.setCurrentIndex(review.document.model.index(1))
    desk.qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    actions[Do.REFINE_PART].trigger()
    desk.wait(lambda: "The transcript is refined." in desk.window.banners.texts)

    first, last = view.selected_passages()
    (part,) = desk.transcribing.parts
    assert (part.start, part.end) == (first.first.span.start, last.last.span.end)


def test_lines_that_sound_alike_are_given_away_together(desk):
    desk.open()
    review, speakers = desk.window.review, desk.window.kit.context.speakers
    passage = review.document.model.row(0).lanes[0]
    own = [line.segment_id for line in passage.lines]
    other = next(
        line.segment_id
        for line in _lines(desk)
        if line.label == "Anna Keller" and line.segment_id not in own
    )

    def choose() -> None:
        review.transcript.menu_wanted.emit(passage, 0.0, QPoint(300, 300))
        menu = next(
            m for m in review.findChildren(QMenu) if m.isVisible() and m.actions()[0].text()
        )
        alike = _menu_texts(menu)["All lines that sound like this are"].menu()
        _menu_texts(alike)["Somebody new"].trigger()
        menu.close()

    choose()
    desk.wait(lambda: "These lines sound like everything else." in desk.window.banners.texts)
    desk.wait(lambda: not any("Listening" in text for text in desk.window.banners.texts))
    assert _label(desk, 0) == "Anna Keller"

    speakers.alike = (other,)
    choose()
    desk.wait(lambda: _label(desk, 0) == "Speaker 5")
    assert speakers.asked[-1] == tuple(own)
    given = {line.segment_id for line in _lines(desk) if line.label == "Speaker 5"}
    assert given == {*own, other}
    desk.window.kit.actions[Do.UNDO].trigger()
    desk.wait(lambda: _label(desk, 0) == "Anna Keller")
