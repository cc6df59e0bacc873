"""The live path up to its speaker labels, alone: what a session shows of voices, and when."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping
from pathlib import Path

from app.domain.ids import MeetingId, StreamId, TrackId
from app.domain.messages import AudioBlock, Float32Array, SpeakerTurn
from app.domain.ports import VoiceTrail
from app.domain.session import ModelChoice, SessionConfig
from app.domain.units import Span, to_samples
from app.engine.echo_stage import EchoStage
from app.engine.front import HOP_FRAMES, StreamFront, due_window, follow_voices
from app.engine.models import LoadedModels
from app.pipeline.cluster import ClusterParameters, OnlineClusters
from app.pipeline.vad_gate import GateParameters

BLOCK_S = 0.1
FRAME_SAMPLES = 270
KEPT_S = 30.0


class EngineVoiceFollower:
    """A `VoiceFollower` that loads the models into this process."""

    def __init__(self, models: LoadedModels, choice: ModelChoice | None = None) -> None:
        self._models = models
        self._choice = choice or ModelChoice()

    def follow(
        self,
        streams: Mapping[StreamId, Float32Array],
        *,
        label_delay_s: float,
        has_continuity: bool,
        is_echo_handled: bool,
    ) -> VoiceTrail:
        """Run over float32 (n,) at 16 kHz per stream, from a fresh state."""
        standard = ClusterParameters()
        bonus = standard.continuity_bonus if has_continuity else 0.0
        run = _Run(
            self._models,
            self._choice,
            tuple(streams),
            ClusterParameters(continuity_bonus=bonus),
            label_delay_s,
            is_echo_handled=is_echo_handled,
        )
        size = to_samples(BLOCK_S)
        longest = max(map(len, streams.values()), default=0)
        for start in range(0, longest, size):
            for stream, samples in streams.items():
                piece = samples[start : start + size]
                if len(piece):
                    run.hear(
                        AudioBlock(
                            stream=stream, span=Span(start, start + len(piece)), samples=piece
                        )
                    )
        for stream in streams:
            run.hear(stream)
        return run.trail()


class _Run:
    """One recording."""

    def __init__(
        self,
        models: LoadedModels,
        choice: ModelChoice,
        streams: tuple[StreamId, ...],
        parameters: ClusterParameters,
        label_delay_s: float,
        *,
        is_echo_handled: bool,
    ) -> None:
        self._segmentation = models.segmentation(choice.segmentation)
        self._embedding = models.embedding(choice.embedding)
        self._clusters = OnlineClusters(parameters)
        config = SessionConfig(
            meeting_id=MeetingId("follow"),
            streams=streams,
            models_dir=models.models_dir,
            is_realtime=False,
            is_echo_handled=is_echo_handled,
        )
        self._echo = EchoStage(config, lambda _: None)
        self._delay = to_samples(label_delay_s)
        self._wait = max(0, self._delay - HOP_FRAMES * FRAME_SAMPLES)
        chain_ids = itertools.count(1)
        self._fronts = {
            stream: StreamFront.at(stream, models.vad(choice.vad), 0, chain_ids, GateParameters())
            for stream in streams
        }
        self._labelled = dict.fromkeys(streams, 0)
        self._shown: list[tuple[StreamId, Span, int, TrackId | None]] = []

    def hear(self, item: AudioBlock | StreamId) -> None:
        """Take audio, or the end of a stream."""
        for heard in self._echo.push(item):
            if isinstance(heard, StreamId):
                front = self._fronts[heard]
                front.end()
                self._look(front, is_ended=True)
                continue
            front = self._fronts[heard.stream]
            if heard.span.start < front.audio.span.end:
                front.audio.put(heard.span.start, heard.samples)
                continue
            front.audio.append(heard.samples)
            front.hear(heard)
            self._look(front)
            front.audio.drop_before(front.audio.span.end - to_samples(KEPT_S))

    def trail(self) -> VoiceTrail:
        """What was shown, and how it ended."""
        return VoiceTrail(
            shown=tuple(
                SpeakerTurn(stream=stream, span=span, track=track)
                for stream, span, _, track in self._shown
            ),
            settled=tuple(
                SpeakerTurn(stream=stream, span=span, track=self._clusters.track_of(chain_id))
                for stream, span, chain_id, _ in self._shown
            ),
        )

    def _look(self, front: StreamFront, *, is_ended: bool = False) -> None:
        while (window := due_window(front, is_ended=is_ended)) is not None:
            follow_voices(
                front,
                window,
                self._clusters,
                self._segmentation,
                self._embedding,
                contextlib.nullcontext(),
            )
            until = window.end if is_ended else window.end - self._wait
            # What is older than the delay comes too late to be shown in time.
            since = max(self._labelled[front.stream], window.end - self._delay)
            self._show(front, Span(min(since, until), until))
            if is_ended:
                return

    def _show(self, front: StreamFront, span: Span) -> None:
        for chain in list(front.stitcher.chains.values()):
            for turn in front.stitcher.turns(chain, span):
                track = self._clusters.track_of(chain.chain_id)
                self._shown.append((front.stream, turn, chain.chain_id, track))
        self._labelled[front.stream] = max(self._labelled[front.stream], span.end)


def open_voice_follower(models_dir: Path) -> EngineVoiceFollower:
    """The follower with the models of a default session."""
    return EngineVoiceFollower(LoadedModels(models_dir))
