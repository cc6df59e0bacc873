"""A meeting from the record button to its transcript in the library."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QMessageBox

from app.domain.errors import Category, ErrorReport, KnownError, Severity
from app.domain.ids import MeetingId, StreamId
from app.domain.marks import HoldReason, Marker
from app.domain.meeting import MeetingState
from app.domain.session import OperatingPoint
from app.services.events import Failed, StateChanged
from app.services.recording import RecordingRequest
from app.settings.schema import CaptureSettings, Settings, TranscriptSettings
from app.ui.actions import Do
from app.ui.times import unbroken
from app.ui.transcript.who import WhoPanel
from app.ui.tray import Tray
from tests.fakes import ui_meetings as made
from tests.fakes.ui_context import FakeLiveMeeting

pytestmark = pytest.mark.ui


def _texts(desk) -> list[str]:
    model = desk.window.live.transcript.model()
    return [line.text for line in model.lines()]


def test_recording_asks_for_the_chosen_devices_and_title(desk):
    live = desk.start_recording("Stand-up")

    assert live.request.title == "Stand-up"
    assert live.request.devices == {StreamId.MIC: "mic:0", StreamId.SYSTEM: "sys:0"}
    assert live.request.point is OperatingPoint.BALANCED
    assert desk.window.live.title.text() == "Stand-up"


def test_the_page_of_a_new_recording_loads_the_models_ahead(desk):
    assert desk.recording.prepared_count == 0

    desk.window.show_live()

    assert desk.recording.prepared_count == 1


def test_the_settings_choose_device_and_delay(make_desk):
    capture = CaptureSettings(microphone="mic:1")
    wanted = Settings(capture=capture, transcript=TranscriptSettings(point="accurate"))
    desk = make_desk(settings=wanted)

    live = desk.start_recording()

    assert live.request.devices[StreamId.MIC] == "mic:1"
    assert live.request.point is OperatingPoint.ACCURATE


def test_nothing_to_record_disables_the_button_and_says_why(desk):
    setup = desk.window.live.setup
    desk.window.show_live()
    desk.wait(lambda: setup.choosers[StreamId.MIC].count() > 1)

    for chooser in setup.choosers.values():
        chooser.setCurrentIndex(chooser.count() - 1)

    assert not setup.record.isEnabled()
    assert "No sound source" in setup.why_not.text()


def test_words_appear_grow_and_become_final(desk):
    live = desk.start_recording()

    live.play_until(8.0)
    desk.wait(lambda: any("Good morning" in text for text in _texts(desk)))
    live.play_until(60.0)
    desk.wait(lambda: any("sentence today" in text for text in _texts(desk)))

    lines = list(desk.window.live.transcript.model().lines())
    assert [line.label for line in lines[:4]] == [
        "Anna Keller", "Ben Okafor", "Ben Okafor", "Priya Raman",
    ]  # fmt: skip
    partial = lines[-1]
    assert not partial.is_final
    assert partial.solid_chars < len(partial.text)


def test_levels_timer_and_delay_are_shown(desk):
    live = desk.start_recording()

    live.play_until(59.0)
    page = desk.window.live
    desk.wait(lambda: page.badge.isVisible())
    desk.wait(lambda: page.timer.text() == "0:59")

    assert page.badge.text() == "behind by 1.6 s"
    assert page.meters[StreamId.MIC].share == pytest.approx(1 - 14 / 60)
    live.play_until(90.0)
    desk.wait(lambda: not page.badge.isVisible())


def test_the_delay_that_is_kept_stands_beside_the_promise_and_warns_when_it_is_longer(desk):
    live = desk.start_recording()
    page = desk.window.live
    live.play_until(10.0)
    desk.wait(lambda: page.delay.isVisible())
    assert (page.delay.text(), page.delay.property("kind")) == ("1.9 / 2.0 s", "badge-quiet")

    live.play_until(59.0)

    desk.wait(lambda: page.delay.text() == "2.8 / 2.0 s")
    assert page.delay.property("kind") == "badge"
    assert page.delay.accessibleName() == "Final text within 2.8 s, promised within 2.0 s"


def test_panel_shows_talk_time_and_how_the_pipeline_keeps_up(desk):
    live = desk.start_recording()
    page = desk.window.live
    live.play_until(59.0)
    desk.wait(lambda: page.badge.isVisible())
    assert not page.panel.isVisible()

    desk.window.kit.actions[Do.LIVE_PANEL].trigger()

    assert page.panel.isVisible()
    talk_s = {}
    for line in page.transcript.model().lines():
        if line.is_final and line.track is not None:
            talk_s[line.label] = talk_s.get(line.label, 0.0) + line.span.duration_s
    most = max(talk_s, key=talk_s.get)
    assert len(page.panel.chips) == len(talk_s)
    assert page.panel.chips[0].text() == most
    assert page.panel.values["delay"].text() == unbroken("2.8 s, promised 2.0 s")
    assert page.panel.values["asr-final"].text() == unbroken("28 % of real time, 1.6 s waiting")
    assert page.panel.values["relief"].text() == "Only final words"
    assert page.panel.values["memory"].text() == "800 MB"


def test_a_voice_of_the_panel_can_be_named(desk):
    live = desk.start_recording()
    page = desk.window.live
    live.play_until(20.0)
    desk.window.kit.actions[Do.LIVE_PANEL].trigger()
    desk.wait(lambda: bool(page.panel.chips))

    page.panel.chips[0].click()

    desk.wait(lambda: page.findChild(WhoPanel) is not None)


def test_the_promised_delay_changes_while_the_meeting_runs(desk):
    live = desk.start_recording()
    live.play_until(59.0)
    page = desk.window.live
    desk.wait(lambda: "promised within 2.0 s" in page.delay.toolTip())
    assert page.points.currentText() == "Balanced"

    page.points.setFocus()
    desk.qtbot.keyClick(page.points, Qt.Key.Key_Down)

    assert live.points == [OperatingPoint.ACCURATE]
    assert page.points.currentText() == "Careful"


def test_the_view_follows_until_the_user_scrolls_up(desk):
    desk.window.resize(900, 500)
    live = desk.start_recording()
    view = desk.window.live.transcript
    live.play_until(60.0)
    desk.wait(lambda: view.verticalScrollBar().maximum() > 100)
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()

    view.verticalScrollBar().setValue(10)
    live.play_until(99.0)
    desk.wait(lambda: any("optional" in text for text in _texts(desk)))

    assert view.verticalScrollBar().value() == 10
    assert not view.is_following
    assert view.pill.isVisible()
    desk.qtbot.mouseClick(view.pill, Qt.MouseButton.LeftButton)
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    assert not view.pill.isVisible()


def test_stop_saves_and_opens_the_finished_meeting(desk):
    live = desk.start_recording()
    live.play_until(99.0)

    desk.window.live.stop_button.click()
    desk.wait(lambda: live.is_stopped)
    desk.wait(lambda: "Recording saved" in desk.window.live.status.text())
    live.finish()
    desk.wait(lambda: desk.window.review.document.meeting_id == live.meeting_id)

    assert desk.window.pages.currentWidget() is desk.window.review
    desk.wait(lambda: desk.window.review.title.title == "Stand-up")


def test_a_recording_that_ended_by_itself_is_shown_as_saved(desk):
    live = desk.start_recording()
    recorded = StateChanged(meeting_id=live.meeting_id, t=9.0, state=MeetingState.RECORDED)

    live.emit(recorded)
    desk.wait(lambda: "Recording saved" in desk.window.live.status.text())

    assert not desk.window.live.is_running
    assert not desk.window.live.dot.isVisible()
    assert not desk.window.live.stop_button.isVisible()


def test_a_recording_that_ended_before_it_was_shown_is_saved(desk, monkeypatch):
    monkeypatch.setattr(FakeLiveMeeting, "is_stopped", True)

    desk.window.live.record(RecordingRequest(devices={StreamId.MIC: "default"}))
    desk.wait(lambda: "Recording saved" in desk.window.live.status.text())

    assert not desk.window.live.is_running


def _ask(desk, number: int) -> WhoPanel:
    view = desk.window.live.transcript
    line = list(view.model().lines())[number]
    passage = view.model().row(view.model().row_of(line.segment_id)).passage_with(line.segment_id)
    view.speaker_clicked.emit(passage, QRect(200, 200, 1, 1))
    return desk.window.live.findChildren(WhoPanel)[-1]


def test_a_voice_is_named_while_the_meeting_runs(desk):
    live = desk.start_recording()
    live.play_until(60.0)
    desk.wait(lambda: len(_texts(desk)) > 3)
    desk.library.transcripts[live.meeting_id] = made.transcript(made.meeting(live.meeting_id, "M"))

    panel = _ask(desk, 0)
    panel.name.setText("Dana")
    panel.name.returnPressed.emit()

    desk.wait(lambda: desk.library.transcript(live.meeting_id).label_of("S1") == "Dana")


def test_what_cannot_be_corrected_while_it_runs_is_said(desk):
    live = desk.start_recording()
    live.play_until(60.0)
    desk.wait(lambda: len(_texts(desk)) > 3)

    panel = _ask(desk, 0)
    panel.name.setText("Dana")
    panel.name.returnPressed.emit()

    desk.wait(lambda: any("not in the library" in text for text in desk.window.banners.texts))


def test_a_finished_meeting_does_not_pull_the_user_away(desk):
    live = desk.start_recording()
    desk.window.live.stop()
    desk.wait(lambda: live.is_stopped)
    desk.open()

    live.finish()
    desk.wait(lambda: any(m.meeting.title == "Stand-up" for m in desk.window.library.meetings))

    assert desk.window.review.document.meeting_id == MeetingId("m0000001")


def test_a_refused_start_is_a_banner_and_the_set_up_comes_back(desk):
    desk.recording.failure = KnownError("The microphone is gone. Choose another one.")
    setup = desk.window.live.setup
    desk.window.show_live()
    desk.wait(lambda: setup.choosers[StreamId.MIC].count() > 1)

    setup.record.click()
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert desk.window.banners.texts == ("The microphone is gone. Choose another one.",)
    assert desk.window.live.currentWidget() is setup
    assert not desk.window.live.is_running


def test_an_engine_fault_and_a_notice_are_banners_while_recording_goes_on(desk):
    live = desk.start_recording()
    report = ErrorReport(
        severity=Severity.ERROR,
        category=Category.ENGINE,
        stage="asr",
        user_text="Captions paused. The recording goes on.",
    )

    live.emit(
        Failed(meeting_id=live.meeting_id, t=1, report=report),
        made.notice(live.meeting_id, "System audio is silent."),
    )
    desk.wait(lambda: len(desk.window.banners.texts) == 2)

    assert desk.window.banners.texts == (report.user_text, "System audio is silent.")
    assert desk.window.live.is_running


def test_closing_while_recording_asks_and_cancel_keeps_recording(desk):
    live = desk.start_recording()

    desk.window.close()
    desk.press(desk.open_box(), "Cancel")

    assert desk.window.isVisible()
    assert desk.window.live.is_running
    assert not live.is_stopped


def _has_tray(monkeypatch) -> None:
    """As on a desktop with a tray; the display of the tests has none to show an icon in."""
    monkeypatch.setattr(Tray, "is_available", True)


def test_closing_keeps_recording_in_the_tray_and_says_so_once(desk, monkeypatch):
    window = desk.window
    live = desk.start_recording()
    _has_tray(monkeypatch)

    window.close()
    box = desk.open_box()
    assert "from now on" in box.informativeText()
    desk.press(box, "Keep recording in the tray")
    assert not window.isVisible()
    window.come_back()
    window.close()

    assert not window.isVisible()
    assert not [b for b in window.findChildren(QMessageBox) if b.isVisible()]
    assert window.live.is_running
    assert not live.is_stopped


def test_quitting_asks_although_closing_keeps_recording(desk, monkeypatch):
    window = desk.window
    desk.start_recording()
    _has_tray(monkeypatch)
    window.close()
    desk.press(desk.open_box(), "Keep recording in the tray")

    window.kit.actions[Do.QUIT].trigger()
    monkeypatch.setattr(Tray, "is_available", False)  # nothing may try to show an icon
    with desk.qtbot.waitSignal(window.quit_wanted, timeout=20_000):
        desk.press(desk.open_box(), "Stop and close")

    assert window.memory.value("window/closing-keeps-recording") == "false"


def test_stop_and_close_saves_first(desk):
    live = desk.start_recording()
    quits = []
    desk.window.quit_wanted.connect(lambda: quits.append(live.is_stopped))

    desk.window.close()
    desk.press(desk.open_box(), "Stop and close")
    desk.wait(lambda: bool(quits))

    assert quits == [True]


def test_closing_without_a_recording_closes(desk):
    with desk.qtbot.waitSignal(desk.window.quit_wanted):
        desk.window.close()


def test_the_sample_plays_through_the_importer_at_the_pace_of_the_clock(desk):
    desk.window.play_sample()
    desk.wait(lambda: any("optional" in text for text in _texts(desk)))

    request = desk.transcribing.requests[0]
    assert request.is_realtime
    assert [path.name for path in request.inputs.values()] == ["mic.flac", "system.flac"]
    assert set(request.inputs) == {StreamId.MIC, StreamId.SYSTEM}
    desk.transcribing.allow(4)
    desk.wait(lambda: desk.window.pages.currentWidget() is desk.window.review)


def test_a_refused_sample_leaves_one_banner_and_the_set_up(desk):
    desk.transcribing.failure = KnownError("The sample meeting is missing. Install it again.")

    desk.window.play_sample()
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert desk.window.banners.texts == ("The sample meeting is missing. Install it again.",)
    assert desk.window.live.currentWidget() is desk.window.live.setup


def _actions(desk):
    return [desk.window.kit.actions[do] for do in (Do.PAUSE, Do.OFF_RECORD, Do.MARK)]


def test_a_meeting_is_paused_and_goes_on_from_the_window(desk):
    assert not any(action.isEnabled() for action in _actions(desk))
    live = desk.start_recording()
    pause, off_record, _ = _actions(desk)
    page = desk.window.live

    off_record.trigger()
    desk.wait(lambda: page.held.isVisible())
    held = live.hold

    assert held is not None
    assert held.reason is HoldReason.OFF_RECORD
    assert page.held.text() == "Off the record: nothing is recorded"
    assert (pause.isChecked(), off_record.isChecked()) == (False, True)
    off_record.trigger()
    desk.wait(lambda: not page.held.isVisible())
    assert live.hold is None
    assert not off_record.isChecked()
    model = page.transcript.model()
    asides = [model.row(n).aside for n in range(model.rowCount())]
    assert [aside for aside in asides if aside is not None] == [replace(held, end=held.start + 1)]


def test_a_marker_takes_the_moment_it_was_asked_for_and_a_note(desk):
    live = desk.start_recording()
    live.play_until(8.0)
    *_, mark = _actions(desk)
    bar = desk.window.live.marker_bar

    mark.trigger()
    live.play_until(9.0)
    desk.qtbot.keyClicks(bar.note, "the decision")
    desk.qtbot.keyClick(bar.note, Qt.Key.Key_Return)
    mark.trigger()
    desk.qtbot.keyClick(bar.note, Qt.Key.Key_Escape)

    model = desk.window.live.transcript.model()
    desk.wait(lambda: any(model.row(n).aside is not None for n in range(model.rowCount())))
    asides = [model.row(n).aside for n in range(model.rowCount())]
    assert [aside for aside in asides if aside is not None] == [
        Marker(at=8 * 16_000, note="the decision")
    ]
    assert not bar.isVisible()


def test_a_marker_being_typed_is_kept_when_the_meeting_stops(desk):
    live = desk.start_recording()
    *_, mark = _actions(desk)

    mark.trigger()
    desk.qtbot.keyClicks(desk.window.live.marker_bar.note, "almost")
    desk.window.live.stop()
    desk.wait(lambda: live.is_stopped)

    model = desk.window.live.transcript.model()
    desk.wait(lambda: model.rowCount() > 0)
    assert model.row(0).aside == Marker(at=0, note="almost")
    assert not any(action.isEnabled() for action in _actions(desk))


def test_what_the_header_remarks_takes_no_room_from_the_list(desk):
    window = desk.window
    window.resize(900, 600)
    desk.start_recording()
    before_px = window.library.width()
    window.live._show_delay(2.0, 2.8)
    window.live._show_lag(12.6)

    window.kit.actions[Do.PAUSE].trigger()
    desk.wait(window.live.held.isVisible)

    assert not window.live.delay.isVisible()
    assert window.library.width() == before_px
    desk.wait(lambda: not any(meter.isVisible() for meter in window.live.meters.values()))
    window.kit.actions[Do.PAUSE].trigger()
    desk.wait(lambda: any(meter.isVisible() for meter in window.live.meters.values()))
