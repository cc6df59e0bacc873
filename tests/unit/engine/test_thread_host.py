"""The engine in a thread behaves as one in a process."""

import pytest

from app.domain.session import CheckJob
from app.engine.process_host import EngineProcess
from app.engine.protocol import ActivityEnded, RunJob, Shutdown
from app.engine.thread_host import ThreadEngine
from tests.fakes.listener import WAIT_S

pytestmark = pytest.mark.unit


def test_thread_engine_serves_until_it_is_told_to_end(models):
    engine: EngineProcess = ThreadEngine()
    engine.connection.send(RunJob(CheckJob(models_dir=models.models_dir)))
    assert engine.connection.poll(WAIT_S)
    answer = engine.connection.recv()
    was_alive = engine.is_alive()

    engine.connection.send(Shutdown())

    assert engine.join(WAIT_S)
    assert answer == ActivityEnded(models.used())
    assert was_alive
    assert not engine.is_alive()
    engine.connection.close()


def test_killed_thread_engine_ends(models):
    engine = ThreadEngine()

    engine.kill()

    assert engine.join(WAIT_S)
