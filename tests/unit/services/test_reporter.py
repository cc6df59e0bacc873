from __future__ import annotations

import threading

import pytest

from app.domain.ids import MeetingId, StreamId
from app.domain.session import OperatingPoint
from app.lib.threads import Worker
from app.services.events import Finished, Progressed, Started
from app.services.reporter import Reporter
from tests.fakes.clock import FakeClock
from tests.fakes.engine import HEALTH

pytestmark = pytest.mark.unit

M = MeetingId("m")


def test_time_starts_with_the_first_sample():
    clock, events = FakeClock(), []
    reporter = Reporter(M, events.append, clock)

    reporter.progressed(0.1, "a")
    clock.advance(3)
    reporter.start_clock()
    clock.advance(2)
    reporter.progressed(0.2, "a")
    reporter.finished(audio_s=9, peak_rss_mb=1, segment_count=2)

    assert [e.t for e in events] == [0.0, 2.0, 2.0]
    assert isinstance(events[-1], Finished)
    assert events[-1].wall_s == 2.0


def test_time_zero_is_found_from_what_a_device_stored():
    clock, stored = FakeClock(), [0.0]
    reporter = Reporter(M, lambda event: None, clock)

    reporter.start_clock(lambda: stored[0])
    assert reporter.t == 0.0
    clock.advance(1)
    stored[0] = 2.8  # the device had captured for 1.8 s and more before
    assert reporter.t == pytest.approx(2.8)
    clock.advance(1)
    stored[0] = 3.7  # 0.1 s are on their way
    assert reporter.t == pytest.approx(3.8)
    clock.advance(10)
    assert reporter.t == pytest.approx(13.8)
    stored[0] = 99.0  # a device clock that runs too fast moves nothing later
    assert reporter.t == pytest.approx(13.8)


def test_shares_are_clipped():
    events = []
    reporter = Reporter(M, events.append, FakeClock())

    for share in (-1.0, 0.5, 1.5):
        reporter.progressed(share, "refining")

    assert [e.share for e in events if isinstance(e, Progressed)] == [0.0, 0.5, 1.0]


def test_streams_are_named_by_their_value():
    events = []

    Reporter(M, events.append, FakeClock()).started([StreamId.MIC], OperatingPoint.LIVE, ())

    assert isinstance(events[0], Started)
    assert events[0].streams == ("mic",)


def test_the_listener_is_called_by_one_thread_at_a_time():
    is_inside = threading.Event()
    may_leave = threading.Event()
    inside, most = [], []

    def listen(event):
        inside.append(event)
        most.append(len(inside))
        is_inside.set()
        may_leave.wait(5)
        inside.pop()

    reporter = Reporter(M, listen, FakeClock())
    first = Worker("first", lambda stop: reporter.measured(HEALTH)).start()
    assert is_inside.wait(5)
    second = Worker("second", lambda stop: reporter.measured(HEALTH)).start()
    assert not second.join(0.05)
    may_leave.set()

    assert first.join(5)
    assert second.join(5)
    assert most == [1, 1]


def test_a_listener_may_report_itself():
    events = []
    reporter = None

    def listen(event):
        events.append(event)
        if len(events) == 1:
            reporter.progressed(1.0, "inner")

    reporter = Reporter(M, listen, FakeClock())
    reporter.progressed(0.5, "outer")

    assert [e.step for e in events] == ["outer", "inner"]
