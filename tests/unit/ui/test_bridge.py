"""Events from many threads, in batches on the main thread."""

from __future__ import annotations

import threading

import pytest

from app.domain.ids import MeetingId
from app.domain.meeting import MeetingState
from app.domain.messages import Health
from app.services.events import HealthMeasured, Progressed, StateChanged
from app.ui.bridge import EventBridge, ProgressBridge, coalesced

pytestmark = pytest.mark.ui

ONE, TWO = MeetingId("one"), MeetingId("two")


def _health(meeting_id: MeetingId, lag_s: float) -> HealthMeasured:
    return HealthMeasured(
        meeting_id=meeting_id, t=0, health=Health(lag_s=lag_s, stages=(), rss_mb=1)
    )


def _state(number: int) -> StateChanged:
    return StateChanged(meeting_id=ONE, t=number, state=MeetingState.RECORDING)


def test_two_thousand_emits_arrive_in_order_with_few_wake_ups(qtbot):
    bridge = EventBridge()
    batches: list[tuple] = []
    bridge.arrived.connect(batches.append)

    thread = threading.Thread(target=lambda: [bridge.post(_state(n)) for n in range(2000)])
    thread.start()
    qtbot.waitUntil(lambda: sum(map(len, batches)) == 2000)
    thread.join()

    assert [event.t for batch in batches for event in batch] == list(range(2000))
    assert len(batches) < 100


def test_two_thousand_signals_survive(qtbot):
    """PySide6 6.12 on Python 3.11 aborts the process here."""
    bridge = EventBridge()
    seen = []
    bridge.arrived.connect(lambda batch: seen.append(len(batch)))

    for _ in range(2000):
        bridge.arrived.emit((_state(1),))

    assert sum(seen) == 2000


def test_of_health_only_the_newest_of_each_meeting_is_kept():
    events = [_health(ONE, 1), _state(1), _health(TWO, 5), _health(ONE, 2)]

    assert coalesced(events) == (_state(1), _health(TWO, 5), _health(ONE, 2))


def test_of_progress_only_the_newest_is_kept():
    steps = [Progressed(meeting_id=ONE, t=0, share=n / 10, step="x") for n in range(5)]

    assert coalesced(list(steps)) == (steps[-1],)


def test_progress_from_a_thread_arrives_as_the_newest(qtbot):
    bridge = ProgressBridge()
    seen = []
    bridge.changed.connect(lambda step, share: seen.append((step, share)))

    thread = threading.Thread(target=lambda: [bridge.post("model", n / 999) for n in range(1000)])
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] == ("model", 1.0))

    assert len(seen) < 1000
