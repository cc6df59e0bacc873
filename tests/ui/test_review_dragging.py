"""Lines of a stored meeting that are selected, and dragged on to people."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.ui.actions import Do
from app.ui.transcript import view as transcript_view
from app.ui.transcript.dragging import packed, unpacked

pytestmark = pytest.mark.ui

LEFT = Qt.MouseButton.LeftButton


def _labels(desk) -> list[str]:
    return [line.label for line in desk.window.review.document.model.lines()]


def _passages(desk, *rows: int) -> list:
    return [desk.window.review.document.model.row(row).lanes[0] for row in rows]


def _ids(passages) -> tuple:
    return tuple(line.segment_id for one in passages for line in one.lines)


def _select(desk, first: int, last: int) -> None:
    view = desk.window.review.transcript
    view.setFocus()
    view.setCurrentIndex(view.model().index(first))
    for _ in range(last - first):
        desk.qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)


def _over_text(desk, row: int) -> QPoint:
    view = desk.window.review.transcript
    cell = view.layout_of(row).cells[0]
    return QPoint(cell.x + 40, view.visualRect(view.model().index(row)).top() + cell.y + 8)


def _drop(desk, passages, target: QWidget) -> None:
    """Drag passages over a chip of the voices and let go."""
    voices = desk.window.review.voices
    data, copy = packed(passages), Qt.DropAction.CopyAction
    at = target.geometry().center()
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(voices, QDragEnterEvent(at, copy, data, LEFT, none))
    move = QDragMoveEvent(at, copy, data, LEFT, none)
    QApplication.sendEvent(voices, move)
    assert move.isAccepted()
    if target in (*voices.chips, voices.newcomer):
        assert target.is_target
    QApplication.sendEvent(voices, QDropEvent(QPointF(at), copy, data, LEFT, none))
    assert not any(chip.is_target for chip in voices.chips)


def test_rows_are_selected_by_click_and_shift_click_without_playing(desk):
    desk.open()
    view = desk.window.review.transcript
    desk.qtbot.mouseClick(view.viewport(), LEFT, pos=_over_text(desk, 1))
    desk.wait(lambda: len(desk.player.played) == 1)

    shift = Qt.KeyboardModifier.ShiftModifier
    desk.qtbot.mouseClick(view.viewport(), LEFT, shift, _over_text(desk, 3))
    assert view.selected_passages() == tuple(_passages(desk, 1, 2, 3))

    control = Qt.KeyboardModifier.ControlModifier
    desk.qtbot.mouseClick(view.viewport(), LEFT, control, _over_text(desk, 2))
    assert view.selected_passages() == tuple(_passages(desk, 1, 3))
    assert len(desk.player.played) == 1


def test_a_selection_goes_to_a_voice_by_key_stays_and_comes_back_by_undo(desk):
    desk.open()
    before = _labels(desk)
    _select(desk, 0, 2)
    actions = desk.window.kit.actions

    actions[Do.VOICE_3].trigger()
    desk.wait(lambda: _labels(desk)[0] == "Priya Raman")
    given = _labels(desk)
    count = len(_ids(desk.window.review.transcript.selected_passages()))
    assert given[:count] == ["Priya Raman"] * count

    actions[Do.UNDO].trigger()
    desk.wait(lambda: _labels(desk) == before)
    assert desk.window.review.transcript.currentIndex().isValid()


def test_a_passage_is_dropped_on_a_person(desk):
    desk.open()
    passages = _passages(desk, 0)
    chip = next(c for c in desk.window.review.voices.chips if c.text() == "Ben Okafor")

    _drop(desk, passages, chip)
    desk.wait(lambda: _labels(desk)[0] == "Ben Okafor")

    desk.window.kit.actions[Do.UNDO].trigger()
    desk.wait(lambda: _labels(desk)[0] == "Anna Keller")


def test_lines_dropped_on_their_own_voice_change_nothing(desk):
    desk.open()
    passages = _passages(desk, 0)
    chip = next(c for c in desk.window.review.voices.chips if c.text() == "Anna Keller")
    changes = []
    desk.window.review.library_changed.connect(lambda: changes.append(1))

    _drop(desk, passages, chip)
    _drop(desk, _passages(desk, 1), chip)
    desk.wait(lambda: _labels(desk)[1] == "Anna Keller")

    assert changes == [1]


def test_somebody_new_is_offered_while_lines_are_dragged(desk):
    desk.open()
    review = desk.window.review
    assert review.voices.newcomer.isHidden()
    review.transcript.carrying_changed.emit(True)
    assert review.voices.newcomer.isVisible()

    _drop(desk, _passages(desk, 0, 1), review.voices.newcomer)
    review.transcript.carrying_changed.emit(False)
    desk.wait(lambda: len(review.document.transcript.speakers) == 5)

    assert review.voices.newcomer.isHidden()
    assert _labels(desk)[0] == _labels(desk)[1] == "Speaker 5"


def test_a_voice_that_does_not_fit_is_asked_for(desk):
    desk.open()
    voices = desk.window.review.voices
    voices.resize(260, voices.height())
    assert voices.more.isVisible()

    _drop(desk, _passages(desk, 1), voices.more)
    menu = next(m for m in voices.findChildren(QMenu) if m.isVisible())
    entry = next(a for a in menu.actions() if a.text() == "Priya Raman")
    entry.trigger()
    menu.close()

    desk.wait(lambda: _labels(desk)[1] == "Priya Raman")


def test_moving_a_pressed_line_drags_it_and_plays_nothing(desk, monkeypatch):
    desk.open()
    view = desk.window.review.transcript
    carried, offered = [], []
    monkeypatch.setattr(
        transcript_view, "carry", lambda _source, passages, *_rest: carried.append(passages)
    )
    view.carrying_changed.connect(offered.append)
    start = _over_text(desk, 1)

    desk.qtbot.mousePress(view.viewport(), LEFT, pos=start)
    desk.qtbot.mouseMove(view.viewport(), start + QPoint(2, 0))
    assert carried == []
    desk.qtbot.mouseMove(view.viewport(), start + QPoint(60, -30))

    assert carried == [tuple(_passages(desk, 1))]
    assert offered == [True, False]
    assert desk.player.played == []


def test_a_selection_is_dragged_as_a_whole_and_as_text(desk, monkeypatch):
    desk.open()
    view = desk.window.review.transcript
    carried = []
    monkeypatch.setattr(
        transcript_view, "carry", lambda _source, passages, *_rest: carried.append(passages)
    )
    _select(desk, 0, 2)
    start = _over_text(desk, 1)

    desk.qtbot.mousePress(view.viewport(), LEFT, pos=start)
    desk.qtbot.mouseMove(view.viewport(), start + QPoint(60, 30))

    assert carried == [tuple(_passages(desk, 0, 1, 2))]
    data = packed(carried[0])
    assert unpacked(data) == _ids(carried[0])
    assert data.text().startswith("Anna Keller: Good morning everybody.")
