"""Makes the services of one program from its ports, each when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.meeting import Meeting, StreamInfo
from app.domain.ports import AudioFiles, CaptureBackend, ExporterRegistry, Player, VoicePicker
from app.lib.once import once
from app.services.claims import adopt_orphans
from app.services.context import AppContext
from app.services.core import Core
from app.settings.files import SettingsFile

if TYPE_CHECKING:  # a start waits for what its first window needs
    from app.services.diagnostics import DiagnosticsService
    from app.services.exporting import ExportingService
    from app.services.inbox import InboxService
    from app.services.library import LibraryService
    from app.services.listening import ListeningService
    from app.services.models import ModelsService
    from app.services.recording import RecordingService
    from app.services.retention import RetentionService
    from app.services.speakers import SpeakersService
    from app.services.transcribing import TranscribingService
    from app.services.updates import UpdatesService


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """Open the ports that only single services need; each is opened at most once.

    Attributes:
        repair: Makes the recording in a folder readable whose process was killed.
    """

    capture: Callable[[], CaptureBackend]
    files: Callable[[], AudioFiles]
    player: Callable[[], Player]
    exporters: Callable[[], ExporterRegistry]
    pick_voice: VoicePicker
    repair: Callable[[Path], tuple[StreamInfo, ...]]


class Assembled(AppContext):
    """The services of a program with a library; a service may be asked for from any thread."""

    def __init__(
        self,
        core: Core,
        devices: Devices,
        settings_file: SettingsFile,
        opening_notices: tuple[str, ...],
        recovered: tuple[Meeting, ...],
    ) -> None:
        self._core = core
        self._devices = devices
        self.paths = core.paths
        self.settings_file = settings_file
        self.opening_notices = opening_notices
        self.recovered = recovered

    @once
    def library(self) -> LibraryService:
        """Stored meetings."""
        from app.services.library import LibraryService

        return LibraryService(self._core)

    @once
    def recording(self) -> RecordingService:
        """Recordings of this machine."""
        from app.services.recording import RecordingService

        return RecordingService(self._core, self._capture, recognise=self.speakers.recognise)

    @once
    def transcribing(self) -> TranscribingService:
        """Files, and final passes."""
        from app.services.transcribing import TranscribingService

        return TranscribingService(self._core, self._files, recognise=self.speakers.recognise)

    @once
    def exporting(self) -> ExportingService:
        """Files of transcripts."""
        from app.services.exporting import ExportingService

        return ExportingService(self._core, self._devices.exporters())

    @once
    def retention(self) -> RetentionService:
        """What is deleted by age."""
        from app.services.retention import RetentionService

        return RetentionService(self._core)

    @once
    def inbox(self) -> InboxService:
        """The watched folder."""
        from app.services.inbox import InboxService

        return InboxService(self._core)

    @once
    def speakers(self) -> SpeakersService:
        """Enrolled people."""
        from app.services.speakers import SpeakersService

        return SpeakersService(self._core, self._files, self._capture)

    @once
    def models(self) -> ModelsService:
        """Weights on this machine."""
        from app.services.models import ModelsService

        return ModelsService(self._core.weights)

    @once
    def diagnostics(self) -> DiagnosticsService:
        """Whether the machine is ready."""
        from app.services.diagnostics import DiagnosticsService

        return DiagnosticsService(self._core, self._capture, self.player)

    @once
    def listening(self) -> ListeningService:
        """Stored audio."""
        from app.services.listening import ListeningService

        return ListeningService(self._core, self._devices.pick_voice)

    @once
    def updates(self) -> UpdatesService:
        """Newer versions."""
        from app.services.updates import UpdatesService

        return UpdatesService(self._core.settings, self._core.clock, self._core.paths.data_dir)

    @once
    def player(self) -> Player:
        """What plays stored audio."""
        return self._devices.player()

    @once
    def _capture(self) -> CaptureBackend:
        return self._devices.capture()

    @once
    def _files(self) -> AudioFiles:
        return self._devices.files()

    def close(self) -> None:
        """End what records."""
        if type(self).recording.is_made(self):
            self.recording.close()


def assemble(
    core: Core,
    devices: Devices,
    settings_file: SettingsFile,
    *,
    opening_notices: tuple[str, ...] = (),
) -> Assembled:
    """Put a program together, and make the meetings of a crashed one pending again."""
    recovered = adopt_orphans(core, devices.repair)
    return Assembled(core, devices, settings_file, opening_notices, recovered)
