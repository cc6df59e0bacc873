from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import Cancelled, Category, ErrorReport, KnownError, Severity
from app.domain.ids import SpeakerId, StreamId
from app.domain.meeting import MeetingState
from app.domain.messages import CorrectionReason, Notice, NoticeKind
from app.domain.selection import whole_lines
from app.domain.session import OperatingPoint, Part
from app.domain.sidecar import read_sidecar
from app.domain.units import Span
from app.domain.vocabulary import VocabularyTerm
from app.services.claims import claim, is_claimed
from app.services.events import (
    Failed,
    Finished,
    Noticed,
    Progressed,
    Started,
    StateChanged,
    TranscriptChanged,
)
from app.services.transcribing import TranscribeRequest, default_title
from tests.fakes.audio import write_audio
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit


def request_for(tmp_path, **fields):
    return TranscribeRequest(inputs={StreamId.MIX: write_audio(tmp_path / "talk.wav")}, **fields)


@pytest.mark.parametrize(
    ("is_realtime", "without", "loaded"),
    [(True, (), 1), (True, (Part.PRELOADING,), 0), (False, (), 0)],
)
def test_the_clock_starts_when_the_models_are_loaded(
    program, tmp_path, is_realtime, without, loaded
):
    request = request_for(
        tmp_path, is_realtime=is_realtime, without=frozenset(without), language="de"
    )

    program.context.transcribing.transcribe(request, program.listen)

    assert [job.language for job in program.engine.checked] == ["de"] * loaded


def test_a_file_goes_through_the_final_pass_only(program, tmp_path):
    program.engine.final = [MODELS, patch(segment("a", "hello there"))]

    meeting_id = program.context.transcribing.transcribe(request_for(tmp_path), program.listen)

    meeting = program.library.meetings.get(meeting_id)
    assert meeting.state is MeetingState.DONE
    assert (meeting.title, meeting.point, meeting.duration_s) == ("talk", "final", 1.0)
    assert program.engine.configs == []
    assert program.engine.jobs[0].sample_counts == {StreamId.MIX: 16_000}
    (started,) = program.events_of(Started)
    assert (started.streams, started.point) == (("mix",), OperatingPoint.FINAL)
    assert [e.state.value for e in program.events_of(StateChanged)] == [
        "recording",
        "recorded",
        "refining",
        "done",
    ]
    assert {e.step for e in program.events_of(Progressed)} == {"decoding", "refining"}
    assert isinstance(program.events[-1], Finished)
    assert program.events[-1].segment_count == 1


def test_a_file_at_another_point_goes_through_the_live_path_only(program, tmp_path):
    program.engine.live = [MODELS, patch(segment("a", "hello"))]

    meeting_id = program.context.transcribing.transcribe(
        request_for(tmp_path, point=OperatingPoint.LIVE), program.listen
    )

    (config,) = program.engine.configs
    assert (config.point, config.is_realtime) == (OperatingPoint.LIVE, False)
    assert program.engine.jobs == []
    assert program.library.meetings.get(meeting_id).state is MeetingState.DONE


@pytest.mark.parametrize(
    ("point", "live_point", "is_refined"),
    [
        (None, OperatingPoint.BALANCED, True),
        (OperatingPoint.FINAL, OperatingPoint.BALANCED, True),
        (OperatingPoint.ACCURATE, OperatingPoint.ACCURATE, False),
    ],
)
def test_realtime_uses_the_live_path_and_refines_unless_a_point_is_named(
    program, tmp_path, point, live_point, is_refined
):
    program.engine.live = [MODELS, patch(segment("a", "hello"))]
    program.engine.final = [MODELS, patch(segment("a", "hallo", revision=9))]

    meeting_id = program.context.transcribing.transcribe(
        request_for(tmp_path, point=point, is_realtime=True), program.listen
    )

    (config,) = program.engine.configs
    assert (config.point, config.is_realtime) == (live_point, True)
    assert bool(program.engine.jobs) is is_refined
    if is_refined:
        assert [s.segment_id for s in program.engine.jobs[0].live_segments] == ["a"]
    (only,) = program.library.transcripts.transcript(meeting_id).segments
    assert only.words[0].text == ("hallo" if is_refined else "hello")
    assert len(program.events_of(Started)) == 1


