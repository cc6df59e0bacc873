"""A whole program on fakes: what `app.bootstrap` makes, without devices, models or SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import SegmentStatus, SegmentUpdate, TranscriptPatch, Word
from app.domain.units import Span, to_samples
from app.lib.clock import Clock
from app.lib.paths import Paths
from app.services.assembly import Devices, assemble
from app.services.context import AppContext
from app.services.core import Core
from app.services.events import MeetingEvent
from app.settings.files import SettingsFile
from app.settings.schema import Settings
from tests.fakes.audio import FakeAudioFiles, FakeCaptureBackend, FakePlayer, repair
from tests.fakes.clock import FakeClock
from tests.fakes.engine import ScriptedEngine
from tests.fakes.exporters import FakeExporters
from tests.fakes.library import FakeLibrary
from tests.fakes.weights import FakeWeights


@dataclass
class FakeProgram:
    """Fakes behind real services.

    Attributes:
        events: Everything that `listen` received.
    """

    folder: Path
    clock: Clock = field(default_factory=FakeClock)
    library: FakeLibrary = field(default_factory=FakeLibrary)
    engine: ScriptedEngine = field(default_factory=ScriptedEngine)
    weights: FakeWeights = field(default_factory=FakeWeights)
    backend: FakeCaptureBackend = field(default_factory=FakeCaptureBackend)
    files: FakeAudioFiles = field(default_factory=FakeAudioFiles)
    player: FakePlayer = field(default_factory=FakePlayer)
    exporters: FakeExporters = field(default_factory=FakeExporters)
    events: list[MeetingEvent] = field(default_factory=list)
    picked: list[tuple[object, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paths = Paths(data_dir=self.folder / "data", models_dir=self.folder / "models")
        self.settings_file = SettingsFile(self.paths.settings_file, Settings())
        self.core = Core(
            library=self.library,
            engine=self.engine,
            weights=self.weights,
            clock=self.clock,
            paths=self.paths,
            settings=lambda: self.settings_file.current,
        )
        devices = Devices(
            capture=lambda: self.backend,
            files=lambda: self.files,
            player=lambda: self.player,
            exporters=lambda: self.exporters,
            pick_voice=self.pick_voice,
            repair=repair,
        )
        self.context: AppContext = assemble(self.core, devices, self.settings_file)

    def pick_voice(self, read, span, track, turns):  # type: ignore[no-untyped-def]
        """Half as loud; None where somebody else talks whenever the person does."""
        self.picked.append((span, track, tuple(turns)))
        spans = {who: [other for other, of in turns if of == who] for _, who in turns}
        if any(own == spans[track] for who, own in spans.items() if who != track):
            return None
        return read(span.start, span.end) / 2

    def listen(self, event: MeetingEvent) -> None:
        self.events.append(event)

    def events_of(self, kind: type) -> list[MeetingEvent]:
        return [event for event in self.events if isinstance(event, kind)]


def segment(
    segment_id: str,
    text: str,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    track: str | None = "S1",
    revision: int = 1,
    is_final: bool = True,
    stream: StreamId = StreamId.MIX,
    **fields: object,
) -> SegmentUpdate:
    """A segment whose words share its time evenly."""
    texts = text.split()
    end = start_s + len(texts) if end_s is None else end_s
    step = (end - start_s) / max(1, len(texts))
    words = tuple(
        Word(
            text=word,
            span=Span(to_samples(start_s + i * step), to_samples(start_s + (i + 1) * step)),
            probability=0.875 if is_final else None,
        )
        for i, word in enumerate(texts)
    )
    return SegmentUpdate(
        segment_id=SegmentId(segment_id),
        revision=revision,
        stream=stream,
        span=Span.from_seconds(start_s, end),
        track=None if track is None else TrackId(track),
        words=words,
        status=SegmentStatus.FINAL if is_final else SegmentStatus.PARTIAL,
        committed=len(words) if is_final else 0,
        **fields,  # type: ignore[arg-type]
    )


def patch(*updates: SegmentUpdate, **fields: object) -> TranscriptPatch:
    """A patch of these updates."""
    return TranscriptPatch(updates=updates, **fields)  # type: ignore[arg-type]
