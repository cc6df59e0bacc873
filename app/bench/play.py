"""Plays recordings through the product, as `crosstalk transcribe` does, and keeps what happens."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.bench.load import Load, LoadMeter
from app.bench.tape import Shown, Tape
from app.domain.ids import StreamId
from app.domain.meeting import MeetingTranscript
from app.domain.session import ModelChoice, OperatingPoint, Part, SpeakerRange
from app.domain.vocabulary import VocabularyTerm
from app.lib.clock import SystemClock
from app.services.context import AppContext
from app.services.events import Listener, MeetingEvent
from app.services.transcribing import TranscribeRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How to run the product.

    Attributes:
        point: FINAL is the pass over the whole recording.
        is_realtime: At the pace of the clock; else as fast as the engine takes it.
        language: None takes the setting's.
        models: None takes the settings'.
        is_echo_handled: None takes the setting's.
        without: Parts of the captions to leave out.
    """

    point: OperatingPoint = OperatingPoint.BALANCED
    is_realtime: bool = True
    language: str | None = None
    speakers: SpeakerRange = field(default_factory=SpeakerRange)
    vocabulary: tuple[VocabularyTerm, ...] = ()
    models: ModelChoice | None = None
    is_echo_handled: bool | None = None
    without: frozenset[Part] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One recording that ran through the product.

    Attributes:
        shown: What the user saw, in time.
        transcript: What the library holds at the end.
    """

    shown: tuple[Shown, ...]
    tape: Tape
    transcript: MeetingTranscript
    load: Load

    @property
    def dropped_samples(self) -> int:
        """Samples that the capture or the engine says it lost."""
        in_capture = sum(info.dropped_samples for info in self.transcript.meeting.streams)
        in_engine = max((health.dropped_samples for _, health in self.tape.health()), default=0)
        return in_capture + in_engine


def play(
    context: AppContext,
    inputs: Mapping[StreamId, Path],
    setup: Setup,
    *,
    cancel: threading.Event,
    listener: Listener | None = None,
) -> Take:
    """Run one recording through live session and, at FINAL, the final pass; blocks.

    Args:
        listener: Also told everything, for progress.

    Raises:
        KnownError: An input is unreadable, weights are missing, or the engine failed.
        Cancelled: `cancel` was set.
    """
    meter = LoadMeter(SystemClock())
    tape = Tape(on_second=meter)

    def listen(event: MeetingEvent) -> None:
        tape(event)
        if listener is not None:
            listener(event)

    request = TranscribeRequest(
        inputs=inputs,
        point=setup.point,
        is_realtime=setup.is_realtime,
        language=setup.language,
        speakers=setup.speakers,
        vocabulary=setup.vocabulary,
        models=setup.models,
        is_echo_handled=setup.is_echo_handled,
        without=setup.without,
    )
    meeting_id = context.transcribing.transcribe(request, listen, cancel)
    transcript = context.library.transcript(meeting_id)
    return Take(shown=tuple(tape.shown()), tape=tape, transcript=transcript, load=meter.load())
