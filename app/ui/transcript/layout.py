"""Places the parts of a row: names, texts and lanes, as rectangles relative to the row."""

from __future__ import annotations

from dataclasses import dataclass

from app.ui.tokens import READING_WIDTH_PX
from app.ui.transcript.lines import Passage, Row
from app.ui.transcript.shaping import Break, TextShaper, is_right_to_left

AVATAR_PX = 32
GUTTER_PX = AVATAR_PX + 14
MARGIN_PX = 28
NARROW_MARGIN_PX = 16
NARROW_PX = 560
TURN_GAP_PX = 18
LINE_GAP_PX = 10
LANE_GAP_PX = 14
LANE_PADDING_PX = 12
GAP_ROW_PX = 44
BADGE_PX = 26


@dataclass(frozen=True, slots=True)
class Cell:
    """One passage inside its row, in pixels from the row's left upper corner.

    Attributes:
        x, y, width: Of the text.
        breaks: Lines of text, in characters.
        has_name: Name and time stand above the text, the avatar beside.
        is_mirrored: The text runs from right to left, and the avatar stands on the right.
    """

    passage: Passage
    x: int
    y: int
    width: int
    height: int
    breaks: tuple[Break, ...]
    has_name: bool
    is_mirrored: bool = False


@dataclass(frozen=True, slots=True)
class RowLayout:
    """A row laid out for one width."""

    height: int
    cells: tuple[Cell, ...]
    lanes: tuple[tuple[int, int, int, int], ...] = ()
    """Backgrounds of lanes: x, y, width, height."""


def column(view_width: int) -> tuple[int, int]:
    """Left edge and width of the text column, avatar included, in a view of `view_width`."""
    margin = MARGIN_PX if view_width >= NARROW_PX else NARROW_MARGIN_PX
    width = min(view_width - 2 * margin, READING_WIDTH_PX)
    return (view_width - width) // 2, max(width, 120)


def lay_out(
    row: Row, view_width: int, shaper: TextShaper, name_height: int, *, air: float = 1.0
) -> RowLayout:
    """Place a row.

    Args:
        name_height: Height of the line that carries name and time.
        air: Of the room between lines.
    """
    left, width = column(view_width)
    if row.aside is not None:
        return RowLayout(GAP_ROW_PX, ())
    if row.is_overlap:
        top = round(TURN_GAP_PX * air) + BADGE_PX
        return _lanes(row, left, width, shaper, name_height, top)
    passage = row.lanes[0]
    y = round((TURN_GAP_PX if row.starts_turn else LINE_GAP_PX) * air)
    cell = _cell(
        passage, left + GUTTER_PX, y, width - GUTTER_PX, shaper, name_height, row.starts_turn
    )
    return RowLayout(cell.y + cell.height + 2, (cell,))


def _lanes(
    row: Row, left: int, width: int, shaper: TextShaper, name_height: int, top: int
) -> RowLayout:
    lane_width = (width - LANE_GAP_PX * (len(row.lanes) - 1)) // len(row.lanes)
    cells: list[Cell] = []
    bottom = top
    for number, lane in enumerate(row.lanes):
        x = left + number * (lane_width + LANE_GAP_PX)
        y = top + LANE_PADDING_PX
        inner = lane_width - 2 * LANE_PADDING_PX - GUTTER_PX
        text_x = x + LANE_PADDING_PX + GUTTER_PX
        cell = _cell(lane, text_x, y, inner, shaper, name_height, True)
        cells.append(cell)
        bottom = max(bottom, cell.y + cell.height)
    bottom += LANE_PADDING_PX
    boxes = tuple(
        (left + number * (lane_width + LANE_GAP_PX), top, lane_width, bottom - top)
        for number in range(len(row.lanes))
    )
    return RowLayout(bottom + 4, tuple(cells), boxes)


def _cell(
    passage: Passage,
    x: int,
    y: int,
    width: int,
    shaper: TextShaper,
    name_height: int,
    has_name: bool,
) -> Cell:
    if has_name:
        y += name_height
    breaks = shaper.wrap(passage.text, max(width, 40))
    height = len(breaks) * shaper.line_height
    is_mirrored = is_right_to_left(passage.text)
    left = x - GUTTER_PX if is_mirrored else x
    return Cell(passage, left, y, width, height, breaks, has_name, is_mirrored)
