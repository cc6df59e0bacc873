"""Any separation checkpoint of asteroid: the one that ships with the program, or the user's own."""

from __future__ import annotations

from math import gcd
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.signal import resample_poly

from app.backends.checkpoints import read_checkpoint
from app.backends.weights import require
from app.domain.errors import Category, KnownError
from app.domain.messages import Float32Array
from app.domain.ports import BackendInfo, SeparationModel
from app.domain.sentences import say
from app.domain.session import SEPARATION_MODEL
from app.domain.units import SESSION_RATE_HZ

if TYPE_CHECKING:
    import torch

INFO = BackendInfo(
    backend_id=SEPARATION_MODEL,
    role="separation",
    title="Two voices apart (band network, trained for Crosstalk)",
    licence="Apache-2.0",
)

FILE_NAME = "two-voices.pth"
HUB_FILE = "pytorch_model.bin"
"""What asteroid calls its checkpoints on the Hugging Face hub."""
DEFAULT_RATE_HZ = 8_000
"""Of checkpoints that do not say; the older ones of asteroid's own recipes."""


class AsteroidSeparation:
    """One loaded network; stateless between calls, any one thread at a time."""

    def __init__(self, network: torch.nn.Module, *, threads: int = 2) -> None:
        """Take a network that turns (time,) into (sources, time)."""
        import torch

        torch.set_num_threads(threads)
        self._network = network.eval()
        self._rate_hz = round(network.sample_rate or DEFAULT_RATE_HZ)

    def separate(self, samples: Float32Array) -> Float32Array:
        """Separate one stretch; see `SeparationModel.separate`."""
        import torch

        heard = _resampled(samples, SESSION_RATE_HZ, self._rate_hz)
        with torch.inference_mode():
            sources = self._network(torch.from_numpy(np.array(heard, dtype=np.float32)))
        apart: Float32Array = sources.reshape(-1, sources.shape[-1]).numpy()
        back = _resampled(apart, self._rate_hz, SESSION_RATE_HZ)
        fitted = np.zeros((len(back), len(samples)), dtype=np.float32)
        common = min(back.shape[1], len(samples))
        fitted[:, :common] = back[:, :common]
        return fitted


def load(models_dir: Path, *, threads: int = 2, checkpoint: Path | None = None) -> SeparationModel:
    """Load the network that ships with the program, or another checkpoint.

    Args:
        models_dir: The folder that holds one folder per model.
        threads: Cores that one call may use.
        checkpoint: A file; see `find_checkpoint`.

    Raises:
        KnownError: The file is missing or holds no separation network of asteroid.
    """
    path = checkpoint or require(models_dir, INFO.backend_id) / FILE_NAME
    return AsteroidSeparation(read_network(path), threads=threads)


def find_checkpoint(name: str) -> Path:
    """The file of a checkpoint named by path or hub repository; nothing is fetched.

    Raises:
        KnownError: Neither is on this machine.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if name.count("/") == 1 and not path.suffix:
        from huggingface_hub import try_to_load_from_cache

        cached = try_to_load_from_cache(name, HUB_FILE)
        if isinstance(cached, str):
            return Path(cached)
    raise KnownError(
        say(
            "There is no separation checkpoint {name}. Name a file of asteroid or PixIT, "
            "or a repository of the hub that you have got with: hf download {name} {file}",
            name=name,
            file=HUB_FILE,
        ),
        category=Category.MISSING_MODEL,
    )


def read_network(path: Path) -> Any:
    """The network of a checkpoint, built by asteroid; no code in the file is run.

    Raises:
        KnownError: The file holds no separation network of asteroid.
    """
    from app.backends import band_dual_path

    band_dual_path.register()
    from asteroid.models import BaseModel

    with read_checkpoint(path, "asteroid") as content:
        return BaseModel.from_pretrained(content)


def _resampled(samples: Float32Array, rate_hz: int, wanted_hz: int) -> Float32Array:
    """Samples (..., n) at another rate."""
    if rate_hz == wanted_hz:
        return samples
    common = gcd(rate_hz, wanted_hz)
    other: Float32Array = resample_poly(
        samples, wanted_hz // common, rate_hz // common, axis=-1
    ).astype(np.float32)
    return other
