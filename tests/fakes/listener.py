"""A listener that remembers, and lets a test wait."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

from app.domain.errors import ErrorReport
from app.domain.ids import MeetingId, StreamId
from app.domain.messages import Health, ModelUse, Notice, TrackState, TranscriptPatch
from app.domain.session import SessionConfig
from app.domain.transcript import Transcript

WAIT_S = 20.0


def make_config(*streams: StreamId, models_dir: Path = Path("weights")) -> SessionConfig:
    """A session that takes audio as fast as it comes."""
    return SessionConfig(
        meeting_id=MeetingId("0badcafe"),
        streams=streams or (StreamId.SYSTEM,),
        models_dir=models_dir,
        is_realtime=False,
    )


class RecordingListener:
    """An `EngineListener`."""

    def __init__(self) -> None:
        self.transcript = Transcript()
        self.started: list[tuple[ModelUse, ...]] = []
        self.notices: list[Notice] = []
        self.errors: list[ErrorReport] = []
        self.healths: list[Health] = []
        self.voices: tuple[TrackState, ...] = ()
        self._changed = threading.Condition()

    def on_started(self, models: tuple[ModelUse, ...]) -> None:
        self._note(lambda: self.started.append(models))

    def on_patch(self, patch: TranscriptPatch) -> None:
        self._note(lambda: self.transcript.apply(patch))

    def on_voices(self, voices: tuple[TrackState, ...]) -> None:
        self._note(lambda: setattr(self, "voices", voices))

    def on_health(self, health: Health) -> None:
        self._note(lambda: self.healths.append(health))

    def on_notice(self, notice: Notice) -> None:
        self._note(lambda: self.notices.append(notice))

    def on_error(self, report: ErrorReport) -> None:
        self._note(lambda: self.errors.append(report))

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = WAIT_S) -> bool:
        """Wait until `condition` holds after some event."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    @property
    def text(self) -> str:
        return " ".join(word.text for segment in self.transcript for word in segment.words)

    @property
    def turns(self) -> list[tuple[str | None, str]]:
        """Track and text, neighbours of one track joined."""
        return [
            (track, " ".join(word.text for s in segments for word in s.words))
            for track, segments in itertools.groupby(self.transcript, lambda s: s.track)
        ]

    def _note(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()
