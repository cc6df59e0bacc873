from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.meeting import MeetingState
from app.domain.messages import NOT_RECORDED, Notice, NoticeKind, TranscriptGap
from app.domain.session import OperatingPoint
from app.domain.sidecar import read_sidecar
from app.domain.units import Span
from app.services.events import (
    Failed,
    Finished,
    HoldChanged,
    Marked,
    Noticed,
    StateChanged,
    TranscriptChanged,
)
from app.services.recording import RecordingRequest
from app.settings.schema import CaptureSettings, ModelSettings, TranscriptSettings
from tests.fakes.audio import tone
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit

BOTH = {StreamId.MIC: "default", StreamId.SYSTEM: "default"}


def start(program, **fields):
    request = RecordingRequest(**{"devices": BOTH, **fields})
    return program.context.recording.start(request, program.listen)


def test_a_recording_ends_stored_transcribed_and_refined(program):
    program.engine.live = [MODELS, patch(segment("a", "hello", stream=StreamId.MIC))]
    program.engine.final = [MODELS, patch(segment("a", "hallo", revision=5))]

    live = start(program, title="Standup")
    assert program.context.recording.current is live
    live.stop()
    assert live.wait(10)

    meeting = program.library.meetings.get(live.meeting_id)
    assert (meeting.title, meeting.state, meeting.duration_s) == ("Standup", MeetingState.DONE, 0.5)
    assert [info.sample_count for info in meeting.streams] == [8000, 8000]
    (only,) = program.library.transcripts.transcript(live.meeting_id).segments
    assert only.words[0].text == "hallo"
    assert program.context.recording.current is None
    assert isinstance(program.events[-1], Finished)
    assert [e.state.value for e in program.events_of(StateChanged)] == [
        "recording",
        "recorded",
        "refining",
        "done",
    ]


def test_the_models_of_a_coming_meeting_are_loaded_ahead(program):
    settings = program.settings_file.current
    program.settings_file.save(replace(settings, transcript=TranscriptSettings(language="de")))

    program.context.recording.prepare()

    (job,) = program.engine.warmed
    assert (job.language, job.models) == ("de", program.settings_file.current.model_choice)
    assert job.models_dir == program.context.paths.models_dir


def test_nothing_is_loaded_ahead_when_the_setting_or_a_meeting_forbids_it(program):
    live = start(program)
    program.context.recording.prepare()
    live.stop()
    assert live.wait(10)
    settings = program.settings_file.current
    program.settings_file.save(replace(settings, models=ModelSettings(is_preloaded=False)))
    program.context.recording.prepare()

    assert program.engine.warmed == []


def test_a_language_that_nobody_knows_is_refused_only_where_it_was_asked_for(program):
    status = program.weights.statuses["whisper-base"]
    program.weights.statuses["whisper-base"] = replace(status, languages=("en", "de"))
    with pytest.raises(KnownError, match='does not know the language "xx"'):
        start(program, language="xx")
    assert program.library.records == {}
    assert program.backend.captures == []

    settings = program.settings_file.current
    program.settings_file.save(replace(settings, transcript=TranscriptSettings(language="xx")))
    live = start(program)
    live.stop()

    assert live.wait(10)
    assert len(program.library.records) == 1, "a setting of old must not cost a recording"


def test_a_library_that_refuses_at_the_start_leaves_no_device_open(program, monkeypatch):
    def refuse(*_arguments):
        raise KnownError("The library is in use.", category=Category.LIBRARY)

    monkeypatch.setattr(program.library.meetings, "set_streams", refuse)

    with pytest.raises(KnownError, match="in use"):
        start(program)

    assert program.backend.captures[0].stop_count == 1
    assert program.library.records == {}
    assert program.context.recording.current is None


def test_stop_is_idempotent(program):
    live = start(program, wants_refine=False)

    live.stop()
    live.stop()
    assert live.wait(10)

    assert program.backend.captures[0].stop_count == 1
    assert len(program.events_of(Finished)) == 1


