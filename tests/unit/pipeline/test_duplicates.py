"""What the microphone repeats of the system audio."""

import pytest

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import SegmentStatus, SegmentUpdate
from app.domain.units import Span
from app.pipeline.duplicates import STRICT, RepeatFinder, common_words, is_like_system
from tests.fakes.speech import make_words

pytestmark = pytest.mark.unit

MIC, SYSTEM = StreamId.MIC, StreamId.SYSTEM
SENTENCE = "we had better ask the whole team"


def said(stream, text, start_s=10.0, segment_id=None, status=SegmentStatus.FINAL):
    words = make_words(text, start_s)
    return SegmentUpdate(
        segment_id=SegmentId(segment_id or f"{stream}-{start_s}"),
        revision=1,
        stream=stream,
        span=Span(words[0].span.start, words[-1].span.end),
        track=TrackId("S1"),
        words=words,
        status=status,
        committed=len(words) if status is SegmentStatus.FINAL else 0,
    )


def ids(segments):
    return [segment.segment_id for segment in segments]


def test_repeated_sentence_is_found_on_the_microphone_only():
    mic = said(MIC, SENTENCE, 10.1)

    repeats = RepeatFinder().push([said(SYSTEM, SENTENCE), mic], is_leaking=False)

    assert repeats == (mic,)


def test_order_of_arrival_does_not_matter():
    finder = RepeatFinder()
    mic = said(MIC, SENTENCE, 10.1)

    early = finder.push([mic], is_leaking=False)
    then = finder.push([said(SYSTEM, SENTENCE)], is_leaking=False)

    assert early == ()
    assert then == (mic,)


def test_each_repeat_is_named_once():
    finder = RepeatFinder()
    finder.push([said(SYSTEM, SENTENCE), said(MIC, SENTENCE, 10.1)], is_leaking=False)

    assert finder.push([said(SYSTEM, "and then some", 14.0)], is_leaking=False) == ()


def test_case_punctuation_and_a_badly_heard_word_do_not_matter():
    mic = said(MIC, "We had, bettor ask the whole tea.", 10.1)

    assert is_like_system(mic, [said(SYSTEM, SENTENCE)], STRICT)


@pytest.mark.parametrize(
    ("text", "start_s"),
    [
        ("no that is not what I meant", 10.1),  # other words
        (SENTENCE, 20.0),  # another time: somebody quotes
        ("yes the whole team", 10.1),  # too few of them
    ],
)
def test_words_of_ones_own_stay(text, start_s):
    mic = said(MIC, text, start_s)

    assert RepeatFinder().push([said(SYSTEM, SENTENCE), mic], is_leaking=False) == ()


@pytest.mark.parametrize(
    ("text", "is_leaking", "count"),
    [
        ("sounds good", True, 0),
        ("sounds good everyone", False, 0),
        ("sounds good everyone", True, 1),
    ],
)
def test_short_answer_on_both_sides_stays_unless_a_leak_is_measured(text, is_leaking, count):
    segments = [said(MIC, text, 10.1), said(SYSTEM, text)]

    assert len(RepeatFinder().push(segments, is_leaking=is_leaking)) == count


def test_live_pieces_of_two_words_are_taken_once_enough_of_them_follow_each_other():
    finder = RepeatFinder()
    finder.push([said(SYSTEM, SENTENCE)], is_leaking=False)

    pieces = [said(MIC, "we had", 10.1), said(MIC, "better ask", 10.9), said(MIC, "the", 11.7)]
    named = [ids(finder.push([piece], is_leaking=False)) for piece in pieces]

    assert named == [[], ids(pieces[:2]), ids(pieces[2:])]


def test_piece_of_ones_own_parts_a_repetition():
    finder = RepeatFinder()
    finder.push([said(SYSTEM, SENTENCE)], is_leaking=False)

    pieces = [said(MIC, "we had", 10.1), said(MIC, "no wait", 10.9), said(MIC, "the whole", 11.7)]

    assert finder.push(pieces, is_leaking=False) == ()


def test_other_streams_are_passed_over():
    mix = said(StreamId.MIX, SENTENCE)

    assert RepeatFinder().push([mix, said(SYSTEM, SENTENCE)], is_leaking=True) == ()


def test_partial_text_is_passed_over():
    mic = said(MIC, SENTENCE, 10.1, status=SegmentStatus.PARTIAL)

    assert RepeatFinder().push([said(SYSTEM, SENTENCE), mic], is_leaking=True) == ()


def test_retracted_text_is_no_evidence():
    finder = RepeatFinder()
    system = said(SYSTEM, SENTENCE, segment_id="a")
    finder.push([system], is_leaking=False)
    gone = said(SYSTEM, "x", segment_id="a")
    finder.push(
        [
            SegmentUpdate(
                segment_id=gone.segment_id,
                revision=2,
                stream=SYSTEM,
                span=gone.span,
                track=None,
                words=(),
                status=SegmentStatus.FINAL,
                committed=0,
            )
        ],
        is_leaking=False,
    )

    assert finder.push([said(MIC, SENTENCE, 10.1)], is_leaking=False) == ()


def test_system_sentence_in_two_segments_counts_as_one():
    system = [said(SYSTEM, "we had better ask", 10.0), said(SYSTEM, "the whole team", 11.6)]
    mic = said(MIC, SENTENCE, 10.1)

    assert ids(RepeatFinder().push([*system, mic], is_leaking=False)) == [mic.segment_id]


def test_old_segments_are_forgotten():
    finder = RepeatFinder()
    finder.push([said(SYSTEM, SENTENCE)], is_leaking=False)
    finder.push([said(SYSTEM, "much later on", 300.0)], is_leaking=False)

    assert finder.push([said(MIC, SENTENCE, 10.1)], is_leaking=False) == ()


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("a b c", "a x b c", 3),
        ("a b c", "c b a", 1),
        ("", "a", 0),
        ("montdetour street", "mondetour street", 2),
        ("so it is", "as it was", 1),
    ],
)
def test_common_words_are_counted_in_order(one, other, count):
    assert common_words(make_words(one), make_words(other)) == count


def test_word_at_another_time_is_another_word():
    assert common_words(make_words("so", 1.0), make_words("so", 2.5)) == 0
