from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.holds import Holds

pytestmark = pytest.mark.unit

RATES = (8_000, 16_000, 44_100, 48_000)


def test_a_hold_begins_once_and_ends_once():
    holds = Holds()

    assert holds.end(1.0) is None
    assert holds.begin(2.0) == 2.0
    assert holds.begin(3.0) == 2.0
    assert holds.is_open
    assert holds.end(5.0) == 5.0
    assert holds.end(6.0) is None
    assert not holds.is_open


def test_a_hold_that_lasts_takes_all_that_follows():
    holds = Holds()
    holds.begin(1.0)

    assert list(holds.pieces(0.5, 16_000, 16_000)) == [(0, 8_000, False), (8_000, 16_000, True)]
    assert list(holds.pieces(7.0, 10, 16_000)) == [(0, 10, True)]


@given(
    edges=st.lists(st.floats(0, 2), max_size=7),
    start_s=st.floats(0, 2),
    count=st.integers(0, 400),
    rate_hz=st.sampled_from(RATES),
)
def test_pieces_are_what_looking_at_every_frame_gives(edges, start_s, count, rate_hz):
    holds, edges = Holds(), sorted(edges)
    for number, edge in enumerate(edges):
        (holds.end if number % 2 else holds.begin)(edge)

    pieces = list(holds.pieces(start_s, count, rate_hz))

    # Edges closer to a frame than rounding can tell may fall on either side of it.
    grain_s = 1e-5 / rate_hz
    cut = [is_held for start, end, is_held in pieces for _ in range(start, end)]
    assert len(cut) == count
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    for number, is_held in enumerate(cut):
        at_s = start_s + number / rate_hz
        if all(abs(at_s - edge) > grain_s for edge in edges):
            assert is_held == (sum(edge <= at_s for edge in edges) % 2 == 1)
