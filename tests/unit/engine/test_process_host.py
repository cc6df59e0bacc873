"""The host: feeding, restarting, jobs and the end."""

import gc
import threading
import weakref

import numpy as np
import pytest

from app.domain.errors import Cancelled, Category, ErrorReport, KnownError, Severity
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import Health, Notice, NoticeKind, TrackState, TranscriptPatch
from app.domain.session import CheckJob, EmbedJob, OperatingPoint, RefineJob
from app.domain.units import SESSION_RATE_HZ
from app.engine import process_host
from app.engine.process_host import REVISION_STEP
from app.engine.protocol import (
    FEED_AHEAD_S,
    Acknowledged,
    ActivityEnded,
    ActivityFailed,
    Beat,
    Cancel,
    EndOfStream,
    Feed,
    OpenSession,
    Patched,
    Progress,
    Reported,
    RunJob,
    SessionStarted,
    Shutdown,
    Teach,
    Told,
    UsePoint,
    first_sample,
)
from tests.fakes.clock import FakeClock
from tests.fakes.engine_process import die_at_once, serve_to_the_end
from tests.fakes.listener import WAIT_S, RecordingListener, make_config
from tests.fakes.spools import MemorySource, write_spool

pytestmark = pytest.mark.unit

SYSTEM, MIC = StreamId.SYSTEM, StreamId.MIC
AUDIO = np.zeros(SESSION_RATE_HZ, dtype=np.float32)


def run_session(host, audio=AUDIO, config=None):
    listener = RecordingListener()
    sources = {SYSTEM: MemorySource(audio)}
    session = host.open_session(config or make_config(), sources, listener)
    assert session.wait(WAIT_S)
    return listener


# --- sessions ---


def test_session_over_a_thread_engine_gives_the_transcript(make_host, models):
    host, _ = make_host(None)

    listener = run_session(host, models.script.samples)

    assert listener.text == models.script.text
    assert [track for track, _ in listener.turns] == ["S1", "S2", "S1"]
    assert listener.started == [models.used()]
    assert listener.errors == []


def test_what_listened_to_an_ended_session_is_let_go(make_host):
    host, _ = make_host(serve_to_the_end, serve_to_the_end)
    audio = np.zeros(1_600, dtype=np.float32)
    first = weakref.ref(run_session(host, audio))

    run_session(host, audio)

    for _ in range(100):  # the thread of the first session may take a moment to end
        gc.collect()
        if first() is None:
            break
        threading.Event().wait(0.05)
    assert first() is None


def test_audio_arrives_complete_and_in_order(make_host):
    audio = np.arange(40_001, dtype=np.float32) / 65_536
    host, engines = make_host(serve_to_the_end)

    run_session(host, audio)

    blocks = [c.block for c in engines.started[0].commands if isinstance(c, Feed)]
    np.testing.assert_array_equal(np.concatenate([b.samples for b in blocks]), audio)
    assert [b.span.start for b in blocks] == list(range(0, 40_001, 1_600))


def test_feed_never_runs_far_ahead(make_host):
    reached = []

    def hold_back(engine):
        engine.receive()
        position = 0
        while position < FEED_AHEAD_S * SESSION_RATE_HZ:
            command = engine.receive()
            position = command.block.span.end
        reached.append(engine.theirs.poll(0.3))
        engine.theirs.send(Acknowledged(SYSTEM, position))
        engine.receive_until(EndOfStream)
        engine.theirs.send(ActivityEnded())
        engine.receive()

    host, _ = make_host(hold_back)

    run_session(host, np.zeros(25 * SESSION_RATE_HZ, dtype=np.float32))

    assert reached == [False]


def test_events_reach_the_listener(make_host):
    notice = Notice(kind=NoticeKind.BEHIND, text="Captions lag.")
    report = ErrorReport(
        severity=Severity.ERROR, category=Category.ENGINE, stage="asr", user_text="Lost."
    )
    fatal = ErrorReport(
        severity=Severity.FATAL, category=Category.INTERNAL, stage="asr", user_text="Broken."
    )

    def talk(engine):
        engine.receive()
        for event in (
            SessionStarted(()),
            Told(notice),
            Reported(report),
            Reported(fatal),
            Beat(Health(lag_s=0.5, stages=(), rss_mb=1.0)),
            Beat(),
        ):
            engine.theirs.send(event)
        engine.receive_until(EndOfStream)
        engine.theirs.send(ActivityEnded())
        engine.receive()

    host, _ = make_host(talk)

    listener = run_session(host)

    assert listener.started == [()]
    assert listener.notices == [notice]
    assert listener.errors == [report]
    assert [health.lag_s >= 0.5 for health in listener.healths] == [True]


