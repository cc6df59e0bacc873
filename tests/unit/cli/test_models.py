from __future__ import annotations

import pytest

pytestmark = pytest.mark.unit


def test_list_shows_state_size_licence_and_hash(line):
    text = line.run("models", "list").stdout
    record = line.json("models", "list")["models"][0]

    assert "whisper-base*" in text
    assert "1.0 MB" in text
    assert (record["id"], record["state"], record["licence"]) == ("silero-vad", "ok", "MIT")


def test_verify_says_which_model_is_damaged(line):
    assert "whisper-base" in line.run("models", "verify").stdout
    line.program.weights.set_state("whisper-base", "damaged")

    result = line.run("models", "verify", "whisper-base", exit_code=2)

    assert "crosstalk models fetch whisper-base" in result.stderr


def test_fetch_gets_what_is_missing(line):
    line.program.weights.set_state("whisper-base", "missing")
    line.program.weights.set_state("silero-vad", "missing")

    result = line.run("models", "fetch", "default")

    assert line.program.weights.fetched == ["silero-vad", "whisper-base"]
    assert result.stdout == "All default models are here.\n"
    assert "whisper-base: 100%" in result.stderr
    assert line.json("models", "fetch", "silero-vad")["models"][0]["id"] == "silero-vad"


def test_import_takes_a_folder(line, tmp_path):
    (tmp_path / "weights" / "whisper-base").mkdir(parents=True)

    (record,) = line.json("models", "import", "weights")["models"]

    assert record["id"] == "whisper-base"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["fetch", "nothing"], "not a known model"),
        (["import", "missing"], "not a folder"),
        (["import", "."], "no complete model"),
    ],
)
def test_what_cannot_be_done_exits_2(line, arguments, part):
    assert part in line.run("models", *arguments, exit_code=2).stderr
