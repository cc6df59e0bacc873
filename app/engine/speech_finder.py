"""The first stage of the live path alone: where voice activity model and gate find speech."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.domain.ids import StreamId
from app.domain.messages import Float32Array
from app.domain.ports import SpeechAnalysis, VoiceActivityModel
from app.domain.session import ModelChoice
from app.domain.units import Span
from app.engine.models import LoadedModels
from app.pipeline.framing import Hops
from app.pipeline.vad_gate import GateParameters, VadGate


class EngineSpeechFinder:
    """A `SpeechFinder` that loads the model into this process.

    Args:
        vad: Reset before each recording.
    """

    def __init__(self, vad: VoiceActivityModel, parameters: GateParameters | None = None) -> None:
        self._vad = vad
        self._parameters = parameters or GateParameters()

    def analyse(self, samples: Float32Array) -> SpeechAnalysis:
        """Run over float32 (n,) at 16 kHz from a fresh state."""
        self._vad.reset()
        hop_samples = self._vad.HOP_SAMPLES
        gate = VadGate(StreamId.MIX, hop_samples, self._parameters)
        hops = Hops(hop_samples)
        probabilities: list[float] = []
        spans: list[Span] = []
        closed_at: list[int] = []
        for _, hop in (*hops.push(samples), *hops.flush()):
            probabilities.append(self._vad.probability(hop))
            closed = gate.push(probabilities[-1])
            if closed is not None:
                spans.append(closed.span)
                closed_at.append(gate.position)
        last = gate.flush()
        if last is not None:
            spans.append(last.span.clip(Span(0, len(samples))))
            closed_at.append(len(samples))
        return SpeechAnalysis(
            probabilities=np.asarray(probabilities, dtype=np.float32),
            hop_samples=hop_samples,
            threshold=self._parameters.open_probability,
            spans=tuple(spans),
            closed_at=tuple(closed_at),
            hangover_s=self._parameters.hangover_s,
        )


def open_speech_finder(models_dir: Path) -> EngineSpeechFinder:
    """The finder with the model of a default session.

    Raises:
        KnownError: The weights are missing.
    """
    return EngineSpeechFinder(LoadedModels(models_dir).vad(ModelChoice().vad))
