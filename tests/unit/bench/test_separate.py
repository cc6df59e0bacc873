"""Scores of separated voices and of the words people say at once."""

import json

import numpy as np
import pytest

from app.bench.mixtures import Mixture
from app.bench.scoring import WordScore
from app.bench.separate import (
    MeetingScore,
    Passed,
    Separated,
    SeparateResult,
    draw_separate,
    overlaps_of,
    run_mixtures,
    score_meeting,
    score_separated,
    si_sdr,
    spread,
)
from app.bench.sets import ReferenceTurn
from tests.fakes.program import segment
from tests.fakes.talkers import hum

pytestmark = pytest.mark.unit


def turn(start_s, end_s, speaker, words):
    return ReferenceTurn(start_s=start_s, end_s=end_s, speaker=speaker, words=words)


def mixture(kind="clean"):
    sources = np.stack([hum(1.0, 300), hum(1.0, 700)])
    if kind == "single":
        sources[1] = 0
    return Mixture(kind=kind, sources=sources, alone=sources)


def test_si_sdr_is_the_ratio_whatever_the_scale():
    source, noise = hum(1.0, 300), hum(1.0, 700)

    assert si_sdr(source + 0.1 * noise, source) == pytest.approx(20, abs=0.1)
    assert si_sdr(3 * source + 0.3 * noise, source) == pytest.approx(20, abs=0.1)


def test_gain_is_that_of_the_better_pairing():
    mixed = mixture()
    leaky = mixed.sources + 0.1 * mixed.sources[::-1]

    for outputs in (leaky, leaky[::-1]):
        assert score_separated(mixed, outputs).gain_db == pytest.approx(20, abs=0.1)
    unchanged = np.stack([mixed.samples, mixed.samples])
    assert score_separated(mixed, unchanged).gain_db == pytest.approx(0, abs=0.1)


def test_single_talker_is_scored_by_what_passes_and_what_leaks():
    alone = mixture("single")

    scored = score_separated(alone, np.stack([0.1 * alone.samples, alone.samples]))

    assert scored.gain_db is None
    assert scored.single_db > 60
    assert scored.leak_db == pytest.approx(-20, abs=0.1)


def test_mixtures_that_cannot_be_taken_apart_are_left_out():
    def take_apart(mixed):
        return None if mixed.kind == "rooms" else np.stack([mixed.samples, 0 * mixed.samples])

    mixtures = [mixture(), mixture("rooms"), mixture("single")]
    scores, real_time = run_mixtures(mixtures, take_apart, lambda n: None)

    assert [score.kind for score in scores] == ["clean", "single"]
    assert real_time is not None


def test_overlaps_are_of_two_people_and_a_little_wider():
    turns = [turn(0, 5, "a", "x"), turn(4, 8, "b", "y"), turn(7, 9, "b", "z")]
    turns.append(turn(8.9, 9, "a", "too short"))

    assert overlaps_of(turns) == [pytest.approx((3.7, 5.3))]


def test_words_are_spread_over_their_turn():
    words = spread(turn(1.0, 3.0, "a", "aaaa a aa"))

    assert [word.text for word in words] == ["aaaa", "a", "aa"]
    assert words[0].start_s == 1.0
    assert words[-1].end_s == pytest.approx(3.0)
    assert words[0].end_s - words[0].start_s == pytest.approx(1.0)


def test_only_words_inside_overlaps_count_as_overlapped():
    turns = [turn(0, 4, "a", "red green blue black"), turn(3, 6, "b", "apple pear plum")]
    written = [
        segment("1", "red green blue black", track="S1", start_s=0.0),
        segment("2", "pear plum", track="S2", start_s=4.2),
    ]

    score = score_meeting("m", "off", turns, (), written)

    assert score.whole.words == 7
    assert score.whole.cp_errors == 1
    assert score.overlapped.words < 7
    assert score.overlapped.cp_errors >= 1


def result(off=(10, 40), auto=(8, 20), auto_cpu_s=15.0):
    def score(way, whole, overlapped, cpu_s):
        return MeetingScore(
            name="m",
            way=way,
            whole=WordScore(words=100, errors=whole, cp_errors=whole),
            overlapped=WordScore(words=50, errors=overlapped, cp_errors=overlapped),
            cpu_s=cpu_s,
            audio_s=100.0,
        )

    return SeparateResult(
        network="net",
        separated=(
            Separated(kind="clean", gain_db=9.0),
            Separated(kind="rooms", gain_db=2.0),
            Separated(kind="single", single_db=25.0, leak_db=-30.0),
        ),
        meetings=(score("off", *off, 10.0), score("auto", *auto, auto_cpu_s)),
        real_time=0.1,
    )


def test_targets_tell_what_is_short():
    missed = {target.name for target in result().targets if target.is_missed}

    assert missed == {"SI-SDR gain rooms, short of 5"}
    assert {target.name for target in result(auto=(11, 40)).targets if target.is_missed} >= {
        "cpWER on overlaps, of that without",
        "cpWER of whole meetings, worse by",
    }


def test_cost_of_taking_apart_is_that_of_the_pass_with_it_less_that_without():
    assert result().added_real_time == pytest.approx(0.05)
    assert result().record()["added_real_time"] == pytest.approx(0.05)
    missed = {target.name for target in result(auto_cpu_s=25.0).targets if target.is_missed}
    assert "real-time factor added to meetings" in missed
    assert SeparateResult(network="net").added_real_time is None


def test_record_is_json_with_every_way():
    record = json.loads(json.dumps(result().record()))

    assert not record["ok"]
    assert record["gain_db"]["clean"]["mean"] == 9.0
    assert record["words"]["auto"]["overlapped_cpwer"] == 40.0
    assert record["words"]["auto"]["cost"] == 0.15
    assert (record["point"], record["realtime"]) == ("final", False)
    assert len(record["meetings"]) == 2


@pytest.mark.parametrize(("errors", "is_missed"), [(6, True), (5, False)])
def test_words_of_single_talkers_may_get_little_worse(errors, is_missed):
    before = WordScore(words=50, errors=5, cp_errors=0)
    after = WordScore(words=50, errors=errors, cp_errors=0)

    measured = SeparateResult(network="net", passed=Passed(before=before, after=after))

    (target,) = (target for target in measured.targets if "single talkers" in target.name)
    assert target.is_missed is is_missed
    single = measured.record()["single_words"]
    assert single == {"words": 50, "wer_before": 10.0, "wer_after": 2.0 * errors}


def test_nothing_measured_misses_nothing():
    assert SeparateResult(network="net").record()["ok"]


def test_figure_is_a_picture(tmp_path):
    draw_separate(result(), tmp_path / "out.png")

    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
