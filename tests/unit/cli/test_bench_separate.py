"""`crosstalk bench separate` on the fake program."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.talkers import hum, write_recording

pytestmark = pytest.mark.unit


class Halves:
    """Gives the mixture twice."""

    def separate(self, samples):
        return np.stack([samples, samples]) / 2


@pytest.fixture
def folder(line, monkeypatch, tmp_path):
    made = line.made
    monkeypatch.setattr(
        line,
        "made",
        lambda: replace(
            made(),
            open_separation=lambda folder, name: Halves(),
            open_take_apart=lambda folder, refiner: (
                lambda mixture, alone: np.stack([mixture, 0 * mixture])
            ),
        ),
    )
    for who, frequency in (("ada", 300), ("bob", 500)):
        place = tmp_path / "voices" / who
        place.mkdir(parents=True)
        write_recording(place / f"{who}-0.wav", hum(4.0, frequency))
        (place / "trans.txt").write_text(f"{who}-0 HELLO\n")
    return str(tmp_path / "voices")


def test_the_bench_writes_one_object_and_fails_on_missed_targets(line, folder):
    result = line.run(
        *("bench", "separate", "--set", folder, "--count", "1", "--meetings", "1", "--json"),
        *("--singles", "0"),
        exit_code=1,
    )
    record = json.loads(result.stdout.splitlines()[-1])

    assert (record["bench"], record["network"]) == ("separate", "voices, voice-refiner")
    assert list(record["gain_db"]) == ["clean", "partial", "rooms", "partial-rooms"]
    assert list(record["words"]) == ["off", "auto", "on", "streams"]
    jobs = line.program.engine.jobs
    assert [len(job.spools) for job in jobs] == [1, 1, 1, 2]
    choices = [job.config.models.separation for job in jobs]
    assert choices == [None, "auto", "on", None]


def test_another_network_is_compared_by_its_name(line, folder, tmp_path):
    (tmp_path / "mine.pth").touch()

    output = line.run(
        *("bench", "separate", "--set", folder, "--count", "1", "--meetings", "1"),
        *("--network", str(tmp_path / "mine.pth"), "--singles", "0"),
        exit_code=1,
    ).stdout

    assert "clean: SI-SDR" in output
    assert "single talker" in output
    assert "real-time factor of the separation" in output
    assert "real-time factor added" not in output  # a network is compared with nothing but "off"
    assert "MISS  SI-SDR gain clean" in output
    choices = [job.config.models.separation for job in line.program.engine.jobs]
    assert choices == [None, str(tmp_path / "mine.pth"), None]


def test_the_refiner_can_be_left_out(line, folder):
    result = line.run(
        *("bench", "separate", "--set", folder, "--count", "1", "--meetings", "1", "--json"),
        *("--no-refiner", "--singles", "0"),
        exit_code=1,
    )

    assert json.loads(result.stdout.splitlines()[-1])["network"] == "voices"
    assert {job.config.models.refiner for job in line.program.engine.jobs} == {None}


def test_words_of_single_talkers_are_compared_without_a_rescue(line, folder):
    arguments = ("--count", "0", "--meetings", "0", "--singles", "2")

    record = json.loads(
        line.run("bench", "separate", "--set", folder, *arguments, "--json").stdout.splitlines()[-1]
    )

    single = record["single_words"]
    assert single["words"] == 2
    assert single["wer_before"] == single["wer_after"]
    jobs = line.program.engine.jobs
    assert [job.config.models.separation for job in jobs] == [None, None]
    lines = line.run("bench", "separate", "--set", folder, *arguments).stdout
    assert "taken apart, of 2 words" in lines


def test_empty_folder_is_told(line, folder, tmp_path):
    (tmp_path / "empty").mkdir()

    result = line.run("bench", "separate", "--set", str(tmp_path / "empty"), exit_code=2)

    assert "neither recordings" in result.stderr


def test_live_path_is_compared_with_and_without_the_rescue(line, folder):
    result = line.run(
        *("bench", "separate", "--set", folder, "--count", "0", "--meetings", "1", "--json"),
        *("--point", "live", "--fast", "--singles", "0"),
    )
    record = json.loads(result.stdout.splitlines()[-1])

    assert (record["point"], record["realtime"]) == ("live", False)
    assert list(record["words"]) == ["off", "auto", "streams"]
    assert {"cost", "overlapped_cpwer"} <= record["words"]["auto"].keys()
    assert line.program.engine.jobs == []
    configs = line.program.engine.configs
    assert [config.models.separation for config in configs] == [None, "auto", None]
    assert {config.point.value for config in configs} == {"live"}
