"""What a front end receives: every service, the settings and the paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.lib.paths import Paths
from app.settings.files import SettingsFile
from app.settings.schema import Settings

if TYPE_CHECKING:  # a service is imported when it is first asked for
    from app.domain.meeting import Meeting
    from app.domain.ports import Player
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
    from app.services.vocabulary import VocabularyService


class AppContext(Protocol):
    """The services of one running program; made by `app.services.assembly`.

    Attributes:
        opening_notices: Sentences the user should see once: a damaged library was set aside.
        recovered: Meetings whose recording was cut short by a crash, found at this start.
    """

    paths: Paths
    settings_file: SettingsFile
    opening_notices: tuple[str, ...]
    recovered: tuple[Meeting, ...]
    library: LibraryService
    recording: RecordingService
    transcribing: TranscribingService
    exporting: ExportingService
    retention: RetentionService
    inbox: InboxService
    speakers: SpeakersService
    models: ModelsService
    diagnostics: DiagnosticsService
    player: Player
    listening: ListeningService
    updates: UpdatesService

    @property
    def settings(self) -> Settings:
        """The settings that hold now."""
        return self.settings_file.current

    @property
    def vocabulary(self) -> VocabularyService:
        """The terms that hold for every meeting."""
        from app.services.vocabulary import VocabularyService

        return VocabularyService(self.paths.vocabulary_file)

    def save_settings(self, settings: Settings) -> None:
        """Make `settings` hold from now on, and store them.

        Raises:
            KnownError: The file cannot be written; the settings hold until the program ends.
        """
        self.settings_file.save(settings)
