"""One engine, spoken to through its connection."""

import numpy as np
import pytest

from app.domain.errors import Category
from app.domain.ids import StreamId
from app.domain.messages import AudioBlock
from app.domain.session import CheckJob, EmbedJob
from app.domain.units import Span
from app.engine.protocol import (
    ActivityEnded,
    ActivityFailed,
    Beat,
    Cancel,
    EndOfStream,
    Feed,
    OpenSession,
    Patched,
    RunJob,
    SessionStarted,
    Shutdown,
)
from app.engine.thread_host import ThreadEngine
from tests.fakes.listener import WAIT_S, make_config
from tests.fakes.spools import write_spool

pytestmark = pytest.mark.unit

SYSTEM = StreamId.SYSTEM


@pytest.fixture
def engine(models):
    engine = ThreadEngine()
    yield engine
    engine.connection.close()
    assert engine.join(WAIT_S)


def receive_until(engine, *kinds):
    """Events up to the first of `kinds`, beats left out."""
    events = []
    while engine.connection.poll(WAIT_S):
        event = engine.connection.recv()
        if isinstance(event, Beat):
            continue
        events.append(event)
        if isinstance(event, kinds):
            return events
    raise AssertionError(f"the engine said only {events}")


def feed(engine, samples, start=0):
    span = Span(start, start + len(samples))
    engine.connection.send(Feed(AudioBlock(stream=SYSTEM, span=span, samples=samples)))


def test_session_starts_transcribes_and_ends(engine, models):
    engine.connection.send(OpenSession(make_config()))
    feed(engine, models.script.samples[:64_000])
    engine.connection.send(EndOfStream(SYSTEM))

    events = receive_until(engine, ActivityEnded, ActivityFailed)

    assert events[0] == SessionStarted(models.used())
    assert isinstance(events[-1], ActivityEnded)
    words = [w.text for e in events if isinstance(e, Patched) for u in e.patch.updates
             for w in u.words if u.revision and not u.reason]  # fmt: skip
    assert words[:3] == ["one", "two", "three"]


def test_one_engine_serves_one_activity_after_the_other(engine, models):
    for _ in range(2):
        engine.connection.send(OpenSession(make_config()))
        feed(engine, models.script.samples[:16_000])
        engine.connection.send(EndOfStream(SYSTEM))
        assert isinstance(receive_until(engine, ActivityEnded, ActivityFailed)[-1], ActivityEnded)


def test_cancel_ends_a_session_that_waits_for_audio(engine, models):
    engine.connection.send(OpenSession(make_config()))
    receive_until(engine, SessionStarted)

    engine.connection.send(Cancel())

    closing = receive_until(engine, ActivityEnded, ActivityFailed)[-1]
    assert closing.is_cancelled


def test_cancel_right_behind_its_command_is_not_lost(engine):
    engine.connection.send(OpenSession(make_config()))
    engine.connection.send(Cancel())

    closing = receive_until(engine, ActivityEnded, ActivityFailed)[-1]

    assert closing.is_cancelled


def test_cancel_while_models_load_is_not_lost(engine, models):
    models.may_load.clear()
    engine.connection.send(OpenSession(make_config()))
    assert models.is_loading.wait(WAIT_S)

    engine.connection.send(Cancel())
    models.may_load.set()

    closing = receive_until(engine, ActivityEnded, ActivityFailed)[-1]
    assert closing.is_cancelled


def test_cancel_while_the_lanes_are_full_ends_the_session(engine, models):
    engine.connection.send(OpenSession(make_config()))
    receive_until(engine, SessionStarted)
    feed(engine, np.tile(models.script.samples, 4))
    engine.connection.send(Cancel())

    closing = receive_until(engine, ActivityEnded, ActivityFailed)[-1]

    assert closing.is_cancelled


def test_cancelled_activity_does_not_cancel_the_next(engine, models):
    engine.connection.send(OpenSession(make_config()))
    engine.connection.send(Cancel())
    receive_until(engine, ActivityFailed)

    engine.connection.send(RunJob(CheckJob(models_dir=models.models_dir)))

    assert receive_until(engine, ActivityEnded, ActivityFailed) == [ActivityEnded(models.used())]


def test_crashed_lane_fails_the_activity(engine, models, monkeypatch, caplog):
    def fail(backend_id, *, threads=1):
        raise RuntimeError("segmentation is broken")

    monkeypatch.setattr(models, "segmentation", fail)
    engine.connection.send(OpenSession(make_config()))
    feed(engine, models.script.samples)

    closing = receive_until(engine, ActivityEnded, ActivityFailed)[-1]

    assert not closing.is_known
    assert closing.category is Category.INTERNAL


def test_known_error_reaches_the_app_as_its_sentence(engine, models, tmp_path):
    clip = write_spool(tmp_path / "clip.s16", np.zeros(16_000, dtype=np.float32))

    engine.connection.send(RunJob(EmbedJob(models_dir=tmp_path, clips=(clip,))))

    (failed,) = receive_until(engine, ActivityEnded, ActivityFailed)
    assert failed.is_known
    assert "holds only 0.0 s of speech" in failed.user_text


def test_bug_reaches_the_app_as_unknown(engine, models, tmp_path, caplog):
    job = EmbedJob(models_dir=tmp_path, clips=(tmp_path / "missing.s16",))

    engine.connection.send(RunJob(job))

    (failed,) = receive_until(engine, ActivityEnded, ActivityFailed)
    assert not failed.is_known
    assert "FileNotFoundError" in failed.user_text


def test_embedding_returns_one_vector_per_clip(engine, models, tmp_path):
    clip = write_spool(tmp_path / "clip.s16", models.script.samples[:64_000])

    engine.connection.send(RunJob(EmbedJob(models_dir=tmp_path, clips=(clip, clip))))

    (ended,) = receive_until(engine, ActivityEnded, ActivityFailed)
    assert len(ended.result) == 2


def test_session_beats_with_its_health(engine, models):
    engine.connection.send(OpenSession(make_config()))
    receive_until(engine, SessionStarted)

    assert engine.connection.poll(WAIT_S)
    beat = engine.connection.recv()

    assert isinstance(beat, Beat)
    assert beat.health is not None
    assert beat.health.dropped_samples == 0


def test_shutdown_ends_an_idle_engine(engine):
    engine.connection.send(Shutdown())

    assert engine.join(WAIT_S)


@pytest.mark.parametrize("how", ["shutdown", "gone"])
def test_engine_in_a_session_ends_when_the_app_goes(engine, how):
    engine.connection.send(OpenSession(make_config()))
    receive_until(engine, SessionStarted)

    if how == "shutdown":
        engine.connection.send(Shutdown())
    else:
        engine.connection.close()

    assert engine.join(WAIT_S)
