from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.audio import write_audio

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(line, tmp_path):
    values = {"ada": 1000, "bob": 2000, "cem": 3000, "dot": 4000}
    line.program.engine.embeddings = {
        value: tuple(float(i == axis) for i in range(4))
        for axis, value in enumerate(values.values())
    }
    for name, value in values.items():
        (tmp_path / "voices" / name).mkdir(parents=True)
        samples = np.full(16_000, value / 32767, dtype=np.float32)
        for number in range(3):
            write_audio(tmp_path / "voices" / name / f"{number}.wav", samples)
    return str(tmp_path / "voices")


def test_the_bench_writes_one_object_and_a_figure(line, folder, tmp_path):
    figure = tmp_path / "out.png"

    record = line.json(
        "bench", "speaker", "--set", folder, "--durations", "3,1", "--fig", str(figure)
    )

    assert figure.read_bytes().startswith(b"\x89PNG")
    assert (record["bench"], record["people"], record["strangers"]) == ("speaker", 3, 1)
    assert list(record["durations"]) == ["1", "3"]
    assert record["durations"]["3"]["eer"] == 0.0
    assert record["targets"][0]["name"] == "EER from 3 s on"


def test_the_bench_for_people_names_every_target(line, folder):
    output = line.run("bench", "speaker", "--set", folder, "--durations", "3").stdout

    assert "3 people enrolled, 1 strangers" in output
    assert "3 s: EER 0 %" in output
    assert "strangers named" in output


def test_wrong_durations_are_refused(line, folder):
    result = line.run("bench", "speaker", "--set", folder, "--durations", "x", exit_code=2)

    assert "--durations takes seconds" in result.stderr
