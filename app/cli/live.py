"""Shows a running meeting on the terminal and remembers how it went."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.cli.wording import LineJoiner, clock_time, hold_line, marker_line
from app.cli.writer import ProgressLine, Tail, Writer
from app.domain.errors import ErrorReport
from app.domain.ids import MeetingId, SegmentId
from app.domain.messages import CorrectionReason, ModelUse, Notice, SegmentStatus, SegmentUpdate
from app.domain.speakers import MeetingSpeaker
from app.domain.transcript import join_words
from app.services.events import (
    Failed,
    Finished,
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

DECODING = "decoding"
REFINING_STATES = ("refining", "done")


class MeetingLog:
    """A listener that keeps what the summary of a command needs."""

    def __init__(self) -> None:
        self.meeting_id: MeetingId | None = None
        self.models: tuple[ModelUse, ...] = ()
        self.notices: list[Notice] = []
        self.failures: list[ErrorReport] = []
        self.finished: Finished | None = None
        self.has_started = threading.Event()

    def __call__(self, event: MeetingEvent) -> None:
        """Take one event."""
        self.meeting_id = event.meeting_id
        match event:
            case Started():
                self.models = event.models
                self.has_started.set()
            case Noticed():
                self.notices.append(event.notice)
            case Failed():
                self.failures.append(event.report)
            case Finished():
                self.finished = event
            case _:
                pass


class LiveView:
    """A listener that prints lines as they become final, with the unfinished text below.

    Final segments of one voice are joined up to the end of the sentence. Both voices of an overlap,
    which come later than its plain text, are lines of their own. Once the final pass runs,
    corrections are not printed: the finished transcript follows.
    """

    def __init__(self, tail: Tail, writer: Writer) -> None:
        self._tail = tail
        self._writer = writer
        self._joiner = LineJoiner()
        self._printed: set[SegmentId] = set()
        self._partials: dict[SegmentId, SegmentUpdate] = {}
        self._is_live = True

    def __call__(self, event: MeetingEvent) -> None:
        """Show one event."""
        match event:
            case TranscriptChanged() if self._is_live:
                self._show(event)
            case HoldChanged():
                self._remark(hold_line(event.hold))
            case Marked():
                self._remark(marker_line(event.marker))
            case Noticed():
                self._tail.clear()
                self._writer.warning(f"note: {event.notice.text}")
            case Failed():
                self._tail.clear()
                self._writer.warning(f"error: {event.report.user_text}")
            case StateChanged() if event.state.value in REFINING_STATES:
                self._end()
            case Finished():
                self._end()
            case _:
                pass

    def _show(self, event: TranscriptChanged) -> None:
        for update in event.updates:
            if update.status is SegmentStatus.PARTIAL:
                self._partials[update.segment_id] = update
                continue
            self._partials.pop(update.segment_id, None)
            if not update.words:
                continue
            label, text = label_of(update, event.speakers), text_of(update)
            if update.has_overlap and update.reason is CorrectionReason.SECOND_OPINION:
                self._printed.add(update.segment_id)
                self._remark(f"[{clock_time(update.span.start_s)}] at once, {label}: {text}")
            elif update.segment_id not in self._printed:
                self._printed.add(update.segment_id)
                for line in self._joiner.push(update, label, text):
                    self._tail.line(line)
        unfinished = [self._joiner.pending]
        for partial in list(self._partials.values())[-1:]:
            unfinished.append(f"{label_of(partial, event.speakers)}: {text_of(partial)}")
        self._tail.set(" ".join(filter(None, unfinished)))

    def _remark(self, text: str) -> None:
        for line in (*self._joiner.flush(), text):
            self._tail.line(line)

    def _end(self) -> None:
        if self._is_live:
            self._is_live = False
            for line in self._joiner.flush():
                self._tail.line(line)
        self._tail.clear()


def label_of(segment: SegmentUpdate, speakers: tuple[MeetingSpeaker, ...]) -> str:
    """What the user reads as the speaker of a segment."""
    return next((s.label for s in speakers if s.track == segment.track), "Unknown")


def text_of(segment: SegmentUpdate) -> str:
    """A segment's words as running text."""
    return join_words(segment.words, segment.language)


def show_progress(line: ProgressLine, *, has_decoding: bool = True) -> Listener:
    """A listener that moves a progress line.

    Args:
        has_decoding: Show how far a file is decoded; at the pace of the clock the live lines
            show that.
    """

    def listen(event: MeetingEvent) -> None:
        if isinstance(event, Progressed) and (has_decoding or event.step != DECODING):
            line.update(event.share, event.step)

    return listen


def show_notes(writer: Writer) -> Listener:
    """A listener that prints notices and failures."""

    def listen(event: MeetingEvent) -> None:
        if isinstance(event, Noticed):
            writer.note(f"note: {event.notice.text}")
        elif isinstance(event, Failed):
            writer.warning(f"error: {event.report.user_text}")

    return listen


def tell_all(*listeners: Listener) -> Listener:
    """One listener that passes every event on, in order."""

    def listen(event: MeetingEvent) -> None:
        for listener in listeners:
            listener(event)

    return listen


@contextmanager
def interruptible(on_first: Callable[[], None]) -> Iterator[threading.Event]:
    """Turn the first Ctrl-C (or a request to terminate) into an event instead of an exception.

    The second one raises `KeyboardInterrupt`.

    Args:
        on_first: Called at the first one, in the main thread.
    """
    interrupted = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if interrupted.is_set():
            raise KeyboardInterrupt
        interrupted.set()
        on_first()

    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