def test_a_meetings_own_terms_come_before_the_general_ones_and_stay_with_it(program, tmp_path):
    general = program.context.vocabulary
    general.save("Ada\ncrosstalk: cross dock\n???\n")
    own = (VocabularyTerm(text="Crosstalk", sounds_like=("cross talk",)),)

    meeting_id = program.context.transcribing.transcribe(
        request_for(tmp_path, vocabulary=own), program.listen
    )
    general.save("Ada\nGrace\n")
    program.context.transcribing.refine(meeting_id, program.listen)

    first, second = (job.config.vocabulary for job in program.engine.jobs)
    assert first == (*own, VocabularyTerm(text="Ada"))
    assert second == (*own, VocabularyTerm(text="Ada"), VocabularyTerm(text="Grace"))
    told = [noticed.notice.text for noticed in program.events_of(Noticed)]
    (complaint,) = [text for text in told if text.startswith("Your vocabulary")]
    assert complaint.startswith("Your vocabulary: left out line 3,")


def test_a_vocabulary_that_is_no_text_stops_nothing(program, tmp_path):
    program.context.paths.data_dir.mkdir(parents=True, exist_ok=True)
    program.context.paths.vocabulary_file.write_bytes(b"\xff\xfe\x00\x81")

    program.context.transcribing.transcribe(request_for(tmp_path), program.listen)

    assert program.engine.jobs[0].config.vocabulary == ()
    assert any("UTF-8" in notice.notice.text for notice in program.events_of(Noticed))


def test_the_engine_gets_every_hint(program, tmp_path):
    from app.domain.session import ModelChoice, SpeakerRange

    models = ModelChoice(asr_partial="whisper-base")

    program.context.transcribing.transcribe(
        request_for(
            tmp_path,
            language="de",
            speakers=SpeakerRange(minimum=2, maximum=3),
            vocabulary=(VocabularyTerm(text="Crosstalk"),),
            models=models,
        ),
        program.listen,
    )

    config = program.engine.jobs[0].config
    assert (config.language, config.models) == ("de", models)
    assert config.vocabulary == (VocabularyTerm(text="Crosstalk"),)
    assert config.speakers == SpeakerRange(minimum=2, maximum=3)


def test_partials_are_events_but_not_stored_and_are_withdrawn_at_the_end(program, tmp_path):
    half = segment("b", "half a", start_s=3, is_final=False, revision=4)
    program.engine.live = [MODELS, patch(segment("a", "whole"), half)]

    meeting_id = program.context.transcribing.transcribe(
        request_for(tmp_path, is_realtime=True, point=OperatingPoint.LIVE), program.listen
    )

    changes = [u for e in program.events_of(TranscriptChanged) for u in e.updates]
    assert half in changes
    withdrawn = [u for u in changes if u.segment_id == "b"][-1]
    assert withdrawn.is_retracted
    assert withdrawn.revision == 5
    stored = program.library.transcripts.transcript(meeting_id).segments
    assert [s.segment_id for s in stored] == ["a"]


def test_a_restarted_engine_withdraws_the_partials_of_the_lost_one(program, tmp_path):
    half = segment("b", "half", is_final=False)
    again = segment("b", "half again", revision=1_000)
    program.engine.live = [MODELS, patch(half), MODELS, patch(again)]

    meeting_id = program.context.transcribing.transcribe(
        request_for(tmp_path, is_realtime=True, point=OperatingPoint.LIVE), program.listen
    )

    changes = [
        (len(u.words), u.status.value)
        for e in program.events_of(TranscriptChanged)
        for u in e.updates
    ]
    assert changes == [(1, "partial"), (0, "final"), (2, "final")]
    assert len(program.library.transcripts.transcript(meeting_id).segments) == 1
    assert len(program.events_of(Started)) == 1


def test_events_carry_the_speakers_of_partial_text_too(program, tmp_path):
    program.engine.live = [
        MODELS,
        patch(segment("a", "one", track="S1")),
        patch(segment("b", "two", track="S2", is_final=False)),
    ]

    program.context.transcribing.transcribe(
        request_for(tmp_path, is_realtime=True, point=OperatingPoint.LIVE), program.listen
    )

    labels = [[s.label for s in e.speakers] for e in program.events_of(TranscriptChanged)]
    assert labels[:2] == [["Speaker 1"], ["Speaker 1", "Speaker 2"]]