def test_what_the_user_says_reaches_the_engine_and_its_successor(make_host):
    heard = []

    def listen(engine):
        engine.receive()
        heard.append(engine.receive_until(Teach))
        engine.theirs.send(SessionStarted(()))

    def end(engine):
        listen(engine)
        engine.receive_until(EndOfStream)
        engine.theirs.send(ActivityEnded())
        engine.receive()

    host, _ = make_host(listen, end)
    listener = RecordingListener()
    source = MemorySource(AUDIO, limit=0)
    session = host.open_session(make_config(), {SYSTEM: source}, listener)

    session.teach({SegmentId("a"): TrackId("U1")})
    assert listener.wait_for(lambda: len(listener.started) == 2)
    source.release()
    assert session.wait(WAIT_S)

    assert heard == [Teach({SegmentId("a"): TrackId("U1")})] * 2


def test_another_point_reaches_the_engine_and_the_one_after_a_crash(make_host):
    heard = []

    def listen(engine):
        engine.receive_until(OpenSession)
        heard.append(engine.receive_until(UsePoint))
        engine.theirs.send(SessionStarted(()))

    def end(engine):
        listen(engine)
        engine.receive_until(EndOfStream)
        engine.theirs.send(ActivityEnded())
        engine.receive()

    host, _ = make_host(listen, end)
    listener = RecordingListener()
    source = MemorySource(AUDIO, limit=0)
    session = host.open_session(make_config(), {SYSTEM: source}, listener)

    session.use_point(OperatingPoint.LIVE)
    assert listener.wait_for(lambda: len(listener.started) == 2)
    source.release()
    assert session.wait(WAIT_S)

    assert heard == [UsePoint(OperatingPoint.LIVE)] * 2


def test_idle_engine_is_used_again(make_host, models):
    host, engines = make_host(None)

    run_session(host, models.script.samples[:16_000])
    run_session(host, models.script.samples[:16_000])

    assert len(engines.started) == 1


def test_models_loaded_ahead_are_found_by_the_session(make_host, tmp_path):
    may_end = threading.Event()

    def load_then_serve(engine):
        assert isinstance(engine.receive(), RunJob)
        assert may_end.wait(WAIT_S)
        engine.theirs.send(ActivityEnded())
        serve_to_the_end(engine)

    host, engines = make_host(load_then_serve)
    host.warm_up(CheckJob(models_dir=tmp_path))
    host.warm_up(CheckJob(models_dir=tmp_path))
    session = host.open_session(make_config(), {SYSTEM: MemorySource(AUDIO)}, RecordingListener())

    assert not session.wait(0.1)
    may_end.set()

    assert session.wait(WAIT_S)
    assert [type(command) for command in engines.started[0].commands[:2]] == [RunJob, OpenSession]
    assert len(engines.started) == 1


def test_models_that_cannot_be_loaded_ahead_stop_nobody(make_host, tmp_path):
    def fail(engine):
        engine.receive()
        engine.theirs.send(
            ActivityFailed("weights are missing", Category.MISSING_MODEL, is_known=True)
        )
        serve_to_the_end(engine)

    host, engines = make_host(fail)
    host.warm_up(CheckJob(models_dir=tmp_path))

    assert run_session(host).errors == []
    assert len(engines.started) == 1


def test_the_end_does_not_wait_for_models_that_load(make_host, tmp_path):
    is_loading = threading.Event()

    def load_for_ever(engine):
        engine.receive()
        is_loading.set()
        while not engine.is_killed:
            engine.theirs.poll(0.01)

    host, engines = make_host(load_for_ever)
    host.warm_up(CheckJob(models_dir=tmp_path))
    assert is_loading.wait(WAIT_S)

    host.close()

    assert engines.started[0].is_killed


def test_two_sessions_have_an_engine_each(make_host):
    host, engines = make_host(serve_to_the_end)
    held = MemorySource(AUDIO, limit=0)
    waiting = host.open_session(make_config(), {SYSTEM: held}, RecordingListener())

    run_session(host)
    held.release()

    assert waiting.wait(WAIT_S)
    assert len(engines.started) == 2


