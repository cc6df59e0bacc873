"""CAM++ speaker embeddings (3D-Speaker, Chinese and English), run by onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from app.backends.derived import derive, find_checkpoint
from app.backends.fbank import BIN_COUNT, log_mel
from app.backends.onnx_export import write_onnx
from app.backends.onnx_session import open_session
from app.domain.messages import Float32Array
from app.domain.ports import BackendInfo, EmbeddingModel

INFO = BackendInfo(
    backend_id="campplus-zh-en",
    role="embedding",
    title="CAM++ speaker embedding, 192 values",
    licence="Apache-2.0",
)


class CampPlusEmbedding:
    """One loaded CAM++ model; stateless between calls, any one thread at a time."""

    DIMENSION: ClassVar[int] = 192
    MIN_SAMPLES: ClassVar[int] = 4_800
    """0.3 s; below it the statistics pooling has too few frames to mean anything."""

    def __init__(self, onnx_file: Path, *, threads: int = 2) -> None:
        self._session = open_session(onnx_file, threads=threads)

    def embed(self, samples: Float32Array) -> Float32Array:
        """Embed one stretch of one voice; see `EmbeddingModel.embed`.

        Raises:
            ValueError: Fewer than `MIN_SAMPLES`.
        """
        return self.embed_pieces([samples])

    def embed_pieces(self, pieces: Sequence[Float32Array]) -> Float32Array:
        """Embed several pieces of one voice as if they had been spoken in one go.

        The features are joined, not the samples, so a cut makes no click.

        Args:
            pieces: float32 (n,) each, at 16 kHz; pieces shorter than 25 ms are passed over.

        Raises:
            ValueError: Fewer than `MIN_SAMPLES` in all.
        """
        usable = [piece for piece in pieces if len(piece) >= 400]
        if sum(map(len, usable)) < self.MIN_SAMPLES:
            raise ValueError(f"less than {self.MIN_SAMPLES} samples of speech to embed")
        features = np.concatenate([log_mel(piece) for piece in usable])
        vector: Float32Array = self._run(features[np.newaxis])[0]
        return vector

    def embed_batch(self, stretches: Float32Array) -> Float32Array:
        """Embed equally long stretches of one voice each.

        Args:
            stretches: float32 (batch, n), n >= MIN_SAMPLES.

        Returns:
            float32 (batch, DIMENSION), rows L2-normalised.
        """
        if stretches.shape[1] < self.MIN_SAMPLES:
            raise ValueError(f"less than {self.MIN_SAMPLES} samples of speech to embed")
        return self._run(np.stack([log_mel(stretch) for stretch in stretches]))

    def _run(self, features: Float32Array) -> Float32Array:
        centred = features - features.mean(axis=1, keepdims=True)
        (vectors,) = self._session.run(None, {"features": centred})
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        normalised: Float32Array = vectors / np.maximum(norms, np.float32(1e-12))
        return normalised


def load(models_dir: Path, *, threads: int = 2) -> EmbeddingModel:
    """Load the model, exporting it to ONNX the first time (a few seconds, needs torch).

    Args:
        models_dir: The folder that holds one folder per model.
        threads: Cores that one call may use.

    Raises:
        KnownError: The weights are missing, or the export cannot be stored.
    """
    checkpoint = find_checkpoint(models_dir, INFO.backend_id, "campplus_cn_en_common.pt")
    onnx_file = derive(checkpoint, "campplus.onnx", lambda path: export(checkpoint, path))
    return CampPlusEmbedding(onnx_file, threads=threads)


def export(checkpoint: Path, onnx_file: Path) -> None:
    """Write the checkpoint as ONNX, batch and length dynamic."""
    import torch

    from app.backends.campplus_network import load_network

    write_onnx(
        load_network(checkpoint),
        torch.zeros(2, 298, BIN_COUNT),
        onnx_file,
        input_name="features",
        output_name="embeddings",
        dynamic_axes={"features": {0: "batch", 1: "frames"}, "embeddings": {0: "batch"}},
    )