def test_time_counts_from_the_first_sample(program, tmp_path):
    def wait_a_while(cancel):
        program.clock.advance(7.5)

    program.clock.advance(50)
    program.engine.on_refine = wait_a_while

    program.context.transcribing.transcribe(request_for(tmp_path), program.listen)

    assert program.events[0].t == 0.0
    assert program.events[-1].t == 7.5
    assert program.events[-1].wall_s == 7.5


@pytest.mark.parametrize(
    ("content", "part"),
    [(None, "does not exist"), (b"", "is empty"), (b"not audio", "not audio")],
)
def test_unreadable_input_leaves_no_meeting(program, tmp_path, content, part):
    path = tmp_path / "talk.wav"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(KnownError, match=part):
        program.context.transcribing.transcribe(
            TranscribeRequest(inputs={StreamId.MIX: path}), program.listen
        )

    assert program.library.records == {}
    assert not program.paths.recordings_dir.exists()


@pytest.mark.parametrize("is_realtime", [True, False])
def test_a_silent_file_leaves_no_meeting(program, tmp_path, is_realtime):
    silent = write_audio(tmp_path / "silent.wav", np.zeros(16_000, dtype=np.float32))

    with pytest.raises(KnownError, match=r"silent\.wav holds only silence"):
        program.context.transcribing.transcribe(
            TranscribeRequest(inputs={StreamId.MIX: silent}, is_realtime=is_realtime),
            program.listen,
        )

    assert program.library.records == {}
    assert list(program.paths.recordings_dir.iterdir()) == []


def test_two_files_make_one_meeting_of_two_streams(program, tmp_path):
    inputs = {
        StreamId.MIC: write_audio(tmp_path / "mic.wav"),
        StreamId.SYSTEM: write_audio(tmp_path / "sys.wav"),
    }

    meeting_id = program.context.transcribing.transcribe(
        TranscribeRequest(inputs=inputs), program.listen
    )

    streams = program.library.meetings.get(meeting_id).streams
    assert [s.stream for s in streams] == [StreamId.MIC, StreamId.SYSTEM]


def test_a_file_that_breaks_off_while_decoding_leaves_no_meeting(program, tmp_path):
    program.files.stop_error = KnownError("talk.wav is cut off.")

    with pytest.raises(KnownError, match="cut off"):
        program.context.transcribing.transcribe(request_for(tmp_path), program.listen)

    assert program.library.records == {}


def test_missing_weights_are_told_before_a_meeting_is_made(program, tmp_path):
    program.weights.set_state("whisper-base", "missing")

    with pytest.raises(KnownError, match="crosstalk models fetch whisper-base") as caught:
        program.context.transcribing.transcribe(request_for(tmp_path), program.listen)

    assert caught.value.category is Category.MISSING_MODEL
    assert program.library.records == {}


def test_a_language_that_nobody_knows_is_refused_before_there_is_a_meeting(program, tmp_path):
    status = program.weights.statuses["whisper-base"]
    program.weights.statuses["whisper-base"] = replace(status, languages=("en", "de"))

    with pytest.raises(KnownError, match='does not know the language "xx"'):
        program.context.transcribing.transcribe(
            request_for(tmp_path, language="xx"), program.listen
        )

    assert program.library.records == {}


def left_by_a_dead_engine(program, tmp_path):
    """The meeting that a final pass which failed leaves pending."""
    program.engine.live = [MODELS, patch(segment("a", "hello"))]
    program.engine.refine_error = KnownError("The engine died.", category=Category.ENGINE)
    with pytest.raises(KnownError, match="engine died"):
        program.context.transcribing.transcribe(
            request_for(tmp_path, is_realtime=True), program.listen
        )
    (pending,) = program.context.transcribing.pending()
    return pending


def test_a_failed_final_pass_keeps_the_live_transcript_and_can_be_run_again(program, tmp_path):
    pending = left_by_a_dead_engine(program, tmp_path)

    assert pending.state is MeetingState.RECORDED
    assert len(program.library.transcripts.transcript(pending.meeting_id).segments) == 1
    assert isinstance(program.events[-1], Finished)
    program.engine.refine_error = None
    program.context.transcribing.refine(pending.meeting_id, program.listen)
    assert program.library.meetings.get(pending.meeting_id).state is MeetingState.DONE


