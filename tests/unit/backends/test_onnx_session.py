"""ONNX models open on the CPU with the threads they are given."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from app.backends.onnx_session import open_session

pytestmark = pytest.mark.unit


@pytest.fixture
def doubling_model(tmp_path: Path) -> Path:
    """A model that adds its input to itself."""
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in "xy"]
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])], "double", value[:1], value[1:]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = tmp_path / "double.onnx"
    onnx.save(model, path)
    return path


def test_session_computes_on_the_cpu_with_its_threads(doubling_model):
    session = open_session(doubling_model, threads=2)

    (doubled,) = session.run(None, {"x": np.array([1.5], dtype=np.float32)})
    assert doubled.tolist() == [3.0]
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert session.get_session_options().intra_op_num_threads == 2
