"""Carries service events from any thread to the main thread, in batches."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot

from app.domain.ids import MeetingId
from app.services.events import HealthMeasured, MeetingEvent, Progressed
from app.ui.translation import translated

INTERVAL_MS = 33
"""At most 30 batches a second: the eye sees no more, and the main thread keeps its time."""


class EventBridge(QObject):
    """Posts from any thread wake the main thread once; it drains what waits, at most 30 Hz.

    `arrived` carries a tuple of `MeetingEvent`s in the order of their posting; of several health
    or progress events of one meeting in a batch only the newest is kept, everything else is.
    """

    arrived = Signal(tuple)
    _woken = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[MeetingEvent] = deque()
        self._is_awake = False
        self._since_drain = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._drain)
        self._woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)

    def post(self, event: MeetingEvent) -> None:
        """Hand over one event; any thread, returns at once. It is a `Listener`."""
        # deque.append is atomic. A post that sees _is_awake set before _drain clears it has
        # appended before _drain looks at the deque, so no event is left behind.
        self._waiting.append(event)
        if not self._is_awake:
            self._is_awake = True
            self._woken.emit()

    @Slot()
    def _wake(self) -> None:
        if self._timer.isActive():
            return
        passed_ms = self._since_drain.elapsed() if self._since_drain.isValid() else INTERVAL_MS
        self._timer.start(max(0, INTERVAL_MS - passed_ms))

    @Slot()
    def _drain(self) -> None:
        self._is_awake = False
        batch = []
        while self._waiting:
            batch.append(self._waiting.popleft())
        self._since_drain.start()
        if batch:
            self.arrived.emit(coalesced(batch))


class ProgressBridge(QObject):
    """Carries how far long work is; of many reports only the newest reaches the main thread.

    `changed` names the step in the window's language.
    """

    changed = Signal(str, float)
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest: tuple[str, float] = ("", 0.0)
        self._is_awake = False
        self._woken.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def post(self, step: str, share: float) -> None:
        """Report the name of the step and the share done in [0, 1]; any thread."""
        self._newest = (step, share)
        if not self._is_awake:
            self._is_awake = True
            self._woken.emit()

    @Slot()
    def _deliver(self) -> None:
        self._is_awake = False
        step, share = self._newest
        self.changed.emit(translated(step), share)


def coalesced(events: list[MeetingEvent]) -> tuple[MeetingEvent, ...]:
    """Drop health and progress events that a later one of the same meeting replaces."""
    newest: dict[tuple[type, MeetingId], int] = {
        (type(event), event.meeting_id): position
        for position, event in enumerate(events)
        if isinstance(event, HealthMeasured | Progressed)
    }
    return tuple(
        event
        for position, event in enumerate(events)
        if newest.get((type(event), event.meeting_id), position) == position
    )
