"""Times a start of the program; imports nothing that a start does not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Slot

from app.lib.clock import SystemClock
from app.services.context import AppContext
from app.ui.main import run
from app.ui.window import MainWindow


def time_first_list(context: AppContext) -> float:
    """Run the program until its window shows the meetings; main thread of a new process.

    Returns:
        `Clock.monotonic` when the first window that lists the library was painted: the same clock
        in every process, so that whoever started this one can tell how long it took.
    """
    painted_s: list[float] = []

    def watch(window: MainWindow) -> None:
        window.greeter.is_waiting = False
        first = _FirstList(window, painted_s)
        window.library.settled.connect(first.listed)

    run(context, demo=False, watch=watch)
    return painted_s[0]


class _FirstList(QObject):
    """Takes the time of the paint that follows the list, and closes the window."""

    def __init__(self, window: MainWindow, painted_s: list[float]) -> None:
        super().__init__(window)
        self._window = window
        self._painted_s = painted_s

    @Slot()
    def listed(self) -> None:
        self._window.library.list.viewport().installEventFilter(self)
        self._window.library.list.viewport().update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() is QEvent.Type.Paint:
            QTimer.singleShot(0, self._painted)
        return super().eventFilter(watched, event)

    def _painted(self) -> None:
        if not self._painted_s:
            self._painted_s.append(SystemClock().monotonic())
            self._window.close()
