"""Open ONNX models the same way everywhere: on the CPU, with few threads, in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def open_session(model_file: Path, *, threads: int) -> Any:
    """An onnxruntime session on the CPU.

    Args:
        model_file: `.onnx` or `.ort`.
        threads: Cores that one call may use. Waiting threads sleep instead of spinning: the
            machine belongs to the call that is being transcribed.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        str(model_file), options, providers=["CPUExecutionProvider"]
    )
