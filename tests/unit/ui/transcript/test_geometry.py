"""Heights and positions of rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.transcript.geometry import RowGeometry

pytestmark = pytest.mark.unit

heights = st.lists(st.integers(1, 90), max_size=40)


@given(heights, heights, st.data())
def test_replacing_rows_equals_adding_up_from_the_start(old, new, data):
    first = data.draw(st.integers(0, len(old)))
    removed = data.draw(st.integers(0, len(old) - first))
    geometry = RowGeometry()
    geometry.replace(0, 0, old)

    geometry.replace(first, removed, new)

    expected = [*old[:first], *new, *old[first + removed :]]
    assert geometry.total == sum(expected)
    assert [geometry.top(n) for n in range(len(expected))] == [
        sum(expected[:n]) for n in range(len(expected))
    ]
    for y in range(0, geometry.total, 7):
        row = geometry.row_at(y)
        assert row is not None
        assert geometry.top(row) <= y < geometry.top(row) + geometry.height(row)


def test_outside_there_is_no_row():
    geometry = RowGeometry()
    geometry.replace(0, 0, [10, 20])

    assert geometry.row_at(-1) is None
    assert geometry.row_at(30) is None