# --- crashes ---


def test_engine_that_dies_is_replaced_and_resumes(make_host):
    tracks = (TrackState(track=TrackId("S1"), total=(1.0, 0.0), speech_s=2.0),)

    def die_half_way(engine):
        engine.receive()
        engine.receive()
        patch = TranscriptPatch(processed_until={SYSTEM: 80_000})
        engine.theirs.send(Patched(patch, tracks))

    host, engines = make_host(die_half_way, serve_to_the_end)

    listener = run_session(host, np.zeros(6 * SESSION_RATE_HZ, dtype=np.float32))

    resumed = engines.started[1].commands[0]
    assert isinstance(resumed, OpenSession)
    assert resumed.config.resume_from == {SYSTEM: 80_000}
    assert resumed.config.revision_base == REVISION_STEP
    assert resumed.tracks == tracks
    assert listener.voices == tracks
    assert engines.started[1].commands[1].block.span.start == first_sample(resumed.config, SYSTEM)
    assert [n.kind for n in listener.notices] == [NoticeKind.ENGINE_RESTARTED]
    assert listener.errors == []
    assert engines.started[0].is_killed


def test_crashed_lane_costs_no_word(make_host, models, monkeypatch, caplog):
    calls = []
    whole = models.segmentation

    def fail_once(backend_id, *, threads=1):
        calls.append(backend_id)
        if len(calls) == 12:
            raise RuntimeError("segmentation is broken")
        return whole(backend_id)

    monkeypatch.setattr(models, "segmentation", fail_once)
    host, engines = make_host(None)

    listener = run_session(host, models.script.samples)

    assert listener.text == models.script.text
    assert len(engines.started) == 2
    assert [n.kind for n in listener.notices] == [NoticeKind.ENGINE_RESTARTED]
    assert listener.errors == []
    assert listener.transcript.processed_until == {SYSTEM: len(models.script.samples)}


def test_third_crash_in_five_minutes_ends_the_captions(make_host):
    host, engines = make_host(die_at_once)

    listener = run_session(host)

    assert len(engines.started) == 3
    assert len(listener.notices) == 2
    assert [e.severity for e in listener.errors] == [Severity.FATAL]
    assert "The recording goes on" in listener.errors[0].user_text


def test_rare_crashes_are_survived(make_host):
    clock = FakeClock()

    def die_after_an_hour(engine):
        engine.receive()
        clock.advance(3600.0)

    host, engines = make_host(*[die_after_an_hour] * 4, serve_to_the_end, clock=clock)

    listener = run_session(host)

    assert len(engines.started) == 5
    assert len(listener.notices) == 4
    assert listener.errors == []


def test_silent_engine_is_replaced(make_host, monkeypatch):
    monkeypatch.setattr(process_host, "SILENCE_LIMIT_S", 0.3)

    def hang(engine):
        engine.receive_until(Shutdown)

    host, engines = make_host(hang, serve_to_the_end)

    listener = run_session(host)

    assert len(engines.started) == 2
    assert [n.kind for n in listener.notices] == [NoticeKind.ENGINE_RESTARTED]


def test_missing_weights_end_the_session_with_their_sentence(make_host):
    def refuse(engine):
        engine.receive()
        engine.theirs.send(
            ActivityFailed("Weights are missing.", Category.MISSING_MODEL, is_known=True)
        )
        engine.receive_until(Shutdown)

    host, engines = make_host(refuse)

    listener = run_session(host)

    assert [(e.user_text, e.category) for e in listener.errors] == [
        ("Weights are missing.", Category.MISSING_MODEL)
    ]
    assert len(engines.started) == 1


def test_fault_in_the_listener_is_told_and_ends_the_session(make_host, models, caplog):
    host, _ = make_host(None)
    listener = RecordingListener()

    def fail(patch):
        raise RuntimeError("the window is broken")

    listener.on_patch = fail
    session = host.open_session(
        make_config(), {SYSTEM: MemorySource(models.script.samples)}, listener
    )

    assert session.wait(WAIT_S)
    assert listener.wait_for(lambda: bool(listener.errors))
    assert listener.errors[0].category is Category.INTERNAL


