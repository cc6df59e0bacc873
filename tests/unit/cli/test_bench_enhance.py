"""`crosstalk bench enhance` on the fake program."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.talkers import write_recording

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(line, monkeypatch, tmp_path):
    made = line.made
    monkeypatch.setattr(
        line, "made", lambda: replace(made(), denoise=lambda samples, limit_db: samples / 2)
    )
    place = tmp_path / "voices" / "ada"
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    write_recording(place / "ada-0.wav", 0.1 * rng.standard_normal(48_000))
    (place / "trans.txt").write_text("ada-0 HELLO\n")
    return str(tmp_path / "voices")


def test_the_bench_hears_both_ways_and_fails_on_missed_targets(line, folder, tmp_path):
    result = line.run(
        *("bench", "enhance", "--set", folder, "--snr", "5", "--json"),
        *("--fig", str(tmp_path / "fig.png")),
        exit_code=1,
    )
    record = json.loads(result.stdout.splitlines()[-1])

    assert [(row["snr_db"], row["way"]) for row in record["heard"]] == [
        (5.0, "original"),
        (5.0, "cleaned"),
    ]
    assert all(row["words"] == 1 for row in record["heard"])
    assert len(line.program.engine.jobs) == 2
    assert (tmp_path / "fig.png").exists()


def test_words_may_be_left_out(line, folder):
    output = line.run(
        *("bench", "enhance", "--set", folder, "--snr", "20", "--limit", "6", "--no-words"),
    ).stdout

    assert line.program.engine.jobs == []
    assert "noise at most 6 dB softer" in output
    assert "20 dB, cleaned: SI-SDR" in output
    assert "WER" not in output
