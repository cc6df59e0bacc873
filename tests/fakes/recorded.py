"""The events of one engine session, and what they come to."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence

from app.domain.errors import ErrorReport
from app.domain.messages import TranscriptPatch, Word
from app.domain.transcript import Transcript
from app.engine.protocol import Event, Patched, Reported


class Recorded:
    """What a session said, and the transcript of it."""

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self.events = list(events)

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Whether it comes true; asked again after short waits."""
        for _ in range(500):
            if condition():
                return True
            threading.Event().wait(0.02)
        return False

    @property
    def patches(self) -> list[TranscriptPatch]:
        return [event.patch for event in self.events if isinstance(event, Patched)]

    @property
    def reports(self) -> list[ErrorReport]:
        return [event.report for event in self.events if isinstance(event, Reported)]

    @property
    def transcript(self) -> Transcript:
        transcript = Transcript()
        for patch in self.patches:
            transcript.apply(patch)
        return transcript

    @property
    def words(self) -> list[Word]:
        return [word for segment in self.transcript for word in segment.words]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    def said_by(self) -> list[tuple[str | None, str]]:
        """Track and text, neighbours of one track joined."""
        return [
            (track, " ".join(word.text for s in segments for word in s.words))
            for track, segments in itertools.groupby(self.transcript, lambda s: s.track)
        ]
