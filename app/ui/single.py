"""One window per library: a second start brings the first one to the front."""

from __future__ import annotations

import hashlib
import logging
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from app.domain.ids import MeetingId

log = logging.getLogger(__name__)

CONNECT_MS = 500
MAX_LINE_BYTES = 128
_SHOW = "show"


class SingleInstance(QObject):
    """Listens for later starts on the same library; only this user can reach it."""

    called = Signal()
    """Somebody started the program again."""
    open_wanted = Signal(object)
    """Somebody started it again with a link to this `MeetingId`."""

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        digest = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
        self._name = f"crosstalk-{digest}"
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
            socket.readyRead.connect(partial(self._read, socket))
            socket.disconnected.connect(socket.deleteLater)
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            return
        word = bytes(socket.readLine(MAX_LINE_BYTES).data()).decode(errors="replace").strip()
        self.called.emit()
        if word != _SHOW:
            self.open_wanted.emit(MeetingId(word))
