"""Where the window was and what it showed, kept until the next start."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow, QSplitter, QWidget

from app.domain.ids import MeetingId

_GEOMETRY, _SIDES = "window/geometry", "window/splitter"
_HAS_SIDEBAR, _MEETING = "window/sidebar", "window/meeting"


class WindowMemory:
    """Reads and writes the state of a window; a file that makes no sense changes nothing."""

    def __init__(self, memory: QSettings) -> None:
        self._memory = memory

    def restore(self, window: QMainWindow, splitter: QSplitter, sidebar: QWidget) -> None:
        """Put the window where it was; call before it is shown."""
        geometry, sides = self._memory.value(_GEOMETRY), self._memory.value(_SIDES)
        if isinstance(geometry, QByteArray):
            window.restoreGeometry(geometry)
        if isinstance(sides, QByteArray):
            splitter.restoreState(sides)
        sidebar.setVisible(self._memory.value(_HAS_SIDEBAR) != "false")

    def remember(
        self,
        window: QMainWindow,
        splitter: QSplitter,
        *,
        has_sidebar: bool,
        meeting_id: MeetingId | None,
    ) -> None:
        """Keep where the window is and which meeting it shows."""
        self._memory.setValue(_GEOMETRY, window.saveGeometry())
        if has_sidebar:  # a hidden list has no width to come back to
            self._memory.setValue(_SIDES, splitter.saveState())
        self._memory.setValue(_HAS_SIDEBAR, "true" if has_sidebar else "false")
        self._memory.setValue(_MEETING, meeting_id or "")
        self._memory.sync()

    @property
    def meeting_id(self) -> MeetingId | None:
        """The meeting that was open at the end."""
        stored = self._memory.value(_MEETING)
        return MeetingId(stored) if isinstance(stored, str) and stored else None
