"""Obeys `crosstalk remote` and keys of the whole desktop: starts, holds and stops the recording."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from app.domain.marks import HoldReason
from app.domain.remote import Answer, Command, Order
from app.ui.errors import Problem
from app.ui.live.session import LiveSession, LiveState
from app.ui.live.view import LiveView
from app.ui.times import clock

Reply = Callable[[Answer], None]

ALREADY = "A meeting is already being recorded. Stop it first."
NOTHING_RUNS = "No meeting is being recorded. Start one first."
BUSY = "The recording is just being started or saved. Try again in a moment."
SAMPLE_PLAYS = "The sample meeting plays, which cannot be paused or marked. Stop it first."
NO_SOURCE = "There is no sound source to record. Connect a microphone, or choose one in the window."
STARTED = "Recording."
NOT_STARTED = "The recording did not start; the window says why."
STOPPED = "Stopped. The recording is kept, and its transcript is being finished."
GOES_ON = "Recording again."
HELD = {
    HoldReason.PAUSED: "Paused: nothing is recorded.",
    HoldReason.OFF_RECORD: "Off the record: nothing is recorded.",
}


class Remote(QObject):
    """Carries out orders as the window's own buttons would; main thread only.

    Every order gets one answer, when it is done or cannot be; the window is not brought to the
    front, because somebody is in a meeting.
    """

    def __init__(
        self, live: LiveView, show_live: Callable[[], None], parent: QObject | None = None
    ) -> None:
        """Steer a view.

        Args:
            show_live: Shows the page on which a recording is set up, and asks for the devices.
        """
        super().__init__(parent)
        self._live = live
        self._show_live = show_live
        self._starting: Reply | None = None

    @Slot(object, object)
    def obey(self, order: Order, reply: Reply) -> None:
        """Carry out an order; `reply` is called at once or later."""
        match order.command:
            case Command.START:
                self._start(reply)
            case Command.STOP:
                self._stop(reply)
            case Command.TOGGLE:
                (self._stop if self._live.is_running else self._start)(reply)
            case Command.PAUSE:
                self._hold(HoldReason.PAUSED, reply)
            case Command.OFF_RECORD:
                self._hold(HoldReason.OFF_RECORD, reply)
            case Command.MARK:
                self._mark(order.note, reply)

    def _start(self, reply: Reply) -> None:
        if self._live.is_running:
            reply(_no(ALREADY))
        elif self._starting is not None:
            reply(_no(BUSY))
        else:
            self._starting = reply
            self._live.setup.refreshed.connect(self._record)
            self._show_live()

    @Slot()
    def _record(self) -> None:
        """Start now that the devices are known."""
        reply, self._starting = self._starting, None
        self._live.setup.refreshed.disconnect(self._record)
        if reply is None:
            return
        if self._live.is_running:
            reply(_no(ALREADY))
            return
        before = self._live.session
        self._live.setup.ask()
        session = self._live.session
        if session is None or session is before:
            reply(_no(NO_SOURCE))
        else:
            _Start(session, reply)

    def _stop(self, reply: Reply) -> None:
        session = self._live.session
        if session is None or not self._live.is_running:
            reply(_no(NOTHING_RUNS))
        elif session.state is not LiveState.RUNNING:
            reply(_no(BUSY))
        else:
            self._live.stop()
            reply(Answer(is_done=True, text=STOPPED))

    def _hold(self, reason: HoldReason, reply: Reply) -> None:
        session = self._running(reply)
        if session is None:
            return

        def answer(now: HoldReason | None) -> None:
            session.hold_changed.disconnect(answer)
            reply(Answer(is_done=True, text=GOES_ON if now is None else HELD[now]))

        session.hold_changed.connect(answer)
        session.hold(reason)

    def _mark(self, note: str, reply: Reply) -> None:
        session = self._running(reply)
        at = None if session is None else session.now()
        if session is not None and at is not None:
            session.mark(at, note)
            reply(Answer(is_done=True, text=f"Marked at {clock(session.elapsed_s)}."))

    def _running(self, reply: Reply) -> LiveSession | None:
        """The session that records; the reply is given where there is none."""
        session = self._live.session
        if session is None or not self._live.is_running:
            reply(_no(NOTHING_RUNS))
        elif session.is_sample:
            reply(_no(SAMPLE_PLAYS))
        elif session.state is not LiveState.RUNNING:
            reply(_no(BUSY))
        else:
            return session
        return None


class _Start(QObject):
    """Waits until a session runs or has failed; its child, so that it goes with it."""

    def __init__(self, session: LiveSession, reply: Reply) -> None:
        super().__init__(session)
        self._reply: Reply | None = reply
        self._text = NOT_STARTED
        session.problem_found.connect(self._note)
        session.state_changed.connect(self._look)

    @Slot(object)
    def _note(self, problem: Problem) -> None:
        self._text = problem.text

    @Slot(object)
    def _look(self, state: LiveState) -> None:
        reply = self._reply
        if reply is None or state is LiveState.STARTING:
            return
        self._reply = None
        is_done = state is LiveState.RUNNING
        reply(Answer(is_done=is_done, text=STARTED if is_done else self._text))
        self.deleteLater()


def _no(text: str) -> Answer:
    return Answer(is_done=False, text=text)
