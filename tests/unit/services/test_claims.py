from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import psutil
import pytest

from app.domain.ids import MeetingId, StreamId
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.units import Span
from app.services.claims import (
    CLAIM_NAME,
    adopt_orphans,
    claim,
    expected_streams,
    is_claimed,
    release,
)
from tests.fakes.audio import repair, tone, write_audio
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit

M = MeetingId("m")


@pytest.fixture
def orphan(program):
    """A meeting of a process that is gone; returns its folder."""

    def make(state=MeetingState.RECORDING, source=MeetingSource.RECORDING, seconds=2.0):
        folder = program.paths.recordings_dir / M
        folder.mkdir(parents=True)
        program.library.meetings.create(
            Meeting(
                meeting_id=M,
                title="Talk",
                started_at=datetime(2026, 1, 1, tzinfo=UTC),
                state=state,
                source=source,
                streams=expected_streams(folder, {StreamId.MIC: "Desk microphone"}),
            )
        )
        if seconds:
            write_audio(folder / "mic.s16", tone(seconds))
        (folder / CLAIM_NAME).write_text("999999999 1.0\n")
        return folder

    return make


def test_a_claim_holds_while_its_process_lives(tmp_path):
    assert not is_claimed(tmp_path)
    claim(tmp_path / "new")
    assert is_claimed(tmp_path / "new")

    release(tmp_path / "new")
    release(tmp_path / "new")

    assert not is_claimed(tmp_path / "new")


def test_the_claim_of_another_process_ends_with_it(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = psutil.Process(child.pid).create_time()
    (tmp_path / CLAIM_NAME).write_text(f"{child.pid} {started:.3f}\n")
    assert is_claimed(tmp_path)
    (tmp_path / CLAIM_NAME).write_text(f"{child.pid} {started - 1000:.3f}\n")
    assert not is_claimed(tmp_path), "another process has the number by now"

    child.communicate(b"\n")

    assert not is_claimed(tmp_path)


def test_a_dead_process_with_our_own_number_claims_nothing(tmp_path):
    """In a container or a sandbox every start may get the same number."""
    started = psutil.Process().create_time()

    (tmp_path / CLAIM_NAME).write_text(f"{os.getpid()} {started - 1000:.3f}\n")

    assert not is_claimed(tmp_path)


def test_an_unreadable_claim_is_none(tmp_path):
    (tmp_path / CLAIM_NAME).write_text("what")

    assert not is_claimed(tmp_path)


def test_a_recording_of_a_dead_process_is_pending_with_what_reached_the_disk(program, orphan):
    folder = orphan()

    (meeting,) = adopt_orphans(program.core, repair)

    assert (meeting.state, meeting.duration_s) == (MeetingState.RECORDED, 2.0)
    (info,) = meeting.streams
    assert (info.device, info.sample_count) == ("Desk microphone", 32_000)
    assert not (folder / CLAIM_NAME).exists()


def test_what_a_dead_recorder_had_lost_is_marked_in_the_transcript(program, orphan):
    orphan()
    lost = Span(8_000, 24_000)

    adopt_orphans(
        program.core, lambda folder: tuple(replace(i, lost=(lost,)) for i in repair(folder))
    )

    (gap,) = program.library.transcripts.transcript(M).gaps
    assert (gap.stream, gap.span, gap.is_recorded) == (StreamId.MIC, lost, False)


def test_an_unfinished_final_pass_is_pending(program, orphan):
    orphan(state=MeetingState.REFINING)

    (meeting,) = adopt_orphans(program.core, repair)

    assert meeting.state is MeetingState.RECORDED


def test_an_import_without_text_is_removed(program, orphan):
    folder = orphan(source=MeetingSource.FILE)

    assert adopt_orphans(program.core, repair) == ()
    assert program.library.records == {}
    assert not folder.exists()


def test_an_import_with_text_is_kept(program, orphan):
    orphan(source=MeetingSource.FILE)
    program.library.transcripts.apply(M, patch(segment("a", "hello")))

    assert len(adopt_orphans(program.core, repair)) == 1


def test_a_recording_without_audio_is_removed(program, orphan):
    orphan(seconds=0)

    assert adopt_orphans(program.core, repair) == ()
    assert program.library.records == {}


def test_a_meeting_that_is_worked_on_is_left_alone(program, orphan):
    claim(orphan())

    assert adopt_orphans(program.core, repair) == ()
    assert program.library.meetings.get(M).state is MeetingState.RECORDING


def test_finished_meetings_are_left_alone(program, orphan):
    orphan(state=MeetingState.DONE)

    assert adopt_orphans(program.core, repair) == ()
