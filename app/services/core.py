"""What every use case works on, and the checks that several of them share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import Category, KnownError
from app.domain.ids import MeetingId
from app.domain.ports import (
    EngineHost,
    MeetingStore,
    SpeakerStore,
    TranscriptStore,
    WeightsStore,
)
from app.domain.sentences import say
from app.domain.session import SEPARATION_NETWORKS, ModelChoice, require_language
from app.lib.clock import Clock
from app.lib.paths import Paths
from app.settings.schema import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The ports and facts that the services share; made by `app.bootstrap`.

    Attributes:
        settings: Returns the settings that hold now.
    """

    meetings: MeetingStore
    transcripts: TranscriptStore
    speakers: SpeakerStore
    engine: EngineHost
    weights: WeightsStore
    clock: Clock
    paths: Paths
    settings: Callable[[], Settings]

    def folder_of(self, meeting_id: MeetingId) -> Path:
        """Where a meeting's recordings lie."""
        return self.paths.recordings_dir / meeting_id

    def discard(self, meeting_id: MeetingId) -> None:
        """Take back a meeting that came to nothing; files that the disk holds on to stay."""
        self.meetings.delete(meeting_id)
        shutil.rmtree(self.folder_of(meeting_id), ignore_errors=True)

    def delete(self, meeting_id: MeetingId) -> None:
        """Remove a meeting, its transcript and its recordings.

        Raises:
            KnownError: No such meeting; or a recording is left, and the message says where.
        """
        self.discard(meeting_id)
        folder = self.folder_of(meeting_id)
        if folder.exists():
            raise KnownError(
                say(
                    "The meeting is deleted, but some of its recordings are left in {folder}. "
                    "Close what plays them, and delete that folder by hand.",
                    folder=folder,
                ),
                category=Category.DISK,
            )

    def require_language(self, models: ModelChoice, language: str) -> None:
        """Check that the recogniser of the text that stays knows a language.

        Raises:
            KnownError: It does not.
        """
        for status in self.weights.list():
            if status.model_id == models.asr_final:
                require_language(status.model_id, status.languages, language)

    def require_weights(self, models: ModelChoice) -> None:
        """Check, without hashing, that the weights of all chosen models are here.

        Raises:
            KnownError: An id is unknown (INPUT), or weights are absent (MISSING_MODEL); the
                message holds the command that brings them.
        """
        chosen = [
            models.vad,
            models.segmentation,
            models.embedding,
            models.asr_partial,
            models.asr_final,
        ]
        if models.separation_network in SEPARATION_NETWORKS:
            chosen.append(models.separation_network)
        if models.voice_refiner is not None:
            chosen.append(models.voice_refiner)
        known = {status.model_id: status for status in self.weights.list()}
        unknown = [model_id for model_id in chosen if model_id not in known]
        if unknown:
            raise KnownError(
                say(
                    "{models} is not a known model. Known are {known}: see `crosstalk models "
                    "list`.",
                    models=_joined(unknown),
                    known=", ".join(sorted(known)) or "none",
                )
            )
        missing = {model_id for model_id in chosen if known[model_id].state != "ok"}
        if missing:
            command = (
                "default"
                if len(missing) > 1 and all(known[model_id].is_default for model_id in missing)
                else min(missing)
            )
            raise KnownError(
                say(
                    "The weights of {models} are missing or damaged. Get them with "
                    "`crosstalk models fetch {model}`.",
                    models=_joined(sorted(missing)),
                    model=command,
                ),
                category=Category.MISSING_MODEL,
            )


def _joined(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
