"""A torch network written as ONNX, for the live path, which runs without torch."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

OPSET = 17


def write_onnx(
    network: Any,
    example: Any,
    onnx_file: Path,
    *,
    input_name: str,
    output_name: str,
    dynamic_axes: Mapping[str, Mapping[int, str]],
) -> None:
    """Trace `network` with `example` and write it to `onnx_file`.

    The tracing exporter is used: the newer one needs onnxscript and has no dynamic batch for these
    networks. Torch calls it deprecated on every export, and its tracer warns of shapes that are
    constants here; both are silenced.

    Args:
        network: A `torch.nn.Module` in evaluation mode.
        example: Its input tensor, batch first.
        input_name: What the input is called in the file.
        output_name: What the output is called in the file.
        dynamic_axes: The axes of both that may have another length than in the example, by name.
    """
    import torch

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            str(onnx_file),
            input_names=[input_name],
            output_names=[output_name],
            dynamic_axes={name: dict(axes) for name, axes in dynamic_axes.items()},
            opset_version=OPSET,
            dynamo=False,
        )
