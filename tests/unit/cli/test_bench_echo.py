from pathlib import Path

import pytest

from app.domain.ids import StreamId
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(line, tmp_path):
    line.program.engine.final = [MODELS, patch(segment("a", "hello there"))]
    write_set(tmp_path / "sets" / "duo", streams=(StreamId.MIC, StreamId.SYSTEM))
    return str(tmp_path / "sets")


def test_bench_writes_one_object_with_and_without_handling(line, folder):
    record = line.json("bench", "echo", "--set", folder)

    assert record["bench"] == "echo"
    assert [run["handled"] for run in record["runs"]] == [True, False]
    assert [job.config.is_echo_handled for job in line.program.engine.jobs] == [
        True,
        False,
    ]


def test_bench_for_people_names_each_run_and_target(line, folder):
    figure = Path(folder) / "echo.png"
    result = line.run(
        *("bench", "echo", "--set", folder, "--leak", "-6", "--no-ablation", "--fig", str(figure))
    )

    assert "duo, echo of -6 dB added, handling on" in result.stdout
    assert "remote words written twice" in result.stdout
    assert "handling off" not in result.stdout
    assert figure.read_bytes().startswith(b"\x89PNG")
