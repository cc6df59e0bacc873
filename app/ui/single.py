"""One window per library: a second start brings the first one to the front, or gives it orders."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from shiboken6 import isValid

from app.domain.ids import MeetingId
from app.domain.remote import Answer, Command, Order

log = logging.getLogger(__name__)

CONNECT_MS = 500
ANSWER_MS = 15_000
"""Opening devices may need seconds: a Bluetooth headset changes its mode first."""
MAX_LINE_BYTES = 8_192
UNREADABLE = "The window does not know this command: it may be of another version. Restart it."
_SHOW = "show"


class SingleInstance(QObject):
    """Listens for later starts on the same library; only this user can reach it."""

    called = Signal()
    """Somebody started the program again."""
    open_wanted = Signal(object)
    """Somebody started it again with a link to this `MeetingId`."""
    ordered = Signal(object, object)
    """An `Order`, and what to call with its `Answer`."""

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = server_name(data_dir)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._take)

    def claim(self, meeting_id: MeetingId | None = None) -> bool:
        """Become the one window of this library, or call the one that is.

        Args:
            meeting_id: What the one that is called shall open.

        Returns:
            Whether this is the first window; False when another one was called.
        """
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(CONNECT_MS):
            socket.write(f"{meeting_id or _SHOW}\n".encode())
            socket.waitForBytesWritten(CONNECT_MS)
            socket.disconnectFromServer()
            return False
        # What a killed program left behind refuses connections and would block the name.
        QLocalServer.removeServer(self._name)
        if not self._server.listen(self._name):
            log.warning("no later start can be noticed: %s", self._server.errorString())
        return True

    def release(self) -> None:
        """Let another window be the one."""
        self._server.close()

    @Slot()
    def _take(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            caller = _Caller(socket, self)
            caller.said.connect(self._hear)
            caller.read()

    @Slot(str, object)
    def _hear(self, line: str, reply: Callable[[Answer], None]) -> None:
        if line.startswith("{"):
            self._obey(line, reply)
            return
        self.called.emit()
        if line != _SHOW:
            self.open_wanted.emit(MeetingId(line))

    def _obey(self, line: str, reply: Callable[[Answer], None]) -> None:
        try:
            record = json.loads(line)
            order = Order(command=Command(record["command"]), note=str(record["note"]))
        except (ValueError, KeyError, TypeError):
            reply(Answer(is_done=False, text=UNREADABLE))
            return
        self.ordered.emit(order, reply)


class _Caller(QObject):
    """A later start, until it hangs up."""

    said = Signal(str, object)
    """A line, and what to call with an `Answer`."""

    def __init__(self, socket: QLocalSocket, parent: QObject) -> None:
        super().__init__(parent)
        self._socket = socket
        socket.setParent(self)
        socket.readyRead.connect(self.read)
        socket.disconnected.connect(self.deleteLater)

    @Slot()
    def read(self) -> None:
        """Take a line, if a whole one is here."""
        if self._socket.canReadLine():
            line = bytes(self._socket.readLine(MAX_LINE_BYTES).data()).decode(errors="replace")
            self.said.emit(line.strip(), self.answer)

    def answer(self, answer: Answer) -> None:
        """Send an answer; nothing when the caller is gone."""
        if isValid(self):
            line = json.dumps({"done": answer.is_done, "text": answer.text})
            self._socket.write(f"{line}\n".encode())
            self._socket.flush()


def server_name(data_dir: Path) -> str:
    """What the window of a library listens to."""
    digest = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
    return f"crosstalk-{digest}"


def ask_window(data_dir: Path, order: Order) -> Answer | None:
    """Give an order to the open window of a library, and wait for its answer.

    Returns:
        None where no window is open.
    """
    socket = QLocalSocket()
    socket.connectToServer(server_name(data_dir))
    if not socket.waitForConnected(CONNECT_MS):
        return None
    line = json.dumps({"command": order.command, "note": order.note})
    socket.write(f"{line}\n".encode())
    while not socket.canReadLine():
        if not socket.waitForReadyRead(ANSWER_MS):
            return Answer(is_done=False, text="The window is busy and does not answer. Look at it.")
    record = json.loads(bytes(socket.readLine(MAX_LINE_BYTES).data()))
    return Answer(is_done=bool(record["done"]), text=str(record["text"]))
