"""Silero VAD by onnxruntime: one probability per 32 ms."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from app.backends.onnx_session import open_session
from app.backends.weights import require
from app.domain.messages import Float32Array
from app.domain.ports import BackendInfo, VoiceActivityModel
from app.domain.units import SESSION_RATE_HZ

INFO = BackendInfo(
    backend_id="silero-vad", role="vad", title="Silero VAD 6.2, onnxruntime", licence="MIT"
)

CONTEXT_SAMPLES = 64
"""Samples of the previous hop in front of each (silero-vad, utils_vad.py, OnnxWrapper)."""


class SileroVad:
    """Streaming state of one stream; the session may be shared by several streams."""

    HOP_SAMPLES: ClassVar[int] = 512

    def __init__(self, folder: Path) -> None:
        self._session = open_session(folder / "silero_vad.onnx", threads=1)
        self._rate = np.array(SESSION_RATE_HZ, dtype=np.int64)
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._state = np.zeros((2, 1, 128), dtype=np.float32)
        self._context = np.zeros((1, CONTEXT_SAMPLES), dtype=np.float32)

    def probability(self, hop: Float32Array) -> float:
        """The probability of speech in the next 512 samples."""
        batch = np.concatenate([self._context, hop[np.newaxis]], axis=1)
        output, self._state = self._session.run(
            None, {"input": batch, "state": self._state, "sr": self._rate}
        )
        self._context = batch[:, -CONTEXT_SAMPLES:]
        return float(output[0, 0])


def load(models_dir: Path, *, threads: int = 1) -> VoiceActivityModel:
    """Load Silero VAD; one call per stream, because the model carries state.

    Raises:
        KnownError: The weights are missing.
    """
    del threads  # one hop is too small to share
    return SileroVad(require(models_dir, INFO.backend_id))
