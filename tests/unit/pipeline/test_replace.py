"""A second transcript takes over ids, tracks and corrections of the first."""

import pytest

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import CorrectionReason, SegmentStatus, SegmentUpdate, TranscriptPatch
from app.domain.transcript import Transcript
from app.domain.units import Span
from app.pipeline.replace import TranscriptReplacer, map_tracks, split_pieces
from tests.fakes.speech import make_piece, make_turn, make_word, make_words, texts

pytestmark = pytest.mark.unit

SYSTEM, MIC = StreamId.SYSTEM, StreamId.MIC
WHOLE = Span.from_seconds(0, 100)


def old_segment(segment_id, start_s, text, track="S1", stream=SYSTEM):
    words = make_words(text, start_s)
    return SegmentUpdate(
        segment_id=SegmentId(segment_id),
        revision=3,
        stream=stream,
        span=Span(words[0].span.start, words[-1].span.end),
        track=None if track is None else TrackId(track),
        words=words,
        status=SegmentStatus.FINAL,
        committed=len(words),
    )


def make_replacer(old, *, locked=(), turns=()):
    return TranscriptReplacer(old, frozenset(locked), {SYSTEM: list(turns)}, revision=100)


def outcome(old, updates):
    """The transcript after the pass: id and text by time."""
    transcript = Transcript()
    transcript.apply(TranscriptPatch(updates=tuple(old)))
    transcript.apply(TranscriptPatch(updates=tuple(updates)))
    return [(s.segment_id, texts(s.words)) for s in transcript]


# --- split_pieces ---


def test_short_piece_stays_whole():
    piece = make_piece("S1", make_words("one two. three"))

    assert split_pieces([piece]) == [piece]


def test_long_pause_starts_a_new_segment():
    words = (make_word("one", 0.0), make_word("two", 1.4), make_word("three", 3.0))

    pieces = split_pieces([make_piece("S1", words)])

    assert [texts(p.words) for p in pieces] == ["one two", "three"]
    assert {p.voice for p in pieces} == {"S1"}


def test_monologue_ends_at_the_first_sentence_end_beyond_eight_seconds():
    words = make_words("a b. c d. " + "e " * 18 + "f. g h")

    pieces = split_pieces([make_piece("S1", words)])

    assert [texts(p.words) for p in pieces] == [texts(words[:23]), "g h"]


def test_monologue_without_sentences_is_cut_after_half_a_minute():
    words = make_words("word " * 100)

    pieces = split_pieces([make_piece("S1", words)])

    assert [len(p.words) for p in pieces] == [76, 24]
    assert [w for p in pieces for w in p.words] == list(words)


def test_a_number_is_not_cut():
    words = make_words("word " * 75 + "$5 million word")

    pieces = split_pieces([make_piece("S1", words)])

    assert [texts(p.words[-2:]) for p in pieces] == ["$5 million", "word"]


# --- map_tracks ---


def test_new_tracks_continue_the_old_ones_they_share_most_time_with():
    old = [old_segment("a", 0, "x " * 5, "S2"), old_segment("b", 10, "x " * 5, "S1")]

    mapping = map_tracks(old, {SYSTEM: [make_turn("S1", 0, 3), make_turn("S2", 10, 13)]})

    assert mapping == {"S1": "S2", "S2": "S1"}


def test_each_old_track_is_continued_once():
    old = [old_segment("a", 0, "x " * 20, "S1")]

    mapping = map_tracks(old, {SYSTEM: [make_turn("S1", 0, 2), make_turn("S2", 2, 8)]})

    assert mapping == {"S2": "S1", "S1": "S2"}


def test_new_voice_gets_a_number_that_no_old_track_has():
    old = [old_segment("a", 0, "one", "S1"), old_segment("b", 50, "two", "S2")]

    mapping = map_tracks(old, {SYSTEM: [make_turn("S1", 0, 2), make_turn("S2", 20, 25)]})

    assert mapping == {"S1": "S1", "S2": "S3"}


def test_streams_are_not_compared_with_each_other():
    old = [old_segment("a", 0, "x x x", "S5", stream=MIC)]

    mapping = map_tracks(old, {SYSTEM: [make_turn("S1", 0, 2)]})

    assert mapping == {"S1": "S1"}


def test_unknown_old_voices_are_continued_by_nobody():
    mapping = map_tracks([old_segment("a", 0, "x x", None)], {SYSTEM: [make_turn("S1", 0, 2)]})

    assert mapping == {"S1": "S1"}


# --- TranscriptReplacer ---


