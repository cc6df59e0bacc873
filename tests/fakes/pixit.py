"""A tiny PixIT network without WavLM, with random weights, saved by pyannote.audio itself."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path

from app.backends import torchaudio_stub

WINDOW_S = 2.0


def write_pixit(path: Path, seed: int = 1, sources: int = 3) -> None:
    """Write a checkpoint of windows of `WINDOW_S`."""
    torchaudio_stub.install()
    import lightning.pytorch as lightning
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications

    module = importlib.import_module("pyannote.audio.models.separation.ToTaToNet")
    torch.manual_seed(seed)
    has_transformers = module.TRANSFORMERS_IS_AVAILABLE
    module.TRANSFORMERS_IS_AVAILABLE = True  # asked for even where there is no WavLM
    try:
        network = module.ToTaToNet(
            encoder_decoder={"n_filters": 8},
            dprnn={"n_repeats": 1, "bn_chan": 8, "hid_size": 8},
            n_sources=sources,
            use_wavlm=False,
        )
    finally:
        module.TRANSFORMERS_IS_AVAILABLE = has_transformers
    told = {"resolution": Resolution.FRAME, "duration": WINDOW_S, "permutation_invariant": True}
    voices = [f"voice{i}" for i in range(sources)]
    network.specifications = (
        Specifications(problem=Problem.MULTI_LABEL_CLASSIFICATION, classes=voices, **told),
        Specifications(problem=Problem.MONO_LABEL_CLASSIFICATION, classes=voices, **told),
    )
    network.setup()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(
            accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False
        )
        trainer.strategy.connect(network)
        trainer.save_checkpoint(path)
