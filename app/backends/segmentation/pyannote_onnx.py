"""pyannote segmentation-3.0, run by onnxruntime from an export of the torch checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from app.backends import torchaudio_stub
from app.backends.derived import derive, find_checkpoint
from app.backends.onnx_export import write_onnx
from app.backends.onnx_session import open_session
from app.domain.messages import Float32Array
from app.domain.ports import BackendInfo, SegmentationModel
from app.domain.units import SESSION_RATE_HZ

INFO = BackendInfo(
    backend_id="pyannote-segmentation-3.0",
    role="segmentation",
    title="pyannote segmentation-3.0 (powerset, 3 speakers, 2 at once)",
    licence="MIT",
)

FRAME_STEP_SAMPLES = 270
"""The product of the network's strides (SincNet: 10 x 3 x 3 x 3)."""
RECEPTIVE_FIELD_SAMPLES = 991
"""The audio that one frame sees through the convolutions; its centre is the frame's time."""
MIN_SAMPLES = SESSION_RATE_HZ
POWERSET = np.array(
    [
        [0, 0, 0],
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [1, 1, 0],
        [1, 0, 1],
        [0, 1, 1],
    ],
    dtype=np.float32,
)
"""Which speakers talk in each of the model's classes (pyannote.audio.utils.powerset order)."""


class PyannoteSegmentation:
    """One loaded segmentation model; stateless between calls, any one thread at a time.

    Attributes:
        MAX_LOCAL_SPEAKERS: Voices that one window can tell apart.
        FRAME_OFFSET_SAMPLES: From the start of a window to the centre of its first frame.
    """

    MAX_LOCAL_SPEAKERS: ClassVar[int] = POWERSET.shape[1]
    FRAME_OFFSET_SAMPLES: ClassVar[int] = RECEPTIVE_FIELD_SAMPLES // 2

    def __init__(self, onnx_file: Path, *, threads: int = 2) -> None:
        self._session = open_session(onnx_file, threads=threads)

    def activity(self, samples: Float32Array) -> tuple[Float32Array, int]:
        """Analyse one window; see `SegmentationModel.activity`.

        Raises:
            ValueError: Less than a second of audio.
        """
        activity, step = self.activity_batch(samples[np.newaxis])
        return activity[0], step

    def activity_batch(self, windows: Float32Array) -> tuple[Float32Array, int]:
        """Analyse several windows of one length at once.

        Args:
            windows: float32 (batch, n) at 16 kHz; 10 s windows are what the model is trained on.

        Returns:
            activity float32 (batch, frames, local speakers) in [0, 1]: the probability that each
            local speaker talks, overlap included; and the frame step in samples.

        Raises:
            ValueError: Less than a second of audio.
        """
        probabilities, step = self.powerset_batch(windows)
        return probabilities @ POWERSET, step

    def powerset_batch(self, windows: Float32Array) -> tuple[Float32Array, int]:
        """Like `activity_batch`, but the probability of each set of `POWERSET`.

        Returns:
            float32 (batch, frames, sets), each frame adding up to 1; and the frame step.
        """
        if windows.shape[1] < MIN_SAMPLES:
            raise ValueError(f"{windows.shape[1]} samples; a window has {MIN_SAMPLES} at least")
        (log_probabilities,) = self._session.run(None, {"waveforms": windows[:, np.newaxis]})
        return np.exp(log_probabilities), FRAME_STEP_SAMPLES


def load(models_dir: Path, *, threads: int = 2) -> SegmentationModel:
    """Load the model, exporting it to ONNX the first time (about 10 s, needs torch).

    Args:
        models_dir: The folder that holds one folder per model.
        threads: Cores that one call may use.

    Raises:
        KnownError: The weights are missing, or the export cannot be stored.
    """
    checkpoint = find_checkpoint(models_dir, INFO.backend_id, "pytorch_model.bin")
    onnx_file = derive(checkpoint, "segmentation.onnx", lambda path: export(checkpoint, path))
    return PyannoteSegmentation(onnx_file, threads=threads)


def load_torch(checkpoint: Path) -> Any:
    """Load the checkpoint as the torch model that pyannote.audio makes of it."""
    torchaudio_stub.install()
    from pyannote.audio import Model

    model = Model.from_pretrained(checkpoint)
    model.eval()
    return model


def export(checkpoint: Path, onnx_file: Path) -> None:
    """Write the checkpoint as ONNX, batch and length dynamic."""
    import torch

    write_onnx(
        load_torch(checkpoint),
        torch.zeros(2, 1, 10 * SESSION_RATE_HZ),
        onnx_file,
        input_name="waveforms",
        output_name="log_probabilities",
        dynamic_axes={
            "waveforms": {0: "batch", 2: "samples"},
            "log_probabilities": {0: "batch", 1: "frames"},
        },
    )
