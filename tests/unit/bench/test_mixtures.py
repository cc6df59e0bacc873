"""Mixtures and meetings of recordings of one talker each."""

import numpy as np
import pytest

from app.bench.mixtures import KINDS, find_talkers, make_meetings, make_mixtures
from app.domain.errors import KnownError
from tests.fakes.talkers import hum, write_recording

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path):
    for who, frequency in (("ada", 300), ("bob", 500), ("cem", 800)):
        place = tmp_path / who
        place.mkdir()
        for number in range(2):
            write_recording(place / f"{who}-{number}.wav", hum(5.0, frequency))
        (place / "trans.txt").write_text(f"{who}-0 HELLO FROM {who}\n{who}-1 BYE\n")
    (tmp_path / "meeting").mkdir()
    write_recording(tmp_path / "meeting" / "mix.wav", hum(1.0))
    (tmp_path / "meeting" / "ref.seglst.json").write_text("[]")
    return tmp_path


def test_talkers_are_folders_of_recordings_but_not_reference_sets(folder):
    talkers = find_talkers([folder])

    assert [talker.name for talker in talkers] == ["ada", "bob", "cem"]
    assert talkers[0].texts == ("HELLO FROM ada", "BYE")


def test_every_kind_has_as_many_mixtures_of_the_right_shape(folder):
    made = list(make_mixtures(find_talkers([folder]), 2, seed=1))

    assert [mixture.kind for mixture in made] == [kind for kind in KINDS for _ in range(2)]
    for mixture in made:
        talks = np.abs(mixture.sources) > 0
        assert talks[0].any()
        assert talks[1].any() == (mixture.kind != "single")
        assert mixture.alone.shape == (2, 20 * 16_000)
        both = float((talks[0] & talks[1]).mean())
        assert (both > 0.8) == (mixture.kind not in ("partial", "single"))
        if mixture.kind == "partial":
            assert 0.1 < both < 0.8
        quarters = (mixture.sources.reshape(2, 4, -1) ** 2).sum(axis=2)
        begins_late = quarters[1, 0] < 0.01 * quarters[1, 3]
        assert begins_late == mixture.kind.startswith("partial")
        np.testing.assert_allclose(mixture.samples, mixture.sources.sum(axis=0))


def test_equal_seeds_give_equal_mixtures(folder):
    talkers = find_talkers([folder])
    one, two, other = (list(make_mixtures(talkers, 1, seed)) for seed in (1, 1, 2))

    assert all(np.array_equal(a.sources, b.sources) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0].sources, other[0].sources)


def test_one_talker_is_too_few(folder):
    with pytest.raises(KnownError, match="two people"):
        list(make_mixtures(find_talkers([folder])[:1], 1, seed=1))


def test_meetings_know_who_says_what_where(folder):
    (meeting,) = make_meetings(find_talkers([folder]), 5, seed=3)

    assert len(set(meeting.talkers)) == 2
    assert [turn.speaker for turn in meeting.turns] == [*meeting.talkers] * 2
    assert meeting.turns[0].words.endswith(meeting.talkers[0])
    for turn in meeting.turns:
        source = meeting.sources[meeting.talkers.index(turn.speaker)]
        middle = int((turn.start_s + turn.end_s) * 8_000)
        assert np.abs(source[middle - 800 : middle + 800]).max() > 0.01
    assert any(a.end_s > b.start_s for a, b in zip(meeting.turns, meeting.turns[1:], strict=False))


def test_recording_at_another_rate_is_refused(folder):
    write_recording(folder / "ada" / "ada-0.wav", hum(5.0), rate_hz=8_000)
    write_recording(folder / "ada" / "ada-1.wav", hum(5.0), rate_hz=8_000)

    with pytest.raises(KnownError, match="8000 Hz"):
        make_meetings(find_talkers([folder])[:2], 1, seed=1)
