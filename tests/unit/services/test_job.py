from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from app.domain.errors import Cancelled, Category, KnownError
from app.domain.ids import MeetingId, StreamId
from app.domain.meeting import Meeting, MeetingSource, MeetingState
from app.domain.session import ModelChoice, OperatingPoint
from app.services.claims import is_claimed
from app.services.events import Failed, Noticed
from app.services.job import Hints, MeetingJob
from tests.fakes.audio import FakeCapture, FakeSpool, tone
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit

M = MeetingId("m")


@pytest.fixture
def make_job(program):
    program.library.meetings.create(
        Meeting(
            meeting_id=M,
            title="Talk",
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            state=MeetingState.RECORDING,
            source=MeetingSource.RECORDING,
        )
    )

    def make(recognise=lambda meeting_id: None):
        hints = Hints(language="en", models=ModelChoice())
        meeting = program.library.meetings.get(M)
        return MeetingJob(program.core, meeting, hints, program.listen, recognise=recognise)

    return make


@pytest.fixture
def capture(program):
    spool = FakeSpool(program.paths.recordings_dir / M / "mic.s16")
    spool.append(tone(1.0))
    return FakeCapture({StreamId.MIC: spool}, {StreamId.MIC: "desk"})


def test_the_folder_is_claimed_until_the_job_is_finished(program, make_job):
    job = make_job()
    job.describe()
    assert is_claimed(job.folder)

    job.finish()

    assert not is_claimed(job.folder)


def test_waiting_for_decoding_ends_when_every_source_is_closed(make_job, capture):
    job = make_job()
    capture.stop()

    job.wait_decoded(capture.sources())


def test_waiting_for_decoding_can_be_cancelled(make_job, capture):
    job = make_job()
    job.cancel.set()

    with pytest.raises(Cancelled):
        job.wait_decoded(capture.sources())


def test_a_final_pass_outranks_text_that_was_withdrawn(program, make_job, capture):
    partial = segment("a", "hel", is_final=False, revision=70)
    program.engine.live = [MODELS, patch(partial)]
    job = make_job()
    session = job.open_live(capture.sources(), OperatingPoint.LIVE, is_realtime=True)
    capture.stop()
    job.wait_live(session)
    job.store_audio(capture)

    job.refine()

    assert program.engine.jobs[0].config.revision_base == 72


def test_an_engine_that_ends_without_a_word_is_an_error(program, make_job, capture):
    program.engine.live = []
    job = make_job()
    session = job.open_live(capture.sources(), OperatingPoint.LIVE, is_realtime=True)
    capture.stop()

    with pytest.raises(KnownError, match="before its models were loaded"):
        job.wait_live(session)


def test_a_cancelled_session_is_stopped(program, make_job, capture):
    job = make_job()
    session = job.open_live(capture.sources(), OperatingPoint.LIVE, is_realtime=True)
    job.cancel.set()

    with pytest.raises(Cancelled):
        job.wait_live(session)

    assert session.is_cancelled
    assert session.wait(5)


def test_an_interrupted_final_pass_leaves_the_meeting_recorded(program, make_job, capture):
    def interrupt(cancel: threading.Event):
        raise KeyboardInterrupt

    program.engine.on_refine = interrupt
    job = make_job()
    job.store_audio(capture)

    with pytest.raises(KeyboardInterrupt):
        job.refine()

    assert program.library.meetings.get(M).state is MeetingState.RECORDED


def test_voices_that_cannot_be_looked_for_are_a_notice(program, make_job):
    def fail(meeting_id):
        raise KnownError("No engine.", category=Category.ENGINE)

    make_job(fail).name_enrolled()

    assert "No engine." in program.events_of(Noticed)[0].notice.text


def test_a_failure_that_was_reported_is_not_reported_again(program, make_job):
    job = make_job()
    error = KnownError("It broke.", category=Category.ENGINE)

    job.report(error, stage="engine")
    job.follower.on_error(program.events_of(Failed)[0].report)
    job.follower.failure = program.events_of(Failed)[0].report
    job.report(error, stage="engine")

    assert len(program.events_of(Failed)) == 2
