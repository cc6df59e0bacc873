"""Work in threads, results on the main thread."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject

from app.domain.errors import Cancelled, KnownError
from app.ui.tasks import TaskRunner

pytestmark = pytest.mark.ui

WAIT_S = 10


@pytest.fixture
def tasks(qapp):
    runner = TaskRunner()
    yield runner
    assert runner.close(WAIT_S)


def test_the_result_arrives_on_the_main_thread(tasks, qtbot):
    seen = []

    tasks.run(lambda: threading.current_thread().name, lambda name: seen.append(
        (name, threading.current_thread() is threading.main_thread())
    ))  # fmt: skip
    qtbot.waitUntil(lambda: bool(seen))

    name, is_main = seen[0]
    assert name.startswith("ui-short-")
    assert is_main


def test_a_known_error_speaks_for_itself(tasks, qtbot):
    problems = []

    tasks.run(_refuse, None, problems.append)
    qtbot.waitUntil(lambda: bool(problems))

    assert problems[0].text == "The disk is full. Free some space."
    assert problems[0].is_known


def test_a_bug_becomes_a_plain_sentence_and_a_log_entry(tasks, qtbot, caplog):
    problems = []

    tasks.run(lambda: 1 // 0, None, problems.append)
    qtbot.waitUntil(lambda: bool(problems))

    assert "ZeroDivision" not in problems[0].text
    assert not problems[0].is_known
    assert "ZeroDivisionError" in caplog.text


def test_a_failure_nobody_waits_for_is_still_shown(tasks, qtbot):
    with qtbot.waitSignal(tasks.unhandled) as caught:
        tasks.run(_refuse)

    assert caught.args[0].text.startswith("The disk")


def test_a_cancelled_task_brings_nothing(tasks, qtbot):
    seen, started = [], threading.Event()

    def work(cancel: threading.Event) -> str:
        started.set()
        assert cancel.wait(WAIT_S)
        raise Cancelled

    task = tasks.run_long(work, seen.append, seen.append)
    assert started.wait(WAIT_S)
    task.cancel()
    tasks.run(lambda: "later", seen.append)
    qtbot.waitUntil(lambda: bool(seen))

    assert seen == ["later"]


def test_short_work_does_not_wait_behind_long_work(tasks, qtbot):
    seen = []
    for _ in range(5):
        tasks.run_long(lambda cancel: cancel.wait(WAIT_S))

    tasks.run(lambda: "quick", seen.append)
    qtbot.waitUntil(lambda: bool(seen))

    assert seen == ["quick"]


def test_a_callback_of_a_widget_that_is_gone_is_dropped(tasks, qtbot):
    class Owner(QObject):
        def take(self, value: object) -> None:
            seen.append(value)

    seen, may_end = [], threading.Event()
    owner = Owner()
    tasks.run(lambda: may_end.wait(WAIT_S), owner.take)
    import shiboken6

    shiboken6.delete(owner)
    may_end.set()
    tasks.run(lambda: "next", seen.append)
    tasks.run(lambda: "last", seen.append)
    qtbot.waitUntil(lambda: "last" in seen)

    assert True not in seen


def _refuse() -> None:
    raise KnownError("The disk is full. Free some space.")
