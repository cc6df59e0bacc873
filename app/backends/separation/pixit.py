"""PixIT: the separation network of pyannote.audio, trained on meetings; with weights of the user's.

The weights are gated: who wants them accepts their conditions on the hub. Nothing is fetched from
here. The network hears windows of its own length; the voices of neighbouring windows are matched
where they overlap, and cross-faded.

Source: Kalda and others, "PixIT: Joint Training of Speaker Diarization and Speech Separation from
Real-world Multi-speaker Recordings" (Odyssey 2024).
"""

from __future__ import annotations

import importlib
import itertools
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.backends import torchaudio_stub
from app.backends.checkpoints import read_checkpoint
from app.backends.weights import require
from app.domain.errors import Category, KnownError
from app.domain.messages import Float32Array
from app.domain.ports import BackendInfo, SeparationModel
from app.domain.sentences import say
from app.domain.session import SEPARATION_PIXIT
from app.domain.units import SESSION_RATE_HZ

if TYPE_CHECKING:
    import torch

INFO = BackendInfo(
    backend_id=SEPARATION_PIXIT,
    role="separation",
    title="PixIT, voices of a meeting apart (pyannote.audio, weights of your own)",
    licence="MIT",
)

FILE_NAME = "pytorch_model.bin"
NETWORK = "ToTaToNet"
OVERLAP = 2
"""Windows that hear one moment."""
WAVLM_LARGE = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
}
"""Where microsoft/wavlm-large differs from transformers' defaults; its weights are in the file."""


class PixitSeparation:
    """One loaded network; stateless between calls, any one thread at a time."""

    def __init__(self, network: torch.nn.Module, window: int, *, threads: int = 2) -> None:
        """Take a network that turns (1, 1, window) into activity and sources (1, window, k)."""
        import torch

        torch.set_num_threads(threads)
        self._network = network.eval()
        self._window = window

    def separate(self, samples: Float32Array) -> Float32Array:
        """Separate one stretch; see `SeparationModel.separate`."""
        window, step = self._window, self._window // OVERLAP
        count = 1 + max(0, -(-(len(samples) - window) // step))
        padded = np.zeros(window + (count - 1) * step, dtype=np.float32)
        padded[: len(samples)] = samples
        parts = [self._apart(padded[i * step : i * step + window]) for i in range(count)]
        joined = join_windows(parts, step)
        return joined[:, : len(samples)]

    def _apart(self, window: Float32Array) -> Float32Array:
        import torch

        with torch.inference_mode():
            _, sources = self._network(torch.from_numpy(window)[None, None])
        apart: Float32Array = sources[0].T.contiguous().numpy()
        return apart


def join_windows(parts: list[Float32Array], step: int) -> Float32Array:
    """Join windows float32 (sources, n), each `step` behind the one before, n > step.

    The order of the sources of a window is the one that fits best what was joined so far.

    Returns:
        float32 (sources, n + step * (windows - 1)).
    """
    sources, window = parts[0].shape
    joined = np.zeros((sources, window + step * (len(parts) - 1)), dtype=np.float32)
    joined[:, :window] = parts[0]
    shared = window - step
    rise = np.linspace(0, 1, shared, dtype=np.float32)
    for number, part in enumerate(parts[1:], start=1):
        start = number * step
        heard = joined[:, start : start + shared]
        likeness = heard @ part[:, :shared].T
        order = max(
            itertools.permutations(range(sources)),
            key=lambda order: sum(likeness[i, j] for i, j in enumerate(order)),
        )
        matched = part[list(order)]
        joined[:, start : start + shared] = heard * (1 - rise) + matched[:, :shared] * rise
        joined[:, start + shared : start + window] = matched[:, shared:]
    return joined


def load(models_dir: Path, *, threads: int = 2, checkpoint: Path | None = None) -> SeparationModel:
    """Load the weights that the user put on this machine.

    Args:
        models_dir: The folder that holds one folder per model.
        threads: Cores that one call may use.
        checkpoint: A file; None for the one of `models_dir`, or of the hub's cache.

    Raises:
        KnownError: There are no weights, or a package that the network is built from is missing.
    """
    path = checkpoint or require(models_dir, INFO.backend_id) / FILE_NAME
    network, window = read_network(path)
    return PixitSeparation(network, window, threads=threads)


def is_checkpoint(path: Path) -> bool:
    """Whether a file is a checkpoint of this network; a short look, nothing is loaded."""
    try:
        with zipfile.ZipFile(path) as archive:
            index = next(n for n in archive.namelist() if n.endswith("/data.pkl"))
            return NETWORK.encode() in archive.read(index)
    except (OSError, StopIteration, zipfile.BadZipFile):
        return False


def read_network(path: Path) -> tuple[Any, int]:
    """The network of a checkpoint and its window in samples; no code in the file is run.

    Raises:
        KnownError: The file holds no such network, or a package is missing.
    """
    torchaudio_stub.install()
    from pyannote.audio.core.task import Problem, Resolution, Specifications

    known = (Specifications, Problem, Resolution)
    with read_checkpoint(path, "pyannote.audio", known) as content:
        state = content["state_dict"]
        network = _build(content["hyper_parameters"], state)
        network.on_load_checkpoint(content)
        network.load_state_dict(state)
        window = round(network.specifications[0].duration * network.hparams.sample_rate)
        if network.hparams.sample_rate != SESSION_RATE_HZ:
            raise ValueError("it hears another rate than 16 kHz")
        return network, window


def _build(options: dict[str, Any], state: dict[str, Any]) -> Any:
    """The network that the weights fit; nothing is fetched for it.

    What its checkpoints do not say is read from the shapes of the weights: the number of sources,
    and whether there is a WavLM. pyannote.audio asks for transformers even where there is none.

    Raises:
        KnownError: The checkpoint has a WavLM, and transformers is not installed.
    """
    module: Any = importlib.import_module("pyannote.audio.models.separation.ToTaToNet")

    if not module.ASTEROID_IS_AVAILABLE:
        raise _missing("asteroid")
    narrow = options["dprnn"]["bn_chan"]
    given = {
        "n_sources": len(state["masker.first_out.1.weight"]) // narrow,
        "use_wavlm": any(name.startswith("wavlm.") for name in state),
    }
    has_transformers = module.TRANSFORMERS_IS_AVAILABLE
    if given["use_wavlm"] and not has_transformers:
        raise _missing("transformers")
    auto = getattr(module, "AutoModel", None)
    module.TRANSFORMERS_IS_AVAILABLE = True
    if given["use_wavlm"]:
        module.AutoModel = _UnfetchedWavLM
    try:
        return module.ToTaToNet(**options, **given)
    finally:
        module.TRANSFORMERS_IS_AVAILABLE = has_transformers
        if given["use_wavlm"]:
            module.AutoModel = auto


class _UnfetchedWavLM:
    """Stands in for transformers' AutoModel while the network is built."""

    @staticmethod
    def from_pretrained(name: str) -> Any:
        """The network `name`, with weights still to be loaded."""
        from transformers import WavLMConfig, WavLMModel

        return WavLMModel(WavLMConfig(**WAVLM_LARGE))


def _missing(package: str) -> KnownError:
    return KnownError(
        say(
            "PixIT needs the package {package}, which is not installed. "
            "Install it with: pip install -e '.[pixit]'",
            package=package,
        ),
        category=Category.MISSING_MODEL,
    )
