"""Benches and mirror on a small reference set with the real models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.recordings import ROOT, last_json

pytestmark = pytest.mark.e2e
DATA = ROOT / "tests" / "data"


@pytest.fixture
def meeting(tmp_path: Path) -> Path:
    """A folder shaped like an AMI clip; its word times share each turn evenly."""
    folder = tmp_path / "sets" / "clip"
    folder.mkdir(parents=True)
    shutil.copy(DATA / "two_speakers.flac", folder / "mix.flac")
    shutil.copy(DATA / "two_speakers.seglst.json", folder / "ref.seglst.json")
    lines = []
    for turn in json.loads((folder / "ref.seglst.json").read_text()):
        words = turn["words"].split()
        step = (turn["end_time"] - turn["start_time"]) / len(words)
        lines += [
            f"clip_{turn['speaker']} 1 {turn['start_time'] + i * step:.3f} {step:.3f} {word}\n"
            for i, word in enumerate(words)
        ]
    (folder / "ref_words.ctm").write_text("".join(lines))
    return folder


def run_bench(crosstalk, *arguments):
    """The record of a bench, whether or not this machine keeps the targets."""
    return last_json(crosstalk(*arguments, "--json", exit_code=(0, 1)).stdout)


def test_asr_measures_words_delays_and_cost_of_a_live_session(crosstalk, meeting, tmp_path):
    figure = tmp_path / "out.png"

    record = run_bench(crosstalk, "bench", "asr", "--set", meeting.parent, "--fig", figure)

    total = record["total"]
    assert list(record["sets"]) == ["clip"]
    assert total["words"] == 39
    assert total["wer"] < 30
    assert total["timed_words"] == 39
    assert total["found_words"] >= 30
    assert total["partial_delay_s"]["p50"] <= total["final_delay_s"]["p50"]
    assert total["release_delay_s"]["p50"] > 0
    assert total["dropped_samples"] == 0
    assert 0 < total["cpu_share"] <= 1
    assert total["engine_peak_mb"] > 100
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_vad_finds_the_speech_of_two_people(crosstalk, meeting):
    record = run_bench(crosstalk, "bench", "vad", "--set", meeting, "--snr", "10")

    assert record["levels"]["as recorded"]["tpr"] > 90
    assert record["levels"]["10 dB"]["speech_hops"] > 200


def test_noise_gives_no_words(crosstalk):
    record = last_json(crosstalk("bench", "silence", "--minutes", "1", "--json").stdout)

    assert (record["words"], record["shown_words"]) == (0, 0)


def test_the_same_configuration_gives_the_same_words(crosstalk, meeting):
    config = "point=balanced"

    record = last_json(crosstalk("mirror", "--a", config, "--b", config, meeting, "--json").stdout)

    assert record["identical"]
    assert record["total"]["same"] >= 30


def test_a_vocabulary_brings_terms_back(crosstalk):
    record = run_bench(
        *(crosstalk, "bench", "lm", "--set", DATA / "terms"),
        *("--vocabulary", DATA / "terms" / "terms.txt"),
    )

    assert record["on"]["said"] == 8
    assert record["on"]["recall"] >= record["off"]["recall"] + 20
    assert record["on"]["untrue"] == 0
