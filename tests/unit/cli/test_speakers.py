from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.audio import write_audio

pytestmark = pytest.mark.unit


@pytest.fixture
def voice(line, tmp_path):
    line.program.engine.embeddings = {1000: (1.0, 0.0), 2000: (0.0, 1.0)}

    def make(name, value):
        samples = np.full(16_000, value / 32767, dtype=np.float32)
        return str(write_audio(tmp_path / name, samples))

    return make


def test_a_voice_is_enrolled_identified_renamed_and_forgotten(line, voice):
    ada, bob = voice("ada.wav", 1000), voice("bob.wav", 2000)

    record = line.json("speakers", "enroll", "Ada", ada, ada, "--consent")
    assert (record["name"], record["voiceprints"], record["consent"]) == ("Ada", 2, True)
    assert "1 recording." in line.run("speakers", "enroll", "Bob", bob, "--consent").stdout

    assert line.run("speakers", "identify", ada).stdout == "Ada\n"
    assert line.json("speakers", "identify", bob)["match"] == "Bob"

    line.run("speakers", "rename", "ada", "Ada L.")
    line.run("speakers", "merge", "Bob", "Ada L.")
    (only,) = line.json("speakers", "list")["speakers"]
    assert (only["name"], only["voiceprints"]) == ("Ada L.", 3)
    assert "Ada L." in line.run("speakers", "list").stdout

    assert "--yes" in line.run("speakers", "forget", "Ada L.", exit_code=2).stderr
    line.run("speakers", "forget", "Ada L.", "--yes")
    assert line.json("speakers", "list") == {"speakers": []}


def test_changes_are_told_as_json(line, voice):
    line.run("speakers", "enroll", "Ada", voice("ada.wav", 1000), "--consent")
    line.run("speakers", "enroll", "Bob", voice("bob.wav", 2000), "--consent")

    renamed = line.json("speakers", "rename", "Ada", "Ada L.")
    merged = line.json("speakers", "merge", "Bob", "Ada L.")
    forgotten = line.json("speakers", "forget", "Ada L.", "--yes")

    assert (renamed["name"], renamed["voiceprints"]) == ("Ada L.", 1)
    assert (merged["id"], merged["voiceprints"]) == (renamed["id"], 2)
    assert forgotten == {"id": renamed["id"], "forgotten": True}


def test_nothing_is_stored_without_consent(line, voice):
    result = line.run("speakers", "enroll", "Ada", voice("ada.wav", 1000), exit_code=2)

    assert "--consent" in result.stderr
    assert line.json("speakers", "list") == {"speakers": []}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["enroll", "Ada", "missing.wav", "--consent"], "does not exist"),
        (["identify", "x.wav"], "Nobody is enrolled"),
        (["rename", "Ada", "Eve"], "not enrolled"),
        (["enroll", "Ada"], "one of them"),
    ],
)
def test_what_cannot_be_done_exits_2(line, arguments, part):
    assert part in line.run("speakers", *arguments, exit_code=2).stderr


def test_a_voice_of_a_meeting_is_enrolled_under_a_name(line, voice, tmp_path):
    source = write_audio(tmp_path / "m.wav", np.full(64_000, 1000 / 32767, dtype=np.float32))
    line.transcribed(source, "one two three", start_s=0, end_s=4)

    record = line.json(
        "speakers", "enroll", "Ada", "--meeting", "last", "--speaker", "speaker 1", "--consent"
    )

    assert (record["name"], record["voiceprints"]) == ("Ada", 1)
    assert record["recordings"] == [{"speech_s": 20.0, "snr_db": 40.0, "clipped": 0.0}]
    assert line.run("library", "show", "last").stdout.splitlines()[0].startswith("[00:00] Ada:")


def test_the_microphone_is_heard_until_enough_is_said(line, voice):
    burst = np.concatenate([np.full(8_000, v, dtype=np.float32) for v in (1000 / 32767, 0.2)])
    line.program.backend.samples = np.tile(burst, 20)

    result = line.run("speakers", "enroll", "Ada", "--mic", "--seconds", "8", "--consent")

    assert "read this aloud" in result.stderr
    assert "Listening to Ada: 100%" in result.stderr
    assert result.stdout == "Ada is enrolled with 1 recording.\n"
    assert line.program.backend.captures[0].stop_count >= 1


def test_advice_on_a_poor_recording_goes_to_the_user(line, voice):
    line.program.engine.snr_db = 5.0

    result = line.run("speakers", "enroll", "Ada", voice("a.wav", 1000), "--consent")

    assert "noisy (5 dB" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.wav", "--mic"],
        ["--mic", "--meeting", "last", "--speaker", "S1"],
        ["--meeting", "last"],
        ["--speaker", "S1", "a.wav"],
    ],
)
def test_a_voice_comes_from_one_place(line, arguments):
    result = line.run("speakers", "enroll", "Ada", *arguments, "--consent", exit_code=2)

    assert "Usage" in result.stderr
