"""Measures the window itself, for `crosstalk bench ui`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QDeadlineTimer, QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.bench.ui import LONG_ID, OTHER_ID, VOCABULARY, UiFigures
from app.lib.clock import SystemClock
from app.services.context import AppContext
from app.ui.collector import calm_collector
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme
from app.ui.window import MainWindow

WAIT_MS = 120_000
LOOK_MS = 2
TICK_MS = 10
OPENINGS, FRAMES, SEARCHES = 5, 300, 30


def measure_window(context: AppContext, *, meeting_count: int, engine_s: float) -> UiFigures:
    """Open, scroll, search, and record the sample meeting; main thread.

    Args:
        context: A library made of `generated_library`.
        engine_s: Seconds to watch while the sample meeting plays through the real engine; 0
            leaves that out.
    """
    with calm_collector() as settle:
        return _measure(context, meeting_count, engine_s, settle)


def _measure(
    context: AppContext, meeting_count: int, engine_s: float, settle: Callable[[], None]
) -> UiFigures:
    built: list[bool] = []
    tasks = TaskRunner()
    window = MainWindow(context, Theme(_application()), tasks)
    window.resize(1280, 800)
    window.completed.connect(settle)
    window.completed.connect(lambda: built.append(True))
    window.show()
    window.begin()
    _wait(lambda: bool(built) and len(window.library.meetings) == meeting_count)
    figures = UiFigures(
        meeting_count=meeting_count,
        opens_ms=tuple(_time_opening(window) for _ in range(OPENINGS)),
        frames_ms=_time_scrolling(window),
        searches_ms=_time_searching(window),
    )
    if engine_s > 0:
        figures = replace(figures, stalls_ms=_watch_stalls(window, engine_s))
    _close(window, tasks)
    return figures


def _time_opening(window: MainWindow) -> float:
    document = window.review.document
    window.open_meeting(OTHER_ID)
    _wait(lambda: _is_open(window, OTHER_ID))
    clock = SystemClock()
    started_s = clock.monotonic()
    window.open_meeting(LONG_ID)
    _wait(lambda: document.transcript is not None and _is_open(window, LONG_ID))
    window.review.transcript.viewport().repaint()
    return (clock.monotonic() - started_s) * 1000


def _is_open(window: MainWindow, meeting_id: object) -> bool:
    transcript = window.review.document.transcript
    return transcript is not None and transcript.meeting.meeting_id == meeting_id


def _time_scrolling(window: MainWindow) -> tuple[float, ...]:
    view, clock = window.review.transcript, SystemClock()
    bar = view.verticalScrollBar()
    frames = []
    for step in range(FRAMES):
        started_s = clock.monotonic()
        bar.setValue(step * bar.maximum() // FRAMES)
        view.viewport().repaint()
        frames.append((clock.monotonic() - started_s) * 1000)
    return tuple(frames)


def _time_searching(window: MainWindow) -> tuple[float, ...]:
    library, clock = window.library, SystemClock()
    generator = np.random.default_rng(5)
    taken = []
    for number in range(SEARCHES):
        query = " ".join(generator.choice(VOCABULARY, 1 + number % 3 // 2))
        library.search.setText(query)
        started_s = clock.monotonic()
        library.search_now()
        _wait(lambda: library.is_answered)
        taken.append((clock.monotonic() - started_s) * 1000)
    library.search.clear()
    library.search_now()
    return tuple(taken)


def _watch_stalls(window: MainWindow, engine_s: float) -> tuple[float, ...]:
    """How late a timer is while the sample meeting runs; () when it cannot run."""
    window.play_sample()
    _wait(lambda: window.live.transcript.model().rowCount() > 0 or not window.live.is_running)
    if not window.live.is_running:
        return ()
    clock, late_ms = SystemClock(), []
    last_s = clock.monotonic()
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)

    def tick() -> None:
        nonlocal last_s
        now_s = clock.monotonic()
        late_ms.append(max(0.0, (now_s - last_s) * 1000 - TICK_MS))
        last_s = now_s

    timer.timeout.connect(tick)
    loop = QEventLoop()
    QTimer.singleShot(round(engine_s * 1000), loop.quit)
    timer.start()
    loop.exec()
    timer.stop()
    window.live.stop()
    _wait(lambda: not window.live.is_running)
    return tuple(late_ms)


def _wait(condition: Callable[[], bool]) -> None:
    """Run the event loop as the program does: it sleeps, so that workers get the interpreter."""
    deadline, loop, timer = QDeadlineTimer(WAIT_MS), QEventLoop(), QTimer()

    def look() -> None:
        if condition() or deadline.hasExpired():
            loop.quit()

    timer.timeout.connect(look)
    timer.start(LOOK_MS)
    if not condition():
        loop.exec()
    timer.stop()


def _application() -> QApplication:
    application = QApplication.instance()
    return application if isinstance(application, QApplication) else QApplication(["crosstalk"])


def _close(window: MainWindow, tasks: TaskRunner) -> None:
    window.close()
    tasks.close()
    window.deleteLater()
    QApplication.processEvents()