def test_better_words_take_the_id_of_the_segment_they_replace():
    old = [old_segment("a", 0, "won too"), old_segment("b", 10, "tree")]
    replacer = make_replacer(old)

    updates = replacer.replace(
        SYSTEM,
        WHOLE,
        [
            make_piece("S1", make_words("one two")),
            make_piece("S1", make_words("three four", 10)),
        ],
        language="en",
    )

    assert outcome(old, updates) == [("a", "one two"), ("b", "three four")]
    assert {u.reason for u in updates} == {CorrectionReason.REFINE}
    assert {u.revision for u in updates} == {100}
    assert replacer.retract_rest() == ()


def test_new_pieces_get_new_ids():
    old = [old_segment("a", 0, "one two")]

    updates = make_replacer(old).replace(
        SYSTEM,
        WHOLE,
        [
            make_piece("S1", make_words("one two")),
            make_piece("S2", make_words("more", 0.9)),
            make_piece("S2", make_words("most", 30)),
        ],
        language="en",
    )

    ids = [u.segment_id for u in updates]
    assert ids[0] == "a"
    assert len(set(ids)) == 3
    assert [u.reason for u in updates] == [CorrectionReason.REFINE, None, None]


def test_new_id_avoids_ids_of_an_earlier_pass():
    first = make_replacer([]).replace(
        SYSTEM, WHOLE, [make_piece("S1", make_words("one", 5))], language="en"
    )[0]
    moved = old_segment(first.segment_id, 50, "elsewhere")

    (second,) = make_replacer([moved]).replace(
        SYSTEM, Span.from_seconds(0, 20), [make_piece("S1", make_words("one", 5))], language="en"
    )

    assert second.segment_id != first.segment_id


def test_old_segment_without_a_successor_is_taken_back():
    old = [old_segment("a", 0, "one"), old_segment("b", 3, "noise")]

    updates = make_replacer(old).replace(
        SYSTEM, WHOLE, [make_piece("S1", make_words("one"))], language="en"
    )

    assert outcome(old, updates) == [("a", "one")]


def test_segments_of_other_chunks_and_streams_are_left_alone():
    old = [old_segment("a", 0, "one"), old_segment("b", 50, "two"),
           old_segment("c", 0, "three", stream=MIC)]  # fmt: skip

    updates = make_replacer(old).replace(SYSTEM, Span.from_seconds(0, 20), [], language="en")

    assert outcome(old, updates) == [("c", "three"), ("b", "two")]


def test_rest_is_taken_back_at_the_end():
    old = [old_segment("a", 0, "one"), old_segment("b", 50, "phantom")]
    replacer = make_replacer(old)

    updates = replacer.replace(
        SYSTEM, Span.from_seconds(0, 9), [make_piece("S1", make_words("one"))], language="en"
    )
    rest = replacer.retract_rest()

    assert outcome(old, [*updates, *rest]) == [("a", "one")]
    assert replacer.retract_rest() == ()


def test_corrected_segment_stays_and_nothing_covers_it():
    old = [old_segment("a", 0, "won too"), old_segment("b", 3, "three")]
    replacer = make_replacer(old, locked=["a"])

    updates = replacer.replace(
        SYSTEM,
        WHOLE,
        [make_piece("S1", make_words("one two")), make_piece("S1", make_words("three!", 3))],
        language="en",
    )

    everything = [*updates, *replacer.retract_rest()]
    assert outcome(old, everything) == [("a", "won too"), ("b", "three!")]
    assert "a" not in {u.segment_id for u in everything}


def test_piece_that_a_corrected_segment_hardly_touches_is_kept():
    old = [old_segment("a", 0, "yes")]
    replacer = make_replacer(old, locked=["a"])

    updates = replacer.replace(
        SYSTEM, WHOLE, [make_piece("S1", make_words("yes and much more"))], language="en"
    )

    assert [texts(u.words) for u in updates] == ["yes and much more"]
    assert updates[0].segment_id != "a"


def test_correction_on_one_stream_does_not_cover_the_other():
    old = [old_segment("a", 0, "one", stream=MIC)]

    updates = make_replacer(old, locked=["a"]).replace(
        SYSTEM, WHOLE, [make_piece("S1", make_words("one"))], language="en"
    )

    assert [texts(u.words) for u in updates] == ["one"]


def test_tracks_go_on_under_their_old_names():
    old = [old_segment("a", 0, "x x x", "S4")]
    replacer = make_replacer(old, turns=[make_turn("S1", 0, 2), make_turn("S2", 5, 6)])

    updates = replacer.replace(
        SYSTEM,
        WHOLE,
        [
            make_piece("S1", make_words("x x x")),
            make_piece("S2", make_words("y", 5)),
            make_piece(None, make_words("z", 8)),
        ],
        language="en",
    )

    assert [u.track for u in updates] == ["S4", "S1", None]
    assert replacer.track(TrackId("S1")) == "S4"
