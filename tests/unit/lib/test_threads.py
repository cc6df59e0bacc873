import os
import sys
import threading

import pytest

from app.lib.threads import Crash, Worker, yield_to_others

pytestmark = pytest.mark.unit

WAIT_S = 10.0


def test_worker_runs_under_its_name_until_stopped() -> None:
    names: list[str] = []
    started = threading.Event()

    def run(stop: threading.Event) -> None:
        names.append(threading.current_thread().name)
        started.set()
        stop.wait(WAIT_S)

    worker = Worker("recorder", run).start()
    assert started.wait(WAIT_S)
    was_alive = worker.is_alive

    has_ended = worker.stop(WAIT_S)

    assert (was_alive, has_ended, worker.is_alive) == (True, True, False)
    assert names == ["recorder"]


def test_join_says_when_the_thread_goes_on() -> None:
    release = threading.Event()
    worker = Worker("stubborn", lambda stop: release.wait(WAIT_S) and None).start()

    has_ended = worker.stop(0.01)
    release.set()

    assert has_ended is False
    assert worker.join(WAIT_S)


def test_join_before_start_is_harmless() -> None:
    assert Worker("never", lambda stop: None).stop() is True


def test_join_from_inside_does_not_wait_for_itself() -> None:
    results: list[bool] = []
    worker = Worker("self", lambda stop: results.append(worker.join(WAIT_S)))

    worker.start()

    assert worker.join(WAIT_S)
    assert results == [False]


def test_crash_is_reported_as_text() -> None:
    crashes: list[Crash] = []

    def run(stop: threading.Event) -> None:
        raise RuntimeError("no device")

    worker = Worker("capture", run, on_crash=crashes.append).start()

    assert worker.join(WAIT_S)
    (crash,) = crashes
    assert (crash.thread_name, crash.error) == ("capture", "RuntimeError: no device")
    assert "in run" in crash.traceback_text


def test_crash_is_logged_when_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    def run(stop: threading.Event) -> None:
        raise RuntimeError("no device")

    Worker("capture", run).start().join(WAIT_S)

    assert "thread capture crashed" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="threads share one priority elsewhere")
def test_a_thread_that_yields_hands_its_priority_on_and_leaves_the_others_theirs() -> None:
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    seen: list[int] = []

    def look(stop: threading.Event) -> None:
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    def run(stop: threading.Event) -> None:
        yield_to_others(3)
        look(stop)
        Worker("child", look).start().join(WAIT_S)

    Worker("background", run).start().join(WAIT_S)

    assert seen == [min(19, own + 3)] * 2
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
