"""The player below a stored meeting: repetition, and the time line's part."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.domain.ids import MeetingId
from app.ui.actions import Do
from app.ui.transcript.lines import Line
from tests.fakes import ui_meetings as made
from tests.fakes.ui_context import SOLO_FILE

pytestmark = pytest.mark.ui

LONG = MeetingId("long0001")
THREE_HOURS_S = 10_800


def _player(desk):
    return desk.window.review.player


def _passage(desk, row: int):
    return desk.window.review.document.model.row(row).lanes[0]


def _select(desk, row: int) -> None:
    desk.window.review.transcript.setCurrentIndex(desk.window.review.document.model.index(row))


def _turn_wheel(timeline, notches: int, modifiers: Qt.KeyboardModifier, x: float = 10.0) -> None:
    at = QPointF(x, 10)
    event = QWheelEvent(
        at, timeline.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(timeline, event)


# --- Repetition ----------------------------------------------------------------------------


def test_a_line_is_repeated_until_the_action_is_chosen_again(desk):
    desk.open()
    _select(desk, 1)
    repeat, first = desk.window.kit.actions[Do.LOOP], _passage(desk, 1)

    repeat.trigger()
    desk.wait(lambda: len(desk.player.played) == 1)
    start_s = desk.player.played[0][1]
    assert start_s == pytest.approx(first.first.span.start_s, abs=0.11)
    assert desk.player.ends[0] == pytest.approx(first.last.span.end_s + 0.1)

    desk.wait(lambda: _player(desk)._has_begun)
    desk.player.position = None
    desk.wait(lambda: len(desk.player.played) == 2)
    assert desk.player.played[1][1] == start_s
    assert repeat.isChecked()

    desk.wait(lambda: _player(desk)._has_begun)
    repeat.trigger()
    desk.wait(lambda: len(desk.player.played) == 3)
    assert desk.player.ends[2] is None
    assert _player(desk).loop is None
    assert not repeat.isChecked()


def test_selected_lines_are_repeated_as_one_stretch(desk):
    desk.open()
    view = desk.window.review.transcript
    _select(desk, 1)
    view.setFocus()
    for _ in range(2):
        desk.qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert len(view.selectionModel().selectedRows()) == 3

    desk.window.kit.actions[Do.LOOP].trigger()
    desk.wait(lambda: bool(desk.player.played))

    last_s = max(line.span.end_s for p in view.selected_passages() for line in p.lines)
    assert desk.player.ends[0] == pytest.approx(last_s + 0.1)


def test_what_is_heard_is_repeated_while_something_plays(desk):
    desk.open()
    _select(desk, 0)
    heard = _passage(desk, 4)
    _player(desk).play_from(heard.first.span.start_s + 0.2)
    desk.wait(lambda: _player(desk)._has_begun)

    desk.window.kit.actions[Do.LOOP].trigger()
    desk.wait(lambda: len(desk.player.played) == 2)

    assert desk.player.played[1][1] == pytest.approx(heard.first.span.start_s - 0.1)


def test_skipping_stays_inside_the_stretch_and_other_words_end_the_repetition(desk):
    desk.open()
    _select(desk, 1)
    desk.window.kit.actions[Do.LOOP].trigger()
    desk.wait(lambda: _player(desk)._has_begun)
    loop = _player(desk).loop

    desk.window.kit.actions[Do.SKIP_BACK].trigger()
    desk.wait(lambda: len(desk.player.played) == 2)
    assert desk.player.played[1][1] == pytest.approx(loop.start_s)
    assert desk.player.ends[1] == pytest.approx(loop.end_s)

    desk.window.review.transcript.time_clicked.emit(60.0)
    desk.wait(lambda: len(desk.player.played) == 3)
    assert desk.player.ends[2] is None
    assert not desk.window.kit.actions[Do.LOOP].isChecked()


def test_the_repetition_ends_with_the_meeting(desk):
    desk.open()
    _select(desk, 1)
    desk.window.kit.actions[Do.LOOP].trigger()
    desk.wait(lambda: _player(desk)._has_begun)

    desk.window.review.open(MeetingId("m0000002"))

    assert _player(desk).loop is None
    assert not desk.window.kit.actions[Do.LOOP].isChecked()


def test_the_end_of_the_stretch_before_is_not_taken_for_the_end_of_this_one(desk):
    desk.open()
    player = _player(desk)
    player.play_from(3.0)
    desk.player.position = None

    player._poll()

    assert player.is_playing


# --- Zoom ----------------------------------------------------------------------------------


def test_keys_zoom_around_the_position_and_back(desk):
    desk.open()
    timeline, actions = _player(desk).timeline, desk.window.kit.actions
    _player(desk).cue(1440.0)
    whole_s = timeline.zoom.shown_s

    actions[Do.ZOOM_IN].trigger()
    desk.qtbot.keyClick(timeline, Qt.Key.Key_Plus)
    assert timeline.zoom.shown_s == pytest.approx(whole_s / 4)
    assert timeline.zoom.share_of(1440.0) == pytest.approx(0.5, abs=0.01)
    assert timeline.seconds_at(timeline.width() / 2) == pytest.approx(1440.0, abs=10)

    actions[Do.ZOOM_OUT].trigger()
    assert timeline.zoom.shown_s == pytest.approx(whole_s / 2)
    actions[Do.ZOOM_ALL].trigger()
    assert timeline.zoom.is_whole


def test_buttons_for_zooming_give_way_in_a_narrow_window(desk):
    desk.open()
    desk.window.resize(1180, 760)
    assert all(button.isVisible() for button in _player(desk)._zooms)

    desk.window.resize(900, 600)
    desk.wait(lambda: not any(button.isVisible() for button in _player(desk)._zooms))


def test_buttons_for_zooming_give_way_to_large_text(desk):
    desk.open()
    assert all(button.isVisible() for button in _player(desk)._zooms)

    desk.window.kit.theme.set_text_percent(200)

    desk.wait(lambda: not any(button.isVisible() for button in _player(desk)._zooms))


def test_the_wheel_zooms_with_ctrl_and_scrolls_without(desk):
    desk.open()
    timeline = _player(desk).timeline
    sought = []
    timeline.sought.connect(sought.append)
    _turn_wheel(timeline, 1, Qt.KeyboardModifier.NoModifier)
    assert timeline.zoom.is_whole

    at_s = timeline.seconds_at(200.0)
    _turn_wheel(timeline, 8, Qt.KeyboardModifier.ControlModifier, x=200.0)
    assert timeline.seconds_at(200.0) == pytest.approx(at_s)
    assert not timeline.zoom.is_whole

    start_s = timeline.zoom.start_s
    _turn_wheel(timeline, -1, Qt.KeyboardModifier.NoModifier)
    assert timeline.zoom.start_s > start_s
    assert sought == []


def test_the_part_follows_playback_unless_it_was_scrolled_away(desk):
    desk.open()
    timeline = _player(desk).timeline
    for _ in range(4):
        timeline.zoom_in()
    end_s = timeline.zoom.end_s
    timeline.set_position(end_s - 0.5)

    timeline.set_position(end_s + 0.2)
    assert timeline.zoom.start_s == pytest.approx(end_s + 0.2 - 0.1 * timeline.zoom.shown_s)

    _turn_wheel(timeline, -20, Qt.KeyboardModifier.NoModifier)
    away_s = timeline.zoom.start_s
    timeline.set_position(end_s + 0.3)
    assert timeline.zoom.start_s == away_s

    timeline.set_position(30.0)
    assert timeline.zoom.start_s <= 30.0 <= timeline.zoom.end_s


def test_a_part_of_three_hours_is_painted_from_its_own_lines_only(make_desk):
    lines = [("S1" if n % 2 else "S2", n * 2.0, n * 2.0 + 1.8, f"Line {n}.") for n in range(5_000)]
    about = made.meeting(LONG, "Annual meeting", age_days=2, duration_s=THREE_HOURS_S)
    desk = make_desk([made.transcript(about, tuple(lines))])
    desk.open(LONG)
    timeline = _player(desk).timeline
    assert len(timeline.bars_in_sight()) == 5_000
    _player(desk).cue(5400.0)

    for _ in range(7):
        timeline.zoom_in()

    assert timeline.zoom.shown_s == pytest.approx(THREE_HOURS_S / 128)
    seen = timeline.bars_in_sight()
    assert 40 <= len(seen) <= 46
    assert all(bar[1] >= timeline.zoom.start_s - 2.0 for bar in seen)


# --- Noise ---------------------------------------------------------------------------------


def test_noise_is_reduced_from_the_next_moment_on_and_remembered(desk):
    desk.open()
    reduce = desk.window.kit.actions[Do.REDUCE_NOISE]
    _player(desk).play_from(3.0)
    desk.wait(lambda: len(desk.player.played) == 1)
    assert desk.player.noise_limit_db == 0.0
    assert not reduce.isChecked()

    reduce.trigger()

    desk.wait(lambda: len(desk.player.played) == 2)
    assert desk.player.noise_limit_db == 12.0
    assert desk.player.played[1][1] == pytest.approx(3.0, abs=0.5)
    assert desk.window.kit.context.settings.playback.is_noise_reduced

    reduce.trigger()

    desk.wait(lambda: len(desk.player.played) == 3)
    assert desk.player.noise_limit_db == 0.0


def test_choice_made_in_the_settings_holds_for_the_next_meeting(desk):
    context = desk.window.kit.context
    playback = replace(context.settings.playback, is_noise_reduced=True, noise_limit_db=20.0)
    context.save_settings(replace(context.settings, playback=playback))

    desk.open()

    assert desk.window.kit.actions[Do.REDUCE_NOISE].isChecked()
    _player(desk).play_from(1.0)
    desk.wait(lambda: len(desk.player.played) == 1)
    assert desk.player.noise_limit_db == 20.0


# --- One person of several -----------------------------------------------------------------


def _overlapped(desk) -> Line:
    return next(line for line in desk.window.review.document.model.lines() if line.has_overlap)


def test_one_person_is_heard_alone_and_then_the_recording_again(desk):
    desk.open()
    line, player = _overlapped(desk), _player(desk)
    start_s = line.span.start_s

    desk.window.review.corrector.play_solo(line.segment_id)
    desk.wait(lambda: len(desk.player.played) == 1)

    assert desk.player.played[0] == ((SOLO_FILE,), 0.0)
    assert player.alone.isVisible()
    desk.wait(lambda: player._has_begun)
    desk.player.position = 0.5
    desk.wait(lambda: player.position_s == pytest.approx(start_s + 0.5))
    desk.player.position = None
    desk.wait(lambda: not player.is_playing)

    assert not player.alone.isVisible()
    player.toggle()
    desk.wait(lambda: len(desk.player.played) == 2)
    assert not player.alone.isVisible()
    assert desk.player.played[1][0] != (SOLO_FILE,)
    assert desk.player.played[1][1] == pytest.approx(start_s + 0.5)


def test_other_speed_does_not_bring_the_others_back(desk):
    desk.open()
    desk.window.review.corrector.play_solo(_overlapped(desk).segment_id)
    desk.wait(lambda: _player(desk)._has_begun)

    _player(desk).faster()

    desk.wait(lambda: len(desk.player.played) == 2)
    assert desk.player.played[1][0] == (SOLO_FILE,)
    assert desk.player.speed == 1.25


def test_key_plays_the_current_line_alone(desk):
    desk.open()
    model = desk.window.review.document.model
    row = next(n for n in range(model.rowCount()) if model.row(n).lanes[0].has_overlap)
    _select(desk, row)

    desk.window.kit.actions[Do.SOLO].trigger()

    desk.wait(lambda: len(desk.player.played) == 1)
    listening = desk.window.kit.context.listening
    assert listening.asked == [_passage(desk, row).first.segment_id]


def test_voices_that_cannot_be_told_apart_are_said(desk):
    desk.open()
    desk.window.kit.context.listening.complaint = "Ben cannot be told apart here."

    desk.window.review.corrector.play_solo(_overlapped(desk).segment_id)

    desk.wait(lambda: any("told apart" in text for text in desk.window.banners.texts))
    assert desk.player.played == []


def test_menu_offers_it_where_several_talk_at_once(desk):
    desk.open()
    corrector = desk.window.review.corrector

    def entries(passage):
        corrector.show_menu(passage, passage.first.span.start_s, QPoint(10, 10))
        menu = QApplication.activePopupWidget()
        texts = [action.text() for action in menu.actions()]
        menu.close()
        return texts

    assert "Hear only this person" not in entries(_passage(desk, 0))
    model = desk.window.review.document.model
    crowded = next(
        model.row(n).lanes[0] for n in range(model.rowCount()) if model.row(n).lanes[0].has_overlap
    )
    assert "Hear only this person" in entries(crowded)
