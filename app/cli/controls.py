"""Keys and signals that steer a recording from a terminal.

Keys work while standard input is a terminal; signals always, where the system has them, so that
a key of the desktop can be bound to `kill -USR1 PID`.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.cli.writer import Tail, Writer
from app.domain.errors import KnownError
from app.domain.marks import HoldReason
from app.services.recording import LiveMeeting

KEYS_HELP = "Keys: p pause, o off the record, m marker, n marker with a note, Ctrl-C stop."
_MAX_KEY_BYTES = 64
_ENTER = ("\r", "\n")
_BACKSPACE = ("\x7f", "\x08")
_ESCAPE = "\x1b"


class Controls:
    """Obeys keys and signals; all methods belong to the main thread.

    Args:
        terminal: File descriptor that keys come from; None where there is no keyboard.
    """

    def __init__(
        self, live: LiveMeeting, writer: Writer, tail: Tail, terminal: int | None = None
    ) -> None:
        self._live = live
        self._writer = writer
        self._tail = tail
        self._terminal = terminal
        self._note: str | None = None
        self._noted_at = 0
        self._wanted: list[Callable[[], None]] = []

    def wait(self, stop: threading.Event, timeout_s: float) -> bool:
        """Wait for `stop`, obeying what comes meanwhile; returns whether it is set."""
        while self._wanted:
            self._wanted.pop(0)()
        if self._terminal is None:
            return stop.wait(timeout_s)
        if _can_read(self._terminal, timeout_s):
            data = os.read(self._terminal, _MAX_KEY_BYTES)
            if not data:
                # The terminal is gone, and would be readable for ever.
                self._terminal = None
            for key in data.decode(errors="ignore"):
                self._press(key)
        return stop.is_set()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Obey SIGUSR1 (pause, go on) and SIGUSR2 (marker) inside the block."""
        is_main = threading.current_thread() is threading.main_thread()
        if sys.platform == "win32" or not is_main:
            yield
            return
        before = {
            number: signal.signal(number, self._asking(action))
            for number, action in (
                (signal.SIGUSR1, lambda: self._toggle(HoldReason.PAUSED)),
                (signal.SIGUSR2, self._mark),
            )
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asking(self, action: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
        def handle(_number: int, _frame: FrameType | None) -> None:
            # Only noted: the interrupted code may hold a lock that the action needs.
            self._wanted.append(action)

        return handle

    def _press(self, key: str) -> None:
        if self._note is not None:
            self._type(self._note, key)
        elif key in "pP":
            self._toggle(HoldReason.PAUSED)
        elif key in "oO":
            self._toggle(HoldReason.OFF_RECORD)
        elif key in "mM":
            self._mark()
        elif key in "nN":
            self._note = ""
            self._noted_at = self._live.now()
            self._tail.set("Note: ")

    def _type(self, note: str, key: str) -> None:
        if key in _ENTER:
            self._note = None
            self._mark(note, self._noted_at)
        elif key == _ESCAPE:
            self._note = None
            self._tail.clear()
        else:
            self._note = note[:-1] if key in _BACKSPACE else note + key
            self._tail.set(f"Note: {self._note}")

    def _toggle(self, reason: HoldReason) -> None:
        if self._live.hold is None:
            self._live.pause(reason)
        else:
            self._live.resume()

    def _mark(self, note: str = "", at: int | None = None) -> None:
        try:
            self._live.mark(note, at)
        except KnownError as error:
            self._tail.clear()
            self._writer.warning(f"error: {error}")


@contextmanager
def keyboard() -> Iterator[int | None]:
    """Standard input with every key delivered at once and not shown; None if it is no terminal."""
    if sys.platform == "win32" or not sys.stdin.isatty():
        yield None
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield terminal
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _can_read(terminal: int, timeout_s: float) -> bool:
    return bool(select.select([terminal], [], [], timeout_s)[0])
