"""Where rows stand in a long list: heights and their running sums."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate


class RowGeometry:
    """Heights in pixels; looking up a row is a bisection, a change re-adds only what follows."""

    def __init__(self) -> None:
        self._heights: list[int] = []
        self._tops: list[int] = [0]

    def __len__(self) -> int:
        return len(self._heights)

    @property
    def total(self) -> int:
        """The height of all rows."""
        return self._tops[-1]

    def top(self, row: int) -> int:
        """The upper edge of a row; of the row behind the last one, the total."""
        return self._tops[row]

    def height(self, row: int) -> int:
        """The height of a row."""
        return self._heights[row]

    def replace(self, first: int, removed_count: int, heights: Sequence[int]) -> None:
        """Put `heights` in place of `removed_count` rows from `first` on."""
        self._heights[first : first + removed_count] = heights
        start = self._tops[first]
        self._tops[first:] = accumulate(self._heights[first:], initial=start)

    def row_at(self, y: float) -> int | None:
        """The row at height `y`; None above the first and below the last."""
        if not 0 <= y < self.total:
            return None
        return bisect_right(self._tops, y) - 1
