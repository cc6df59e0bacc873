"""Orders to the open window: by its own code, through its socket, and from a real terminal."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.marks import HoldReason
from app.domain.remote import Answer, Command, Order
from app.ui import main, remote, single
from app.ui.live.session import LiveState
from app.ui.remote import Remote
from app.ui.single import SingleInstance, ask_window
from app.ui.window import MainWindow
from tests.fakes import ui_context as fakes

pytestmark = pytest.mark.ui


class Orders:
    """A window with a remote, and the answers it gave."""

    def __init__(self, desk) -> None:
        self.desk = desk
        self.answers: list[Answer] = []
        window = desk.window
        self.remote = Remote(window.live, window.show_live, window)

    def give(self, command: Command, note: str = "") -> Answer:
        """Give an order and wait for its answer."""
        count = len(self.answers)
        self.remote.obey(Order(command=command, note=note), self.answers.append)
        self.desk.wait(lambda: len(self.answers) > count)
        return self.answers[-1]


@pytest.fixture
def orders(desk):
    return Orders(desk)


def test_start_records_the_default_devices_and_answers_when_it_runs(orders, desk):
    answer = orders.give(Command.START)

    assert answer == Answer(is_done=True, text=remote.STARTED)
    assert desk.recording.live.request.devices == {StreamId.MIC: "mic:0", StreamId.SYSTEM: "sys:0"}
    assert desk.window.live.session.state is LiveState.RUNNING
    assert orders.give(Command.START) == Answer(is_done=False, text=remote.ALREADY)


def test_toggle_starts_and_stops(orders, desk):
    assert orders.give(Command.TOGGLE).text == remote.STARTED
    assert orders.give(Command.TOGGLE).text == remote.STOPPED
    desk.wait(lambda: not desk.window.live.is_running)
    assert orders.give(Command.STOP) == Answer(is_done=False, text=remote.NOTHING_RUNS)


def test_start_that_fails_says_why(orders, desk):
    desk.recording.failure = KnownError("The microphone is gone.", category=Category.DEVICE)

    assert orders.give(Command.START) == Answer(is_done=False, text="The microphone is gone.")
    assert not desk.window.live.is_running


def test_start_without_a_source_says_so(orders, desk):
    desk.recording.devices = ()

    assert orders.give(Command.START) == Answer(is_done=False, text=remote.NO_SOURCE)


def test_second_start_in_a_hurry_is_refused_and_the_first_goes_on(orders, desk):
    answers = []
    for _ in range(2):
        orders.remote.obey(Order(command=Command.START), answers.append)
    desk.wait(lambda: len(answers) == 2)

    assert [answer.text for answer in answers] == [remote.BUSY, remote.STARTED]


@pytest.mark.parametrize(
    ("command", "reason"),
    [(Command.PAUSE, HoldReason.PAUSED), (Command.OFF_RECORD, HoldReason.OFF_RECORD)],
)
def test_recording_is_held_and_goes_on(orders, desk, command, reason):
    orders.give(Command.START)

    held = orders.give(command)
    was_held = desk.recording.live.hold
    again = orders.give(command)

    assert held == Answer(is_done=True, text=remote.HELD[reason])
    assert was_held.reason is reason
    assert again == Answer(is_done=True, text=remote.GOES_ON)
    assert desk.recording.live.hold is None


def test_marker_keeps_its_note(orders, desk):
    orders.give(Command.START)
    desk.recording.live.play_until(5.0)

    answer = orders.give(Command.MARK, "budget")

    assert answer.is_done
    assert answer.text.startswith("Marked at 0:0")
    desk.wait(lambda: bool(desk.recording.live.markers))
    assert [marker.note for marker in desk.recording.live.markers] == ["budget"]


@pytest.mark.parametrize("command", [Command.PAUSE, Command.OFF_RECORD, Command.MARK])
def test_nothing_to_hold_or_mark(orders, desk, command):
    assert orders.give(command) == Answer(is_done=False, text=remote.NOTHING_RUNS)

    desk.window.play_sample()

    assert orders.give(command) == Answer(is_done=False, text=remote.SAMPLE_PLAYS)


def _window() -> MainWindow:
    windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
    return next(w for w in windows if w.isVisible())


def test_orders_from_a_terminal_reach_the_window(qapp, tmp_path, repository):
    context = fakes.make_context(tmp_path)
    results = []

    def type_commands() -> None:
        for words in (["toggle"], ["mark", "ümlaut\nand more"], ["toggle"], ["pause"]):
            command = [sys.executable, "-m", "app", "--data-dir", str(context.paths.data_dir)]
            results.append(
                subprocess.run(
                    [*command, "remote", *words],
                    cwd=repository,
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
            )

    terminal = threading.Thread(target=type_commands, name="terminal")

    def close_when_done() -> None:
        if terminal.is_alive():
            QTimer.singleShot(20, close_when_done)
            return
        context.recording.live.finish()
        _window().close()

    QTimer.singleShot(50, terminal.start)
    QTimer.singleShot(100, close_when_done)
    main.run(context, demo=False)
    terminal.join()

    assert [(r.returncode, r.stdout) for r in results] == [
        (0, f"{remote.STARTED}\n"),
        (0, "Marked at 0:00.\n"),
        (0, f"{remote.STOPPED}\n"),
        (2, ""),
    ]
    assert remote.NOTHING_RUNS in results[-1].stderr
    assert [marker.note for marker in context.recording.live.markers] == ["ümlaut\nand more"]


def test_library_without_a_window_has_nobody_to_ask(qapp, tmp_path):
    assert ask_window(tmp_path, Order(command=Command.STOP)) is None


@pytest.mark.parametrize("line", ["{", '{"command": "dance", "note": ""}', '{"note": ""}'])
def test_order_that_is_not_known_is_refused(qapp, qtbot, tmp_path: Path, line):
    instance = SingleInstance(tmp_path)
    assert instance.claim()
    socket = QLocalSocket()
    socket.connectToServer(single.server_name(tmp_path))

    socket.write(f"{line}\n".encode())
    qtbot.waitUntil(socket.canReadLine, timeout=5_000)

    assert single.UNREADABLE in bytes(socket.readLine().data()).decode()
    instance.release()


def test_answer_to_somebody_who_is_gone_is_dropped(qapp, qtbot, tmp_path):
    instance, orders = SingleInstance(tmp_path), []
    instance.ordered.connect(lambda _order, reply: orders.append(reply))
    assert instance.claim()
    socket = QLocalSocket()
    socket.connectToServer(single.server_name(tmp_path))
    socket.write(b'{"command": "stop", "note": ""}\n')
    qtbot.waitUntil(lambda: bool(orders), timeout=5_000)
    socket.disconnectFromServer()
    qtbot.waitUntil(lambda: not isValid(orders[0].__self__), timeout=5_000)

    orders[0](Answer(is_done=True, text="late"))

    instance.release()