def test_a_meeting_whose_live_text_is_being_completed_is_not_refined_meanwhile(program, tmp_path):
    pending = left_by_a_dead_engine(program, tmp_path)
    folder = program.paths.recordings_dir / pending.meeting_id

    claim(folder)

    assert program.context.transcribing.pending() == ()
    with pytest.raises(KnownError, match="being transcribed right now"):
        program.context.transcribing.refine(pending.meeting_id, program.listen)
    assert is_claimed(folder), "the claim is that of the other work"


def test_an_engine_that_fails_for_good_keeps_the_audio(program, tmp_path):
    report = ErrorReport(
        severity=Severity.FATAL,
        category=Category.ENGINE,
        stage="engine",
        user_text="The engine crashed three times.",
    )
    program.engine.live = [MODELS, report]

    with pytest.raises(KnownError, match="crashed three times"):
        program.context.transcribing.transcribe(
            request_for(tmp_path, point=OperatingPoint.LIVE), program.listen
        )

    (pending,) = program.context.transcribing.pending()
    assert pending.duration_s == 1.0
    assert [e.report for e in program.events_of(Failed)] == [report]


def test_cancelling_the_final_pass_keeps_the_meeting(program, tmp_path):
    cancel = threading.Event()
    program.engine.on_refine = lambda _: cancel.set()

    with pytest.raises(Cancelled):
        program.context.transcribing.transcribe(request_for(tmp_path), program.listen, cancel)

    (pending,) = program.context.transcribing.pending()
    assert pending.state is MeetingState.RECORDED
    assert isinstance(program.events[-1], Finished)


def test_cancelling_a_realtime_file_keeps_what_was_heard(program, tmp_path):
    cancel = threading.Event()
    program.files.holds_open = True
    program.engine.live = [MODELS, patch(segment("a", "hello"))]

    def cancel_at_the_first_words(event):
        program.listen(event)
        if isinstance(event, TranscriptChanged):
            cancel.set()

    with pytest.raises(Cancelled):
        program.context.transcribing.transcribe(
            request_for(tmp_path, is_realtime=True), cancel_at_the_first_words, cancel
        )

    assert program.engine.sessions[0].is_cancelled
    (pending,) = program.context.transcribing.pending()
    assert len(program.library.transcripts.transcript(pending.meeting_id).segments) == 1


def test_cancelling_while_decoding_leaves_no_meeting(program, tmp_path):
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(Cancelled):
        program.context.transcribing.transcribe(request_for(tmp_path), program.listen, cancel)

    assert program.library.records == {}


def test_the_sidecar_tells_enough_to_rebuild_the_meeting(program, tmp_path):
    meeting_id = program.context.transcribing.transcribe(request_for(tmp_path), program.listen)

    folder = program.paths.recordings_dir / meeting_id
    sidecar = read_sidecar(folder)
    assert (sidecar.meeting_id, sidecar.title) == (meeting_id, "talk")
    assert sidecar.streams[0].sample_count == 16_000
    assert sorted(p.name for p in folder.iterdir()) == ["meeting.json", "mix.s16"]


def test_notices_and_health_are_stored_and_reported(program, tmp_path):
    notice = Notice(kind=NoticeKind.BEHIND, text="behind")
    program.engine.final = [MODELS, notice, HEALTH, patch(segment("a", "hello"))]

    meeting_id = program.context.transcribing.transcribe(request_for(tmp_path), program.listen)

    assert program.library.records[meeting_id].notices == [notice]
    assert program.library.records[meeting_id].health == [HEALTH]
    assert program.events[-1].peak_rss_mb > HEALTH.rss_mb


def test_a_recording_without_speech_says_so(program, tmp_path):
    program.context.transcribing.transcribe(request_for(tmp_path), program.listen)

    assert [e.notice.kind for e in program.events_of(Noticed)] == [NoticeKind.NO_SPEECH]


def test_refine_locks_corrected_lines_and_reports_what_stands_first(program, tmp_path):
    program.engine.final = [MODELS, patch(segment("a", "hello", track="S1"))]
    meeting_id = program.context.transcribing.transcribe(request_for(tmp_path), program.listen)
    program.context.library.edit_text(meeting_id, "a", "Hello!")
    better = segment("a", "hollow", revision=9, reason=CorrectionReason.REFINE)
    program.engine.final = [MODELS, patch(better)]
    program.events.clear()

    program.context.transcribing.refine(meeting_id, program.listen)

    assert program.engine.jobs[-1].locked == {"a"}
    first = program.events_of(TranscriptChanged)[0]
    assert [u.words[0].text for u in first.updates] == ["hello"]
    transcript = program.library.transcripts.transcript(meeting_id)
    assert transcript.text_of(transcript.segments[0]) == "Hello!"


