"""`crosstalk bench prep` on the fake program, its stages the real ones."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from app.bench import prep
from app.bootstrap import open_preparation
from app.domain.session import Part

pytestmark = pytest.mark.unit

BRIEF = ("bench", "prep", "--hours", "0.05", "--recordings", "4")


@pytest.fixture
def staged(line, monkeypatch):
    made = line.made
    monkeypatch.setattr(line, "made", lambda: replace(made(), open_preparation=open_preparation))
    monkeypatch.setattr(prep, "RATES_HZ", (44_100,))
    monkeypatch.setattr(prep, "_LEVELS_DBFS", (-55.0,))
    monkeypatch.setattr(prep, "_VOICES", 2)
    monkeypatch.setattr(prep, "_SPEECH_S", 20.0)
    monkeypatch.setattr(prep, "_PAUSE_S", 30.0)
    return line


def test_stages_of_this_program_keep_their_targets(staged, tmp_path):
    result = staged.run(*BRIEF, "--json", "--fig", str(tmp_path / "fig.png"))

    record = json.loads(result.stdout.splitlines()[-1])
    assert record["ok"]
    values = {target["name"]: target["value"] for target in record["targets"]}
    assert values.pop("WER of quiet speakers, evened less as recorded") is None
    assert all(value is not None for value in values.values())
    assert record["machine"]
    assert (tmp_path / "fig.png").exists()


def test_missed_target_is_told_and_ends_with_1(staged, monkeypatch):
    monkeypatch.setattr(prep, "MAX_SETTLE_S", 0.1)

    output = staged.run(*BRIEF, exit_code=1).stdout

    assert "MISS  time to the level" in output
    assert "44100 Hz: ripple 0.0" in output
    assert "clipping told in 4 of 4 recordings, and in 0 of 4 without any" in output


def test_quiet_sets_are_transcribed_with_evening_and_without(staged, program, tmp_path):
    folder = tmp_path / "sets" / "one"
    folder.mkdir(parents=True)
    turn = {"session_id": "one", "speaker": "a", "start_time": 0.5, "end_time": 1.5, "words": "hi"}
    (folder / "ref.seglst.json").write_text(json.dumps([turn]))
    sound = np.random.default_rng(0).normal(0, 0.1, 48_000)
    soundfile.write(folder / "mix.wav", sound, 16_000)

    record = staged.json(*BRIEF, "--set", str(tmp_path / "sets"), "--quieter", "20")

    assert [job.config.without for job in program.engine.jobs] == [
        frozenset(),
        frozenset({Part.EVENING}),
    ]
    assert [job.config.is_level_evened for job in program.engine.jobs] == [True, False]
    assert record["quiet"]["quieter_db"] == 20
    assert record["quiet"]["words"] == 1
