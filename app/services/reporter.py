"""Turns what happens to one meeting into events with a time, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from app.domain.errors import ErrorReport
from app.domain.ids import MeetingId, StreamId
from app.domain.marks import Hold, Marker
from app.domain.meeting import MeetingState
from app.domain.messages import (
    Health,
    ModelUse,
    Notice,
    OverlapRegion,
    SegmentUpdate,
    TranscriptGap,
)
from app.domain.session import OperatingPoint
from app.domain.speakers import MeetingSpeaker
from app.lib.clock import Clock
from app.services.events import (
    Failed,
    Finished,
    HealthMeasured,
    HoldChanged,
    Listener,
    Marked,
    MeetingEvent,
    Noticed,
    Progressed,
    Started,
    StateChanged,
    TranscriptChanged,
)

SETTLE_S = 5.0
"""How long after its start a capture's own count of samples moves time zero; devices deliver within
2 s, and later their clock's drift would move it."""


class Reporter:
    """Sends the events of one meeting to its listener.

    Methods may be called from any thread; the listener is called by one at a time, in the calling
    thread.
    """

    def __init__(self, meeting_id: MeetingId, listener: Listener, clock: Clock) -> None:
        self._meeting_id = meeting_id
        self._listener = listener
        self._clock = clock
        self._zero_s: float | None = None
        self._fed_s: Callable[[], float] | None = None
        self._settled_at_s = 0.0
        # Held during the call: "one call at a time" is what `Listener` promises. Reentrant,
        # because a listener may call a service that reports on the same meeting.
        self._lock = threading.RLock()

    def start_clock(self, fed_s: Callable[[], float] | None = None) -> None:
        """Set time zero: when the first sample was fed.

        Args:
            fed_s: Seconds of audio stored so far, of a source that runs at the pace of the clock.
                Its start is found from it, since a device may have captured for seconds before
                the first sample is stored. None: the first sample is fed now.
        """
        with self._lock:
            now_s = self._clock.monotonic()
            self._fed_s = fed_s
            self._settled_at_s = now_s + SETTLE_S
            self._zero_s = now_s

    @property
    def t(self) -> float:
        """Seconds since the first sample was fed; 0 before."""
        with self._lock:
            if self._zero_s is None:
                return 0.0
            now_s = self._clock.monotonic()
            if self._fed_s is not None:
                # What is stored always lags behind what was heard, so the earliest zero is right.
                self._zero_s = min(self._zero_s, now_s - self._fed_s())
                if now_s >= self._settled_at_s:
                    self._fed_s = None
            return now_s - self._zero_s

    def started(
        self, streams: Sequence[StreamId], point: OperatingPoint, models: tuple[ModelUse, ...]
    ) -> None:
        """The models are loaded."""
        names = tuple(stream.value for stream in streams)
        with self._lock:
            self._send(
                Started(
                    meeting_id=self._meeting_id,
                    t=self.t,
                    streams=names,
                    point=point,
                    models=models,
                )
            )

    def changed(
        self,
        updates: Sequence[SegmentUpdate],
        speakers: Sequence[MeetingSpeaker],
        *,
        gaps: Sequence[TranscriptGap] = (),
        overlaps: Sequence[OverlapRegion] = (),
    ) -> None:
        """The transcript changed."""
        with self._lock:
            self._send(
                TranscriptChanged(
                    meeting_id=self._meeting_id,
                    t=self.t,
                    updates=tuple(updates),
                    gaps=tuple(gaps),
                    overlaps=tuple(overlaps),
                    speakers=tuple(speakers),
                )
            )

    def noticed(self, notice: Notice) -> None:
        """Something the user should see."""
        with self._lock:
            self._send(Noticed(meeting_id=self._meeting_id, t=self.t, notice=notice))

    def held(self, hold: Hold) -> None:
        """The recording is held, or goes on again."""
        with self._lock:
            self._send(HoldChanged(meeting_id=self._meeting_id, t=self.t, hold=hold))

    def marked(self, marker: Marker) -> None:
        """A moment was marked."""
        with self._lock:
            self._send(Marked(meeting_id=self._meeting_id, t=self.t, marker=marker))

    def measured(self, health: Health) -> None:
        """How the engine keeps up."""
        with self._lock:
            self._send(HealthMeasured(meeting_id=self._meeting_id, t=self.t, health=health))

    def failed(self, report: ErrorReport) -> None:
        """A part of the work failed."""
        with self._lock:
            self._send(Failed(meeting_id=self._meeting_id, t=self.t, report=report))

    def progressed(self, share: float, step: str) -> None:
        """How far long work is; `share` is clipped to [0, 1]."""
        clipped = min(1.0, max(0.0, share))
        with self._lock:
            self._send(Progressed(meeting_id=self._meeting_id, t=self.t, share=clipped, step=step))

    def entered(self, state: MeetingState) -> None:
        """The meeting is in another state."""
        with self._lock:
            self._send(StateChanged(meeting_id=self._meeting_id, t=self.t, state=state))

    def finished(self, *, audio_s: float, peak_rss_mb: float, segment_count: int) -> None:
        """All work is done."""
        with self._lock:
            t = self.t
            self._send(
                Finished(
                    meeting_id=self._meeting_id,
                    t=t,
                    audio_s=audio_s,
                    wall_s=t,
                    peak_rss_mb=peak_rss_mb,
                    segment_count=segment_count,
                )
            )

    def _send(self, event: MeetingEvent) -> None:
        self._listener(event)