def test_unreadable_spool_is_told_and_ends_the_session(make_host, models, caplog):
    host, _ = make_host(None)
    listener = RecordingListener()
    source = MemorySource(models.script.samples)

    def fail(start, max_samples, timeout_s):
        raise OSError("the disk is gone")

    source.read = fail
    session = host.open_session(make_config(), {SYSTEM: source}, listener)

    assert session.wait(WAIT_S)
    assert "the disk is gone" in listener.errors[0].detail


# --- cancelling ---


def test_cancelled_session_ends_while_its_source_is_open(make_host, models):
    host, _ = make_host(None)
    held = MemorySource(models.script.samples, limit=16_000)
    listener = RecordingListener()
    session = host.open_session(make_config(), {SYSTEM: held}, listener)
    assert listener.wait_for(lambda: bool(listener.started))

    session.cancel()

    assert session.wait(0.0)
    assert listener.errors == []
    assert listener.notices == []


def test_session_cancelled_at_once_ends(make_host, models):
    host, _ = make_host(None)
    held = MemorySource(AUDIO, limit=0)

    session = host.open_session(make_config(), {SYSTEM: held}, RecordingListener())
    session.cancel()

    assert session.wait(0.0)


def test_closing_the_host_ends_sessions_and_engines(make_host, models):
    host, engines = make_host(None)
    session = host.open_session(
        make_config(), {SYSTEM: MemorySource(AUDIO, limit=0)}, RecordingListener()
    )

    is_over_before = session.wait(0.01)
    host.close()
    host.close()

    assert not is_over_before
    assert session.wait(0.0)
    assert all(engine.join(WAIT_S) for engine in engines.started)


# --- jobs ---


def refine(host, *, cancel=None, on_progress=None):
    listener = RecordingListener()
    job = RefineJob(config=make_config(), spools={}, sample_counts={})
    host.refine(
        job,
        listener,
        on_progress=on_progress or (lambda share, step: None),
        cancel=cancel or threading.Event(),
    )
    return listener


def test_refine_passes_progress_and_patches_on(make_host):
    patch = TranscriptPatch(processed_until={SYSTEM: 5})

    def work(engine):
        assert isinstance(engine.receive(), RunJob)
        for event in (SessionStarted(()), Progress(0.5, "half"), Patched(patch), ActivityEnded()):
            engine.theirs.send(event)
        engine.receive()

    host, _ = make_host(work)
    shares = []

    listener = refine(host, on_progress=lambda share, step: shares.append((share, step)))

    assert shares == [(0.5, "half")]
    assert listener.started == [()]
    assert listener.transcript.processed_until == {SYSTEM: 5}


def test_cancelled_job_raises_cancelled(make_host):
    def obey(engine):
        engine.receive()
        assert isinstance(engine.receive(), Cancel)
        engine.theirs.send(
            ActivityFailed("Stopped.", Category.ENGINE, is_known=True, is_cancelled=True)
        )
        engine.receive()

    host, _ = make_host(obey)
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(Cancelled, match=r"Stopped\."):
        refine(host, cancel=cancel)


@pytest.mark.parametrize(
    ("is_known", "sentence"), [(True, "^No weights.$"), (False, "engine failed.*No weights")]
)
def test_failed_job_raises_a_plain_sentence(make_host, is_known, sentence):
    def fail(engine):
        engine.receive()
        engine.theirs.send(ActivityFailed("No weights.", Category.INTERNAL, is_known=is_known))
        engine.receive()

    host, _ = make_host(fail)

    with pytest.raises(KnownError, match=sentence):
        refine(host)


def test_job_whose_engine_dies_says_so(make_host):
    host, _ = make_host(die_at_once)

    with pytest.raises(KnownError, match="stopped unexpectedly") as caught:
        refine(host)

    assert caught.value.category is Category.ENGINE


def test_engine_that_died_while_idle_is_not_used_again(make_host, models):
    def end_behind_its_job(engine):
        engine.receive()
        engine.theirs.send(ActivityEnded())

    host, engines = make_host(end_behind_its_job, None)
    host.check(CheckJob(models_dir=models.models_dir))
    assert engines.started[0].join(WAIT_S)

    assert host.check(CheckJob(models_dir=models.models_dir)) == models.used()
    assert len(engines.started) == 2


def test_embed_returns_the_vectors(make_host, models, tmp_path):
    host, _ = make_host(None)
    clip = write_spool(tmp_path / "clip.s16", models.script.samples[:64_000])

    (embedding,) = host.embed(EmbedJob(models_dir=tmp_path, clips=(clip,)))

    assert len(embedding.vector) == 8