def test_without_a_refine_the_live_text_stands(program):
    live = start(program, point=OperatingPoint.LIVE, wants_refine=False)
    live.stop()
    assert live.wait(10)

    assert program.engine.configs[0].point is OperatingPoint.LIVE
    assert program.engine.configs[0].is_realtime
    assert program.engine.configs[0].is_level_evened
    assert program.engine.jobs == []
    meeting = program.library.meetings.get(live.meeting_id)
    assert (meeting.point, meeting.state) == ("live", MeetingState.DONE)


@pytest.mark.parametrize("is_headphones", [True, None])
def test_engine_is_told_of_headphones(program, is_headphones):
    program.backend.is_headphones = is_headphones

    live = start(program)
    live.stop()
    assert live.wait(10)

    assert program.engine.configs[0].has_headphones is is_headphones
    assert program.engine.jobs[0].config.has_headphones is is_headphones


def test_missing_weights_do_not_stop_a_recording(program):
    program.weights.set_state("whisper-base", "missing")

    live = start(program)
    program.backend.captures[0].spools[StreamId.MIC].append(tone(2.0))
    live.stop()
    assert live.wait(10)

    reports = [e.report for e in program.events_of(Failed)]
    assert reports[0].category is Category.MISSING_MODEL
    assert "crosstalk models fetch whisper-base" in reports[0].user_text
    (pending,) = program.context.transcribing.pending()
    assert (pending.meeting_id, pending.duration_s) == (live.meeting_id, 2.5)
    assert isinstance(program.events[-1], Finished)


def test_an_engine_that_does_not_start_does_not_stop_a_recording(program):
    program.engine.open_error = KnownError("No engine.", category=Category.ENGINE)

    live = start(program)
    live.stop()
    assert live.wait(10)

    assert "goes on without live text" in program.events_of(Failed)[0].report.user_text
    assert program.library.meetings.get(live.meeting_id).state is MeetingState.DONE


def test_a_failed_final_pass_is_reported_and_leaves_the_meeting_pending(program):
    program.engine.refine_error = KnownError("No memory.", category=Category.ENGINE)

    live = start(program)
    live.stop()
    assert live.wait(10)

    assert [e.report.user_text for e in program.events_of(Failed)] == ["No memory."]
    assert program.library.meetings.get(live.meeting_id).state is MeetingState.RECORDED


def test_a_device_that_cannot_be_opened_leaves_no_meeting(program):
    with pytest.raises(KnownError, match="no device"):
        start(program, devices={StreamId.MIC: "mic:other"})

    assert program.library.records == {}
    assert list(program.paths.recordings_dir.iterdir()) == []
    assert program.context.recording.current is None


def test_only_one_meeting_is_recorded_at_a_time(program):
    live = start(program, wants_refine=False)

    with pytest.raises(KnownError, match="already being recorded"):
        start(program)

    live.stop()
    assert live.wait(10)


def test_a_new_recording_stops_the_final_pass_of_the_one_before(program):
    program.engine.on_refine = lambda cancel: cancel.wait(10)
    first = start(program)
    first.stop()

    second = start(program, wants_refine=False)
    assert first.wait(10)
    second.stop()
    assert second.wait(10)

    assert program.library.meetings.get(first.meeting_id).state is MeetingState.RECORDED
    assert program.library.meetings.get(second.meeting_id).state is MeetingState.DONE


def test_a_full_disk_is_told_before_anything_is_recorded(program, monkeypatch):
    usage = shutil.disk_usage(program.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=900_000_000))

    with pytest.raises(KnownError, match=r"0\.9 GB free") as caught:
        start(program)

    assert caught.value.category is Category.DISK
    settings = program.settings_file.current
    program.settings_file.save(replace(settings, capture=CaptureSettings(minimum_free_gb=0.5)))
    live = start(program, wants_refine=False)
    live.stop()
    assert live.wait(10)


def test_nothing_to_record_is_refused(program):
    with pytest.raises(KnownError, match="choose a microphone"):
        start(program, devices={})


