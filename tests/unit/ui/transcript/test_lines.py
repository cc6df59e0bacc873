"""How segments become rows."""

from __future__ import annotations

import random

import pytest

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.marks import Hold, HoldReason, Marker
from app.domain.messages import TranscriptGap
from app.domain.units import Span
from app.ui.transcript.lines import (
    PARAGRAPH_CHARS,
    build_rows,
    distribute,
    initials_of,
    line_of,
    passage_of,
    span_of,
)
from tests.fakes.ui_meetings import segment, speakers

pytestmark = pytest.mark.unit

VOICES = {speaker.track: speaker for speaker in speakers()}


def _line(name: str, track: str, start_s: float, end_s: float, text: str = "one two three"):
    return line_of(segment(name, (track, start_s, end_s, text)), VOICES)


def test_the_same_voice_reads_on_as_one_passage():
    rows = build_rows([_line("a", "S1", 0, 2), _line("b", "S1", 3, 5), _line("c", "S2", 6, 7)])

    assert [len(row.lines) for row in rows] == [2, 1]
    assert rows[0].lanes[0].text == "one two three one two three"


def test_a_pause_makes_a_paragraph_without_the_name():
    rows = build_rows([_line("a", "S1", 0, 2), _line("b", "S1", 5, 7)])

    assert [row.starts_turn for row in rows] == [True, False]


def test_a_long_passage_ends_with_its_sentence():
    items = [_line(f"l{n:02}", "S1", n, n + 1, "word word word word.") for n in range(60)]

    rows = build_rows(items)

    assert all(PARAGRAPH_CHARS <= len(row.lanes[0].text) < 500 for row in rows[:-1])


def test_the_name_comes_again_after_a_long_pause():
    rows = build_rows([_line("a", "S1", 0, 2), _line("b", "S1", 30, 35)])

    assert [row.starts_turn for row in rows] == [True, True]


def test_two_voices_at_once_stand_side_by_side():
    rows = build_rows([_line("a", "S1", 0, 6), _line("b", "S2", 4, 6), _line("c", "S1", 7, 9)])

    assert [len(row.lanes) for row in rows] == [2, 1]
    assert [lane.first.label for lane in rows[0].lanes] == ["Anna Keller", "Ben Okafor"]
    assert rows[1].starts_turn


def test_what_was_said_before_the_other_voice_stays_above():
    items = [_line(f"a{n}", "S1", n, n + 1) for n in range(5)]
    other = _line("b", "S2", 3.1, 4.4)
    rows = build_rows(sorted([*items, other], key=lambda line: line.span))

    assert [len(row.lanes) for row in rows] == [1, 2, 1]
    assert [len(row.lines) for row in rows] == [3, 2, 1]


def test_a_slight_overlap_stays_below_each_other():
    rows = build_rows([_line("a", "S1", 0, 6), _line("b", "S2", 5.5, 12)])

    assert [len(row.lanes) for row in rows] == [1, 1]


def test_several_short_lines_over_a_long_one_share_a_lane():
    rows = build_rows([_line("a", "S1", 0, 20), _line("b", "S2", 4, 6), _line("c", "S2", 9, 11)])

    assert len(rows) == 1
    assert [len(lane.lines) for lane in rows[0].lanes] == [1, 2]


def test_a_third_voice_gets_a_row_of_its_own():
    rows = build_rows([_line("a", "S1", 0, 20), _line("b", "S2", 4, 6), _line("c", "S3", 9, 11)])

    assert [len(row.lanes) for row in rows] == [2, 1]


def test_a_gap_is_a_row_and_ends_a_turn():
    gap = TranscriptGap(stream=StreamId.MIC, span=Span.from_seconds(2, 3), reason="lost")

    rows = build_rows([_line("a", "S1", 0, 2), gap, _line("b", "S1", 3, 5)])

    assert [row.aside for row in rows] == [None, gap, None]
    assert rows[2].starts_turn


def test_rows_of_a_part_equal_the_rows_of_the_whole():
    chooser = random.Random(5)
    starts = [n + chooser.random() * 0.8 for n in range(60)]
    items = [
        _line(f"l{n:02}", f"S{chooser.randint(1, 3)}", start, start + chooser.random() * 2 + 0.4)
        for n, start in enumerate(starts)
    ]
    whole = build_rows(items)
    assert any(row.is_overlap for row in whole)

    for number, row in enumerate(whole):
        if number and not row.is_overlap:
            before = sum(len(above.lines) for above in whole[:number])
            assert build_rows(items[before:], whole[number - 1]) == whole[number:]


def test_a_partial_line_knows_what_will_not_change():
    update = segment("a", ("S1", 0, 2, "one two three"), is_final=False, committed=2)

    line = line_of(update, VOICES)

    assert line.text[: line.solid_chars] == "one two"


def test_an_unknown_voice_is_called_so():
    line = line_of(segment("a", ("S1", 0, 2, "hello"), track=None), VOICES)

    assert (line.label, line.initials, line.colour_index) == ("Unknown", "?", None)


def test_a_click_finds_the_time_of_its_word():
    line = _line("a", "S1", 10, 13, "one two three")

    assert line.time_at(0) == pytest.approx(10)
    assert line.time_at(5) == pytest.approx(line.words[1].span.start_s)
    assert line.range_at(line.words[2].span.start_s + 0.05) == (8, 13)
    assert line.range_at(99) is None


def test_a_click_in_edited_text_finds_about_the_right_time():
    update = segment("a", ("S1", 10, 20, "one two"))

    line = line_of(update, VOICES, "something else entirely")

    assert line.words == ()
    assert line.time_at(len(line.text) // 2) == pytest.approx(15, abs=0.5)
    assert line.segment_id == SegmentId("a")
    assert line.track == TrackId("S1")


def test_a_passage_knows_whose_word_is_where():
    passage = passage_of([_line("a", "S1", 0, 3), _line("b", "S1", 10, 13)])

    assert passage.line_at(14).segment_id == "b"
    assert passage.time_at(14) == pytest.approx(10)
    assert passage.place_of(SegmentId("b")) == (14, 27)
    assert passage.range_at(10.1) == (14, 17)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two three one two three", {}),
        ("one TWO three one two three", {"a": "one TWO three"}),
        ("one two three one two four five", {"b": "one two four five"}),
        ("one two three four one two three", {"a": "one two three four"}),
        ("one two three", {"b": ""}),
        ("something else", {"a": "something else", "b": ""}),
    ],
)
def test_rewriting_a_passage_changes_the_fewest_lines(text, expected):
    passage = passage_of([_line("a", "S1", 0, 3), _line("b", "S1", 10, 13)])

    assert distribute(passage, text) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("Anna Keller", "AK"), ("anna", "A"), (None, "3"), ("A B C", "AC")]
)
def test_initials(name, expected):
    assert initials_of(name, 3) == expected


def test_holds_and_markers_are_rows_and_end_a_turn():
    hold = Hold(start=32_000, end=48_000, reason=HoldReason.PAUSED)
    lasting = Hold(start=32_000, end=None, reason=HoldReason.PAUSED)
    marker = Marker(at=80_000, note="that")

    rows = build_rows([_line("a", "S1", 0, 2), hold, _line("b", "S1", 3, 5), marker])

    assert [row.aside for row in rows] == [None, hold, None, marker]
    assert rows[2].starts_turn
    assert rows[1].span == Span(32_000, 48_000)
    assert span_of(lasting) == Span(32_000, 32_000)
    assert rows[3].span == Span(80_000, 80_000)
