from __future__ import annotations

import pytest

pytestmark = pytest.mark.unit


def test_a_ready_machine_exits_0(line):
    line.program.backend.samples = line.program.backend.samples.repeat(2)

    assert line.json("doctor", "--no-chirp")["ok"] is True
    assert "ok    models" in line.run("doctor", "--no-chirp").stdout


def test_something_to_fix_exits_1_and_says_how(line):
    line.program.backend.samples = line.program.backend.samples.repeat(2)
    line.program.weights.set_state("whisper-base", "missing")

    result = line.run("doctor", "--no-chirp", exit_code=1)

    assert "FAIL  models: missing: whisper-base" in result.stdout
    assert "crosstalk models fetch default" in result.stdout


def test_a_test_sound_that_is_not_recorded_is_told(line):
    line.program.backend.samples = line.program.backend.samples.repeat(2)

    result = line.run("doctor", exit_code=1)

    assert "FAIL  test sound: a quiet test sound was played" in result.stdout
    assert len(line.program.player.played) == 1