def test_levels_and_time_come_from_the_capture(program):
    live = start(program, wants_refine=False)

    assert live.levels_dbfs()[StreamId.MIC] == pytest.approx(-23, abs=1)
    assert live.elapsed().total_seconds() == 0.5
    live.stop()
    assert live.wait(10)


def test_notices_of_the_recorder_reach_the_listener_and_the_library(program):
    live = start(program, wants_refine=False)
    notice = Notice(kind=NoticeKind.DEVICE_LOST, text="unplugged", stream=StreamId.MIC)

    program.backend.on_notice(notice)
    live.stop()
    assert live.wait(10)

    assert notice in [e.notice for e in program.events_of(Noticed)]
    assert program.library.records[live.meeting_id].notices == [notice]


def test_moment_at_which_time_stood_still_is_marked_in_the_transcript(program):
    live = start(program, wants_refine=False)

    program.backend.on_notice(
        Notice(kind=NoticeKind.OTHER, text="The computer slept for 12 min.", marked_at=8_000)
    )
    live.stop()
    assert live.wait(10)

    mark = Marker(at=8_000, note="The computer slept for 12 min.")
    assert program.library.transcripts.transcript(live.meeting_id).markers == (mark,)
    assert [event.marker for event in program.events_of(Marked)] == [mark]


def test_what_was_not_recorded_is_a_gap_of_the_transcript(program, monkeypatch):
    program.engine.final = [MODELS, patch(segment("a", "hallo", revision=5))]
    live = start(program)
    (capture,) = program.backend.captures
    whole = capture.stop
    lost = (Span(1_000, 17_000),)
    monkeypatch.setattr(
        capture,
        "stop",
        lambda: tuple(
            replace(info, lost=lost if info.stream is StreamId.SYSTEM else ()) for info in whole()
        ),
    )

    live.stop()
    assert live.wait(10)

    reason = NOT_RECORDED[StreamId.SYSTEM]
    gap = TranscriptGap(stream=StreamId.SYSTEM, span=lost[0], reason=reason)
    assert program.library.transcripts.transcript(live.meeting_id).gaps == (gap,)
    assert [e.gaps for e in program.events_of(TranscriptChanged) if e.gaps] == [(gap,)]


THE_END = Notice(kind=NoticeKind.DISK, text="The disk is full.", ends_recording=True)


def test_a_recording_that_its_recorder_gave_up_is_finished(program):
    program.engine.final = [MODELS, patch(segment("a", "hallo", revision=5))]
    live = start(program)

    program.backend.on_notice(THE_END)

    assert live.wait(10)
    assert live.is_stopped
    assert program.context.recording.current is None
    assert program.library.meetings.get(live.meeting_id).state is MeetingState.DONE
    assert program.library.records[live.meeting_id].notices == [THE_END]


def test_what_a_recorder_that_gave_up_could_not_complete_is_told(program):
    live = start(program)
    program.backend.captures[0].stop_error = KnownError("Nothing fits.", category=Category.DISK)

    program.backend.on_notice(THE_END)

    assert live.wait(10)
    assert [e.report.user_text for e in program.events_of(Failed)] == ["Nothing fits."]
    assert isinstance(program.events[-1], Finished)
    assert program.context.recording.current is None


def test_end_of_an_earlier_recorder_leaves_the_meeting_that_runs(program):
    start(program, wants_refine=False).stop()
    late = program.backend.on_notice
    live = start(program, wants_refine=False)

    late(THE_END)

    assert not live.wait(0.2)
    assert program.context.recording.current is live
    live.stop()
    assert live.wait(10)


def test_a_running_recording_can_be_found_after_a_crash(program):
    live = start(program, wants_refine=False)

    sidecar = read_sidecar(program.paths.recordings_dir / live.meeting_id)

    assert [s.spool_path.name for s in sidecar.streams] == ["mic.s16", "system.s16"]
    assert all(s.spool_path.exists() for s in sidecar.streams)
    live.stop()
    assert live.wait(10)


