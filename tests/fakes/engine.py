"""An engine that plays a script instead of running models."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.domain.errors import Cancelled, ErrorReport, KnownError
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import Health, ModelUse, Notice, StageHealth, TrackState, TranscriptPatch
from app.domain.ports import EngineListener, SampleSource
from app.domain.session import (
    CheckJob,
    ClipEmbedding,
    EmbedJob,
    OperatingPoint,
    RefineJob,
    SessionConfig,
)
from app.domain.voice_quality import VoiceQuality
from app.lib.threads import Worker

DIMENSION = 192

MODELS = (
    ModelUse(model_id="whisper-base", role="asr_final", version="1", sha256="ab" * 32),
    ModelUse(model_id="silero-vad", role="vad", version="1", sha256="cd" * 32),
)
HEALTH = Health(
    lag_s=0.25,
    stages=(StageHealth(stage="transcribe", queue_s=0.1, real_time_factor=0.5),),
    rss_mb=300.0,
)


@dataclass(frozen=True)
class Voices:
    """Stands for a call of `on_voices`."""

    states: tuple[TrackState, ...]


Item = TranscriptPatch | Notice | Health | ErrorReport | Voices | tuple[ModelUse, ...]


def play(items: Sequence[Item], listener: EngineListener) -> None:
    """Send each item to the method of the listener that takes it."""
    for item in items:
        match item:
            case TranscriptPatch():
                listener.on_patch(item)
            case Notice():
                listener.on_notice(item)
            case Health():
                listener.on_health(item)
            case ErrorReport():
                listener.on_error(item)
            case Voices():
                listener.on_voices(item.states)
            case _:
                listener.on_started(item)


def unit_vector(values: Sequence[float]) -> tuple[float, ...]:
    """A vector as long as those of the shipped embedding model."""
    return (*values, *[0.0] * (DIMENSION - len(values)))


class ScriptedSession:
    """Plays `items` in a thread, then reads its sources to their end."""

    def __init__(
        self,
        items: Sequence[Item],
        sources: Mapping[StreamId, SampleSource],
        listener: EngineListener,
    ) -> None:
        self.is_cancelled = False
        self.lessons: list[dict[SegmentId, TrackId]] = []
        self.points: list[OperatingPoint] = []
        self.has_played = threading.Event()
        self._items = items
        self._sources = sources
        self._listener = listener
        self._worker = Worker("engine-events", self._run).start()

    def wait(self, timeout_s: float | None = None) -> bool:
        return self._worker.join(60.0 if timeout_s is None else timeout_s)

    def cancel(self) -> None:
        self.is_cancelled = True
        self._worker.request_stop()

    def teach(self, lines: Mapping[SegmentId, TrackId]) -> None:
        self.lessons.append(dict(lines))

    def use_point(self, point: OperatingPoint) -> None:
        self.points.append(point)

    def _run(self, stop: threading.Event) -> None:
        play(self._items, self._listener)
        self.has_played.set()
        for source in self._sources.values():
            position = 0
            while not stop.is_set():
                block = source.read(position, 16_000, 0.02)
                if block is None:
                    break
                position += len(block)


@dataclass
class ScriptedEngine:
    """An `EngineHost`.

    Attributes:
        live, final: What a session and the final pass send.
        open_error, refine_error: Raised instead.
        embeddings: Vector per sample value that leads a clip, so that a test can name voices.
    """

    live: Sequence[Item] = (MODELS,)
    final: Sequence[Item] = (MODELS,)
    open_error: KnownError | None = None
    refine_error: KnownError | None = None
    embeddings: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    speech_s: float = 20.0
    snr_db: float = 40.0
    likeness: float = 0.9
    embedding_id: str = "campplus-zh-en"
    configs: list[SessionConfig] = field(default_factory=list)
    sessions: list[ScriptedSession] = field(default_factory=list)
    jobs: list[RefineJob] = field(default_factory=list)
    embed_jobs: list[EmbedJob] = field(default_factory=list)
    on_refine: Callable[[threading.Event], None] | None = None
    checked: list[CheckJob] = field(default_factory=list)
    warmed: list[CheckJob] = field(default_factory=list)
    is_closed: bool = False

    def open_session(
        self,
        config: SessionConfig,
        sources: Mapping[StreamId, SampleSource],
        listener: EngineListener,
    ) -> ScriptedSession:
        if self.open_error is not None:
            raise self.open_error
        self.configs.append(config)
        session = ScriptedSession(self.live, sources, listener)
        self.sessions.append(session)
        return session

    def refine(
        self,
        job: RefineJob,
        listener: EngineListener,
        *,
        on_progress: Callable[[float, str], None],
        cancel: threading.Event,
    ) -> None:
        self.jobs.append(job)
        if self.refine_error is not None:
            raise self.refine_error
        on_progress(0.5, "refining")
        if self.on_refine is not None:
            self.on_refine(cancel)
        if cancel.is_set():
            raise Cancelled
        play(self.final, listener)
        on_progress(1.0, "refining")

    def embed(self, job: EmbedJob) -> tuple[ClipEmbedding, ...]:
        self.embed_jobs.append(job)
        found = []
        for clip in job.clips:
            samples = np.frombuffer(clip.read_bytes(), dtype="<i2")
            if not len(samples) or int(samples[0]) not in self.embeddings:
                if job.allows_silence:
                    found.append(ClipEmbedding(model_id=self.embedding_id, vector=(), speech_s=0.0))
                    continue
                raise KnownError(f"{clip.name} holds no speech.")
            found.append(
                ClipEmbedding(
                    model_id=self.embedding_id,
                    vector=unit_vector(self.embeddings[int(samples[0])]),
                    speech_s=self.speech_s,
                    quality=VoiceQuality(
                        speech_s=self.speech_s,
                        snr_db=self.snr_db,
                        likeness=self.likeness if job.checks_voice else None,
                    ),
                )
            )
        return tuple(found)

    def check(self, job: CheckJob) -> tuple[ModelUse, ...]:
        self.checked.append(job)
        return MODELS

    def warm_up(self, job: CheckJob) -> None:
        self.warmed.append(job)

    def close(self) -> None:
        self.is_closed = True
