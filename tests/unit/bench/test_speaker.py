from __future__ import annotations

import pytest

from app.bench.speaker import Trials, find_voices, run_speaker
from app.domain.errors import KnownError
from app.domain.recognition import Calibration, LogisticWeights
from app.domain.session import ClipEmbedding
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.unit

CALIBRATION = Calibration(model_id="m", weights=LogisticWeights(bias=-12.0, slope=24.0))
NAMES = ("ada", "bob", "eve", "stranger")


def listen(path, lengths_s):
    """One axis per speaker; every file holds 4 s."""
    axis = NAMES.index(path.parent.name)
    vector = tuple(float(i == axis) for i in range(4))
    return tuple(
        ClipEmbedding(model_id="m", vector=vector, speech_s=length_s or 4.0)
        for length_s in lengths_s
        if length_s is None or length_s <= 4
    )


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        (tmp_path / name).mkdir()
        for number in range(4):
            (tmp_path / name / f"{number}.wav").touch()
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_voices_are_told_apart_and_the_stranger_stays_one(folder):
    shares = []

    result = run_speaker(
        find_voices([folder]),
        [3.0, 1.0, 10.0],
        listen,
        lambda _: CALIBRATION,
        FakeClock(),
        shares.append,
    )

    assert (result.people, result.strangers) == (3, 1)
    assert shares[-1] == 1.0
    record = result.record()
    assert list(record["durations"]) == ["1", "3", "10"]
    assert record["durations"]["3"]["trials"] == (3 * 1 + 4) * 3
    assert record["durations"]["3"]["eer"] == 0.0
    assert record["durations"]["3"]["known_named"] == 100.0
    assert record["durations"]["3"]["strangers_named"] == 0.0
    assert record["durations"]["10"]["trials"] == 0
    assert record["ok"] is True


def test_a_named_stranger_misses_the_target():
    trials = Trials()
    trials.add("eve", {"ada": 10.0, "bob": -9.0})
    trials.add("ada", {"ada": 9.0, "bob": -9.0})

    record = trials.record()

    assert (record["strangers_named"], record["strangers_certain"]) == (100.0, 100.0)
    assert record["known_named"] == 100.0
    assert record["eer"] > 0


def test_too_few_voices_are_told(tmp_path):
    with pytest.raises(KnownError, match="one folder per speaker"):
        find_voices([tmp_path])


def test_recordings_beside_each_other_are_sorted_by_their_names(tmp_path):
    for name in ("7-1-0.flac", "7-1-1.flac", "8-2-0.flac", "8-2-1.flac", "9-1-0.flac", "x.txt"):
        (tmp_path / name).touch()
    for name in ("ada", "bob"):
        (tmp_path / name).mkdir()
        for number in range(2):
            (tmp_path / name / f"{number}.wav").touch()

    found = find_voices([tmp_path])

    assert [(v.name, len(v.files)) for v in found] == [("7", 2), ("8", 2), ("ada", 2), ("bob", 2)]


def test_scores_without_normalisation_are_told_apart():
    trials = Trials()
    trials.add("ada", {"ada": 9.0, "bob": -9.0}, {"ada": 0.4, "bob": 0.5})
    trials.add("bob", {"ada": -8.0, "bob": 8.0}, {"ada": 0.5, "bob": 0.4})

    record = (trials + Trials()).record()

    assert record["eer"] == 0.0
    assert record["eer_without_normalisation"] == 100.0
