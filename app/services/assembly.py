"""Makes all services of one program from its ports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.domain.meeting import StreamInfo
from app.domain.ports import AudioFiles, CaptureBackend, ExporterRegistry, Player, VoicePicker
from app.domain.sentences import say
from app.services.claims import adopt_orphans
from app.services.context import AppContext
from app.services.core import Core
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
from app.settings.files import SettingsFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """The ports that only single services need.

    Attributes:
        repair: Makes the recording in a folder readable whose process was killed.
    """

    capture: CaptureBackend
    files: AudioFiles
    player: Player
    exporters: ExporterRegistry
    pick_voice: VoicePicker
    repair: Callable[[Path], tuple[StreamInfo, ...]]


def assemble(
    core: Core,
    devices: Devices,
    settings_file: SettingsFile,
    *,
    opening_notices: tuple[str, ...] = (),
) -> AppContext:
    """Wire the services, and make the meetings of a crashed program pending again."""
    speakers = SpeakersService(core, devices.files, devices.capture)
    adopted = adopt_orphans(core, devices.repair)
    notices = opening_notices + tuple(
        say(
            "{title} was interrupted; {length} of audio is kept. Complete it with `crosstalk "
            "library refine {meeting}`.",
            title=repr(meeting.title),
            length=timedelta(seconds=round(meeting.duration_s)),
            meeting=meeting.meeting_id,
        )
        for meeting in adopted
    )
    return AppContext(
        paths=core.paths,
        library=LibraryService(core),
        recording=RecordingService(core, devices.capture, recognise=speakers.recognise),
        transcribing=TranscribingService(core, devices.files, recognise=speakers.recognise),
        exporting=ExportingService(core, devices.exporters),
        retention=RetentionService(core),
        inbox=InboxService(core),
        speakers=speakers,
        models=ModelsService(core.weights),
        diagnostics=DiagnosticsService(core, devices.capture, devices.player),
        player=devices.player,
        listening=ListeningService(core, devices.pick_voice),
        updates=UpdatesService(core.settings, core.clock, core.paths.data_dir),
        settings_file=settings_file,
        opening_notices=notices,
    )