def test_a_recorder_that_cannot_finish_a_file_says_so_and_ends(program):
    live = start(program)
    program.backend.captures[0].stop_error = KnownError("Disk full.", category=Category.DISK)

    with pytest.raises(KnownError, match="Disk full"):
        live.stop()

    assert live.wait(10)
    assert program.engine.jobs == []
    assert isinstance(program.events[-1], Finished)


def test_close_keeps_the_audio_and_gives_up_the_rest(program):
    program.engine.live = [MODELS, patch(segment("a", "hello", stream=StreamId.MIC))]
    live = start(program)
    assert program.engine.sessions[0].has_played.wait(10)

    program.context.recording.close()

    assert program.library.meetings.get(live.meeting_id).state is MeetingState.RECORDED
    assert program.events_of(TranscriptChanged)[0].updates[0].segment_id == "a"
    assert program.context.recording.current is None


def test_a_title_is_made_of_the_time(program):
    live = start(program, wants_refine=False)
    live.stop()
    assert live.wait(10)

    assert program.library.meetings.get(live.meeting_id).title.startswith("Meeting 2026-01-01")


def test_devices_are_listed(program):
    assert [d.key for d in program.context.recording.list_devices()] == [
        "mic:desk",
        "system:speakers",
    ]


def test_a_pause_is_held_stored_and_told(program):
    live = start(program, wants_refine=False)
    (capture,) = program.backend.captures

    assert live.resume() is None
    first = live.pause(HoldReason.OFF_RECORD)
    assert live.pause() == first == live.hold
    assert capture.held_from == first.start == 8000
    for spool in capture.spools.values():
        spool.append(tone(1.0))
    ended = live.resume()
    live.stop()
    assert live.wait(10)

    assert live.hold is None
    assert ended == Hold(start=8000, end=24_000, reason=HoldReason.OFF_RECORD)
    assert program.library.transcripts.transcript(live.meeting_id).holds == (ended,)
    assert [event.hold for event in program.events_of(HoldChanged)] == [first, ended]


def test_a_pause_is_never_empty(program):
    live = start(program, wants_refine=False)

    held = live.pause()
    ended = live.resume()
    live.stop()
    assert live.wait(10)

    assert ended.end == held.start + 1


def test_a_recording_stopped_while_paused_stays_held_to_its_end(program):
    live = start(program, wants_refine=False)

    held = live.pause()
    live.stop()
    assert live.resume() is None
    assert live.wait(10)

    transcript = program.library.transcripts.transcript(live.meeting_id)
    assert transcript.holds == (held,)


def test_a_library_that_refuses_does_not_undo_a_pause(program, monkeypatch):
    live = start(program, wants_refine=False)

    def refuse(meeting_id, hold):
        raise KnownError("The library cannot be written.", category=Category.LIBRARY)

    monkeypatch.setattr(program.library.meetings, "put_hold", refuse)
    live.pause()

    assert program.backend.captures[0].held_from is not None
    assert program.events_of(Failed)[0].report.category is Category.LIBRARY
    live.stop()
    assert live.wait(10)


def test_another_delay_is_asked_of_the_engine(program):
    live = start(program, wants_refine=False)

    live.use_point(OperatingPoint.ACCURATE)
    with pytest.raises(ValueError, match="final"):
        live.use_point(OperatingPoint.FINAL)
    live.stop()
    assert live.wait(10)

    assert program.engine.sessions[0].points == [OperatingPoint.ACCURATE]


def test_markers_are_stored_at_their_moment(program):
    live = start(program, wants_refine=False)

    marks = [live.mark(), live.mark("  the\n decision "), live.mark("late", at=123)]
    live.stop()
    assert live.wait(10)

    assert marks == [
        Marker(at=8000),
        Marker(at=8000, note="the decision"),
        Marker(at=123, note="late"),
    ]
    assert list(program.library.transcripts.transcript(live.meeting_id).markers) == marks
    assert [event.marker for event in program.events_of(Marked)] == marks