def test_a_part_is_refined_with_the_speakers_as_they_stand(program, tmp_path):
    program.engine.final = [MODELS, patch(segment("a", "hello", track="S1"))]
    meeting_id = program.context.transcribing.transcribe(request_for(tmp_path), program.listen)
    program.engine.final = [
        MODELS, patch(segment("a", "hollow", revision=9, reason=CorrectionReason.REFINE)),
    ]  # fmt: skip
    part = Span.from_seconds(0, 0.5)

    program.context.transcribing.refine(meeting_id, program.listen, part=part)

    job = program.engine.jobs[-1]
    line = job.live_segments[0].span
    assert job.part == whole_lines(job.live_segments, part)
    assert job.part.hull(line) == job.part
    assert [turn.track for turn in job.turns[StreamId.MIX]] == ["S1"]
    assert max(job.sample_counts.values()) <= job.part.end
    transcript = program.library.transcripts.transcript(meeting_id)
    assert transcript.segments[0].words[0].text == "hollow"
    assert transcript.meeting.state is MeetingState.DONE


def test_a_part_that_fails_leaves_the_meeting_done(program, tmp_path):
    program.engine.final = [MODELS, patch(segment("a", "hello"))]
    meeting_id = program.context.transcribing.transcribe(request_for(tmp_path), program.listen)
    program.engine.refine_error = KnownError("The engine died.", category=Category.ENGINE)

    with pytest.raises(KnownError, match="died"):
        program.context.transcribing.refine(
            meeting_id, program.listen, part=Span.from_seconds(0, 1)
        )

    assert program.library.meetings.get(meeting_id).state is MeetingState.DONE


def test_a_part_of_an_unfinished_meeting_is_refused(program, tmp_path):
    program.engine.refine_error = KnownError("The engine died.", category=Category.ENGINE)
    with pytest.raises(KnownError, match="died"):
        program.context.transcribing.transcribe(request_for(tmp_path), program.listen)
    (pending,) = program.context.transcribing.pending()

    with pytest.raises(KnownError, match="is not finished"):
        program.context.transcribing.refine(
            pending.meeting_id, program.listen, part=Span.from_seconds(0, 1)
        )


def test_refine_refuses_a_meeting_whose_audio_is_gone(program, tmp_path):
    meeting_id = program.context.transcribing.transcribe(request_for(tmp_path), program.listen)
    (program.paths.recordings_dir / meeting_id / "mix.s16").unlink()

    with pytest.raises(KnownError, match="not on this disk"):
        program.context.transcribing.refine(meeting_id, program.listen)

    assert program.library.meetings.get(meeting_id).state is MeetingState.DONE


def test_enrolled_voices_are_named_and_reported(program, tmp_path):
    program.engine.embeddings = {3276: (1.0, 0.0), 1638: (0.0, 1.0)}
    level = lambda value: np.full(32_000, value / 32767, dtype=np.float32)  # noqa: E731
    enrolled = write_audio(tmp_path / "ada.wav", level(3276))
    program.context.speakers.enroll("Ada", (enrolled,), has_consent=True)
    talk = write_audio(tmp_path / "talk.wav", level(3276))
    program.engine.final = [MODELS, patch(segment("a", "hello there"))]

    meeting_id = program.context.transcribing.transcribe(
        TranscribeRequest(inputs={StreamId.MIX: talk}), program.listen
    )

    (voice,) = program.library.transcripts.speakers(meeting_id)
    assert (voice.name, voice.source.value) == ("Ada", "enrolled")
    assert isinstance(voice.speaker_id, str)
    assert voice.speaker_id != SpeakerId("")
    assert program.events_of(TranscriptChanged)[-1].speakers == (voice,)


@pytest.mark.parametrize(
    ("files", "title"),
    [
        (["interview.wav"], "interview"),
        (["mix.flac"], "monday"),
        (["anna.flac", "remote.flac"], "monday"),
    ],
)
def test_default_title_takes_the_folder_where_the_file_says_nothing(
    files: list[str], title: str
) -> None:
    streams = [StreamId.MIC, StreamId.SYSTEM]
    inputs = {stream: Path("/talks/monday") / name for stream, name in zip(streams, files)}  # noqa: B905

    assert default_title(inputs) == title
