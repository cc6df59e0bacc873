"""How chains begin, go on, end and are forgotten."""

import itertools
import math

import numpy as np
import pytest

from app.domain.ids import StreamId
from app.domain.messages import LocalActivity
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.pipeline.activity import MAX_CHAIN_S, ActivityStitcher, joined

pytestmark = pytest.mark.unit

STEP = 270


@pytest.fixture
def stitcher() -> ActivityStitcher:
    return ActivityStitcher(StreamId.MIC, first_chain=itertools.count(1))


def window(start: int, *columns: str) -> LocalActivity:
    """One string per local speaker, one character per frame: "#" talks, "." is silent."""
    activity = np.array([[float(c == "#") for c in column] for column in columns], dtype=np.float32)
    return LocalActivity(
        stream=StreamId.MIC,
        span=Span(start * STEP, (start + len(columns[0])) * STEP),
        activity=activity.T.copy(),
        frame_step=STEP,
    )


def frames(spans: list[Span]) -> list[tuple[int, int]]:
    return [(span.start // STEP, span.end // STEP) for span in spans]


def test_nobody_gives_no_chain(stitcher):
    assert stitcher.push(window(0, "......", "......")) == ()
    assert stitcher.chains == {}


def test_swapped_columns_keep_their_chains(stitcher):
    first = stitcher.push(window(0, "####......", ".....#####"))
    second = stitcher.push(window(1, "....######", "###......."))

    assert first == (1, 2)
    assert second == (2, 1)


def test_voice_that_pauses_longer_than_a_window_gets_a_new_chain(stitcher):
    stitcher.push(window(0, "######"))
    stitcher.push(window(3, "###..."))
    stitcher.push(window(6, "......"))

    assert stitcher.push(window(9, "...###")) == (2,)


def test_windows_without_common_audio_are_not_linked(stitcher):
    stitcher.push(window(0, "######"))

    assert stitcher.push(window(6, "######")) == (2,)


def test_two_common_frames_are_no_evidence(stitcher):
    stitcher.push(window(0, "....##"))

    assert stitcher.push(window(4, "##....")) == (2,)


def test_chain_ids_are_shared_by_streams():
    ids = itertools.count(1)
    mic = ActivityStitcher(StreamId.MIC, first_chain=ids)
    system = ActivityStitcher(StreamId.SYSTEM, first_chain=ids)

    assert mic.push(window(0, "####")) == (1,)
    assert system.push(window(0, "####")) == (2,)


def test_windows_vote_on_each_frame(stitcher):
    stitcher.push(window(0, "########"))
    stitcher.push(window(2, "####...."))
    stitcher.push(window(3, "###....."))
    chain = stitcher.chains[1]

    talks = "".join("#" if chain.is_active(i) else "." for i in range(12))

    assert talks == "######......"


def test_turns_close_short_gaps_only(stitcher):
    stitcher.push(window(0, "##..##....##"))
    chain, whole = stitcher.chains[1], Span(0, 12 * STEP)

    assert frames(stitcher.turns(chain, whole, max_gap_s=0.0)) == [(0, 2), (4, 6), (10, 12)]
    assert frames(stitcher.turns(chain, whole, max_gap_s=0.04)) == [(0, 6), (10, 12)]


def test_turns_stay_inside_the_span(stitcher):
    stitcher.push(window(0, "########"))

    inside = Span(STEP + 7, 4 * STEP + 9)

    assert stitcher.turns(stitcher.chains[1], inside) == [inside]


def test_solo_spans_leave_out_what_others_say_too(stitcher):
    stitcher.push(window(0, "######..", "...#####"))
    whole = Span(0, 8 * STEP)

    assert frames(stitcher.solo_spans(stitcher.chains[1], whole)) == [(0, 3)]
    assert frames(stitcher.solo_spans(stitcher.chains[2], whole)) == [(6, 8)]


def test_the_far_past_is_forgotten_and_the_present_kept():
    stitcher = ActivityStitcher(StreamId.MIC, first_chain=itertools.count(1), memory_s=1.0)

    for start in range(0, 3000, 30):
        stitcher.push(window(start, "#" * 60))

    kept = list(stitcher.chains.values())
    first = min(min(chain.scores) for chain in kept)
    assert first * STEP > stitcher.analysed_until - to_samples(15.0)
    assert [chain.is_active(3000) for chain in kept].count(True) == 1
    assert kept[-1].is_active(3000)


def test_chain_that_fell_silent_long_ago_is_removed():
    stitcher = ActivityStitcher(StreamId.MIC, first_chain=itertools.count(1), memory_s=1.0)
    stitcher.push(window(0, "######", "......"))

    for start in range(30, 1500, 30):
        stitcher.push(window(start, "#" * 60, "." * 60))

    assert 1 not in stitcher.chains
    assert {chain.parent for chain in stitcher.chains.values()} <= set(range(2, 20))


def test_a_long_turn_is_several_chains_in_a_row():
    stitcher = ActivityStitcher(StreamId.MIC, first_chain=itertools.count(1))
    limit = math.ceil(MAX_CHAIN_S * SESSION_RATE_HZ / STEP)

    stitcher.push(window(0, "#" * (2 * limit)))

    one, two = stitcher.chains.values()
    assert (one.parent, two.parent) == (None, 1)
    whole = Span(0, 2 * limit * STEP)
    (before,), (after,) = stitcher.turns(one, whole), stitcher.turns(two, whole)
    assert before.end == after.start == two.first_frame * STEP
    assert before.duration_s == pytest.approx(MAX_CHAIN_S, abs=2 * STEP / SESSION_RATE_HZ)


def test_turn_after_a_pause_is_a_chain_that_knows_its_parent(stitcher):
    talk, pause = "#" * 30, "." * 60
    stitcher.push(window(0, talk + pause))

    active = stitcher.push(window(10, "#" * 20 + pause + talk))

    assert active == (1, 2)
    assert stitcher.chains[2].parent == 1
    assert frames(stitcher.turns(stitcher.chains[2], Span(0, 120 * STEP))) == [(90, 120)]


def test_frames_of_an_old_turn_stay_with_it_when_a_new_one_begins(stitcher):
    talk, pause = "#" * 30, "." * 60
    stitcher.push(window(0, talk + pause + talk))

    stitcher.push(window(10, "#" * 20 + pause + talk + "." * 10))

    assert stitcher.chains[1].scores[15] == (2.0, 2)
    assert stitcher.chains[2].scores[95] == (2.0, 2)
    assert set(stitcher.chains) == {1, 2}


def test_spans_that_touch_or_overlap_are_joined():
    spans = [Span(30, 40), Span(0, 10), Span(10, 20), Span(15, 18)]

    assert joined(spans) == [Span(0, 20), Span(30, 40)]
    assert joined([]) == []


def test_talk_names_every_turn_in_a_span_by_time(stitcher):
    stitcher.push(window(0, "####......", "..#######."))

    talk = stitcher.talk(Span(1 * STEP, 8 * STEP))

    assert frames([span for span, _ in talk]) == [(1, 4), (2, 8)]
    assert [chain_id for _, chain_id in talk] == [1, 2]
    assert stitcher.talk(Span(9 * STEP, 12 * STEP)) == []


def test_alone_is_where_exactly_one_chain_talks(stitcher):
    stitcher.push(window(0, "#####....#", "...####..."))

    found = stitcher.alone(Span(1 * STEP, 20 * STEP))

    assert frames([span for span, _ in found]) == [(1, 3), (5, 7), (9, 10)]
    assert [chain_id for _, chain_id in found] == [1, 2, 1]
