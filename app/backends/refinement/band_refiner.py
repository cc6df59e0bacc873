"""The refiner that Crosstalk trains itself: two estimated voices become better ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.backends.separation.asteroid_checkpoint import read_network
from app.backends.weights import require
from app.domain.errors import Category, KnownError
from app.domain.messages import Float32Array
from app.domain.ports import BackendInfo, VoiceRefiner
from app.domain.sentences import say
from app.domain.session import REFINER_MODEL

if TYPE_CHECKING:
    import torch

INFO = BackendInfo(
    backend_id=REFINER_MODEL,
    role="refinement",
    title="Voice refiner (band network, trained for Crosstalk)",
    licence="Apache-2.0",
)

FILE_NAME = "voice-refiner.pth"


class BandVoiceRefiner:
    """One loaded network; stateless between calls, safe from several threads."""

    def __init__(self, network: torch.nn.Module, *, threads: int = 2) -> None:
        """Take a network that turns (3, time) into (2, time)."""
        import torch

        torch.set_num_threads(threads)
        self._network = network.eval()

    def refine(self, mixture: Float32Array, estimates: Float32Array) -> Float32Array:
        """Make two voices better; see `VoiceRefiner.refine`."""
        import torch

        heard = np.concatenate([mixture[np.newaxis], estimates]).astype(np.float32)
        with torch.inference_mode():
            refined: Float32Array = self._network(torch.from_numpy(heard)).numpy()
        return refined


def load(models_dir: Path, *, threads: int = 2, checkpoint: Path | None = None) -> VoiceRefiner:
    """Load the refiner that ships with the program, or one of another training run.

    Raises:
        KnownError: The file is missing, or holds no refiner.
    """
    path = checkpoint or require(models_dir, INFO.backend_id) / FILE_NAME
    network = read_network(path)
    if type(network).__name__ != "BandRefiner":
        raise KnownError(
            say("The file {path} holds no voice refiner. Name another one.", path=path),
            category=Category.MISSING_MODEL,
        )
    return BandVoiceRefiner(network, threads=threads)
