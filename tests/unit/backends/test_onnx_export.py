"""Networks written as ONNX."""

from __future__ import annotations

import numpy as np
import pytest

from app.backends.onnx_export import write_onnx
from app.backends.onnx_session import open_session

pytestmark = pytest.mark.unit


def test_file_computes_what_the_network_computes_for_any_batch_and_says_nothing(tmp_path):
    # Warnings are errors in this suite: an export that speaks would fail here.
    import torch

    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh()).eval()
    write_onnx(
        network,
        torch.zeros(2, 3),
        tmp_path / "small.onnx",
        input_name="inputs",
        output_name="outputs",
        dynamic_axes={"inputs": {0: "batch"}, "outputs": {0: "batch"}},
    )
    inputs = np.linspace(-1, 1, 15, dtype=np.float32).reshape(5, 3)

    (outputs,) = open_session(tmp_path / "small.onnx", threads=1).run(None, {"inputs": inputs})

    with torch.no_grad():
        expected = network(torch.from_numpy(inputs)).numpy()
    np.testing.assert_allclose(outputs, expected, atol=1e-6)
