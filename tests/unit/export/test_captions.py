from itertools import pairwise

import pytest

from app.domain.ids import TrackId
from app.domain.messages import Word
from app.domain.speakers import MeetingSpeaker
from app.domain.units import Span
from app.export.captions import captions
from tests.fakes.transcripts import make_segment, make_transcript, segment_of

pytestmark = pytest.mark.unit


def cut(text: str, *, names_speakers: bool = False, speakers=(), **how: float):
    transcript = make_transcript([make_segment("a", 10.0, text, **how)], speakers=speakers)
    return captions(transcript, names_speakers=names_speakers)


def test_short_segment_is_one_caption_with_the_times_of_its_words():
    (caption,) = cut("Good morning.")

    assert (caption.start_ms, caption.end_ms) == (10_000, 10_800)
    assert caption.lines == ("Good morning.",)
    assert caption.speaker == "Speaker 1"


def test_long_text_is_cut_at_word_times_into_two_lines_of_42():
    found = cut(" ".join(["abcdefghi"] * 18), word_s=0.2)

    assert [caption.lines for caption in found] == [
        ("abcdefghi abcdefghi abcdefghi abcdefghi",) * 2,
        ("abcdefghi abcdefghi abcdefghi abcdefghi",) * 2,
        ("abcdefghi abcdefghi",),
    ]
    assert [(caption.start_ms, caption.end_ms) for caption in found] == [
        (10_000, 11_600),
        (11_600, 13_200),
        (13_200, 13_600),
    ]


def test_slow_speech_is_cut_before_seven_seconds():
    found = cut("a b c d e f", word_s=0.5, pause_s=0.9)

    assert [caption.lines for caption in found] == [("a b c d e",), ("f",)]


def test_pause_of_over_a_second_starts_a_caption():
    found = cut("a b", word_s=0.5, pause_s=1.1)

    assert [(caption.start_ms, caption.end_ms) for caption in found] == [
        (10_000, 10_500),
        (11_600, 12_100),
    ]


def test_cut_prefers_the_end_of_a_sentence():
    found = cut("This first sentence fills about a line of text. " + "second " * 6 + "sentence.")

    assert found[0].lines == ("This first sentence fills about a line of", "text.")
    assert found[1].lines[0].startswith("second")


def test_word_wider_than_a_line_is_chopped_and_its_time_shared():
    found = cut("x" * 126, word_s=3.0)

    assert [caption.lines for caption in found] == [("x" * 42, "x" * 42), ("x" * 42,)]
    assert [(caption.start_ms, caption.end_ms) for caption in found] == [
        (10_000, 12_000),
        (12_000, 13_000),
    ]


def test_one_endless_word_is_shown_seven_seconds():
    (caption,) = cut("hm", word_s=20.0)

    assert (caption.start_ms, caption.end_ms) == (10_000, 17_000)


def test_word_without_length_still_makes_a_valid_caption():
    (caption,) = cut("hm", word_s=0.0)

    assert caption.end_ms == caption.start_ms + 1


def test_speaker_name_counts_towards_the_first_line():
    found = cut("word " * 20, names_speakers=True, word_s=0.1)

    assert all(caption.lines[0].startswith("Speaker 1: word") for caption in found)
    assert all(len(line) <= 42 for caption in found for line in caption.lines)


def test_endless_speaker_name_is_shortened():
    speakers = [MeetingSpeaker(track=TrackId("S1"), index=1, name="N" * 100)]

    (caption,) = cut("hello", names_speakers=True, speakers=speakers)

    assert caption.lines == (f"{'N' * 29}…: hello",)


def test_chinese_is_written_without_blanks_and_counts_double():
    words = [Word(text="好", span=Span(i * 1600, (i + 1) * 1600)) for i in range(50)]
    transcript = make_transcript([segment_of("a", words, language="zh")])

    found = captions(transcript, names_speakers=False)

    assert [caption.lines for caption in found] == [("好" * 21, "好" * 21), ("好" * 8,)]


def test_captions_of_overlapping_segments_are_in_order_of_start():
    transcript = make_transcript(
        [
            make_segment("a", 0.0, "a long turn " * 8, track="S1"),
            make_segment("b", 4.0, "over it", track="S2"),
        ]
    )

    found = captions(transcript, names_speakers=False)

    starts = [caption.start_ms for caption in found]
    assert starts == sorted(starts)
    assert any(
        one.end_ms > other.start_ms
        for one, other in pairwise(found)
        if one.speaker != other.speaker
    )
