from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, StreamId
from app.domain.meeting import Meeting, MeetingSource, MeetingState, StreamInfo
from app.services.claims import claim, release
from app.settings.schema import PrivacySettings
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit


@pytest.fixture
def add(program):
    def make(name, *, age_days, duration_s=60.0, state=MeetingState.DONE):
        meeting_id = MeetingId(name)
        folder = program.paths.recordings_dir / name
        folder.mkdir(parents=True)
        (folder / "mic.s16").write_bytes(b"\0" * 1000)
        stream = StreamInfo(
            stream=StreamId.MIC,
            device="mic",
            rate_hz=16_000,
            channels=1,
            spool_path=folder / "mic.s16",
            sample_count=500,
        )
        program.library.meetings.create(
            Meeting(
                meeting_id=meeting_id,
                title=name,
                started_at=program.clock.now() - timedelta(days=age_days, seconds=duration_s),
                state=state,
                source=MeetingSource.RECORDING,
                streams=(stream,),
                duration_s=duration_s,
            )
        )
        program.library.transcripts.apply(meeting_id, patch(segment(f"{name}-1", "kept words")))
        return meeting_id

    return make


@pytest.fixture
def keep(program):
    def set_rules(*, audio=0, meetings=0):
        rules = PrivacySettings(keep_audio_days=audio, keep_meetings_days=meetings)
        settings = replace(program.settings_file.current, privacy=rules)
        program.settings_file.save(settings)

    return set_rules


def titles(meetings):
    return [meeting.title for meeting in meetings]


def stored(program):
    return titles(summary.meeting for summary in program.context.library.list())


def test_nothing_is_ever_deleted_by_default(program, add):
    add("old", age_days=5000)

    assert program.context.retention.sweep().is_empty
    assert stored(program) == ["old"]
    assert (program.paths.recordings_dir / "old" / "mic.s16").exists()


def test_sweep_deletes_old_audio_and_keeps_its_text(program, add, keep):
    old, new = add("old", age_days=30.1), add("new", age_days=29.9)
    keep(audio=30)

    swept = program.context.retention.sweep()

    assert (titles(swept.audio), swept.meetings, swept.size_bytes) == (["old"], (), 1000)
    assert not (program.paths.recordings_dir / "old").exists()
    assert (program.paths.recordings_dir / "new" / "mic.s16").exists()
    transcript = program.context.library.transcript(old)
    assert (transcript.meeting.streams, transcript.meeting.duration_s) == ((), 60.0)
    assert [transcript.text_of(s) for s in transcript.segments] == ["kept words"]
    assert program.context.library.transcript(new).meeting.streams


def test_sweep_deletes_old_meetings_with_everything(program, add, keep):
    add("old", age_days=91), add("new", age_days=31)
    keep(audio=30, meetings=90)

    swept = program.context.retention.sweep()

    assert (titles(swept.meetings), titles(swept.audio)) == (["old"], ["new"])
    assert stored(program) == ["new"]
    assert not (program.paths.recordings_dir / "old").exists()


def test_looking_deletes_nothing_and_a_second_sweep_finds_nothing(program, add, keep):
    add("old", age_days=31)
    keep(audio=30)
    retention = program.context.retention

    assert titles(retention.due().audio) == ["old"]
    assert titles(retention.due().audio) == ["old"]
    assert titles(retention.sweep().audio) == ["old"]
    assert retention.sweep().is_empty


def test_age_counts_from_the_end_of_a_meeting(program, add, keep):
    add("long", age_days=0.9, duration_s=86_400.0)
    keep(audio=1)

    assert program.context.retention.due().is_empty


def test_audio_of_an_unfinished_transcript_waits_for_it(program, add, keep):
    add("pending", age_days=400, state=MeetingState.RECORDED)
    keep(audio=30)
    assert program.context.retention.sweep().is_empty

    keep(audio=30, meetings=365)

    assert titles(program.context.retention.sweep().meetings) == ["pending"]


@pytest.mark.parametrize("state", [MeetingState.RECORDING, MeetingState.REFINING])
def test_meeting_that_is_worked_on_is_never_swept(program, add, keep, state):
    meeting_id = add("busy", age_days=400, state=state)
    keep(audio=1, meetings=1)

    assert program.context.retention.sweep().is_empty
    with pytest.raises(KnownError, match="was not deleted"):
        program.context.retention.delete_audio(meeting_id)


def test_meeting_that_another_process_holds_is_left_alone(program, add, keep):
    add("held", age_days=400)
    keep(meetings=1)
    folder = program.paths.recordings_dir / "held"
    claim(folder)
    assert program.context.retention.sweep().is_empty

    release(folder)

    assert titles(program.context.retention.sweep().meetings) == ["held"]


def test_files_that_an_interrupted_sweep_left_are_taken_by_the_next(program, add, keep):
    meeting_id = add("old", age_days=31)
    keep(audio=30)
    program.library.meetings.set_streams(meeting_id, (), 60.0)

    assert titles(program.context.retention.sweep().audio) == ["old"]
    assert not (program.paths.recordings_dir / "old").exists()


def test_audio_deleted_by_hand_leaves_the_text_and_cannot_be_refined(program, add):
    meeting_id = add("today", age_days=0, state=MeetingState.RECORDED)

    assert program.context.retention.delete_audio(meeting_id) == 1000

    meeting = program.context.library.transcript(meeting_id).meeting
    assert (meeting.state, meeting.streams) == (MeetingState.DONE, ())
    with pytest.raises(KnownError, match="not on this disk any more"):
        program.context.transcribing.refine(meeting_id, program.listen)
    assert program.context.library.transcript(meeting_id).segments
