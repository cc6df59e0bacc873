import dataclasses

import pytest

from app.domain.ids import StreamId, TrackId
from app.domain.marks import Marker
from app.domain.messages import SegmentStatus
from app.domain.speakers import MeetingSpeaker
from app.export.passages import passages, readable, shown_facts
from tests.fakes.transcripts import make_segment, make_transcript

pytestmark = pytest.mark.unit


def test_passages_are_in_order_of_start_end_stream_and_id():
    transcript = make_transcript(
        [
            make_segment("z", 2.0, "later"),
            make_segment("b", 1.0, "two words"),
            make_segment("a", 1.0, "two words"),
            make_segment("c", 1.0, "two words", stream=StreamId.MIC),
            make_segment("d", 1.0, "one"),
        ]
    )

    assert [p.segment_id for p in passages(transcript)] == ["d", "c", "a", "b", "z"]


def test_partial_retracted_and_blank_segments_are_left_out():
    shown = make_segment("a", 0.0, "shown")
    transcript = make_transcript(
        [
            dataclasses.replace(shown, segment_id="p", status=SegmentStatus.PARTIAL),
            dataclasses.replace(shown, segment_id="r", words=()),
            make_segment("e", 1.0, "emptied"),
            shown,
        ],
        edited_texts={"e": "\n"},
    )

    assert [p.segment_id for p in passages(transcript)] == ["a"]


def test_speaker_is_the_name_or_a_number_or_unknown():
    speakers = [
        MeetingSpeaker(track=TrackId("S1"), index=1, name="Zoë\nK."),
        MeetingSpeaker(track=TrackId("S2"), index=2),
        MeetingSpeaker(track=TrackId("S3"), index=3, name=" \n"),
    ]
    tracks = ["S1", "S2", "S3", "S9", None]
    transcript = make_transcript(
        [make_segment(str(i), i, "hm", track=track) for i, track in enumerate(tracks)],
        speakers=speakers,
    )

    found = passages(transcript)

    assert [p.speaker for p in found] == [
        "Zoë\nK.",
        "Speaker 2",
        "Speaker 3",
        "Unknown",
        "Unknown",
    ]
    assert [p.track for p in found] == ["S1", "S2", "S3", None, None]


def test_facts_count_only_what_is_shown():
    transcript = make_transcript(
        [make_segment("a", 1.0, "hello there"), make_segment("b", 5.0, "yes", track="S2")],
        edited_texts={"b": " "},
    )

    facts = {row.track: row for row in shown_facts(transcript)}

    assert (facts["S1"].turn_count, facts["S2"].turn_count) == (1, 0)


# --- For people to read ---


def texts(transcript):
    return [passage.text for passage in readable(transcript)]


def test_pieces_of_one_sentence_are_one_passage():
    transcript = make_transcript(
        [
            make_segment("a", 1.0, "We shall"),
            make_segment("b", 2.1, "have to do away"),
            make_segment("c", 4.2, "with it."),
            make_segment("d", 6.3, "Yes, the others"),
        ]
    )

    first, second = readable(transcript)

    assert (first.segment_id, first.text) == ("a", "We shall have to do away with it.")
    assert [word.text for word in first.words] == first.text.split()
    assert first.span.end == passages(transcript)[2].span.end
    assert second.text == "Yes, the others"


def test_what_somebody_else_says_meanwhile_does_not_cut_a_sentence():
    transcript = make_transcript(
        [
            make_segment("a", 1.0, "And the", stream=StreamId.MIC),
            make_segment("b", 1.5, "was a work", track="S2"),
            make_segment("c", 2.2, "first thing", stream=StreamId.MIC),
            make_segment("d", 2.9, "too large", track="S2"),
        ]
    )

    assert texts(transcript) == ["And the first thing", "was a work too large"]


@pytest.mark.parametrize(
    ("second", "changes"),
    [
        (make_segment("b", 2.7, "after a pause"), {}),
        (make_segment("b", 2.1, "of another", track="S2"), {}),
        (make_segment("b", 2.1, "elsewhere", stream=StreamId.MIC), {}),
        (make_segment("b", 2.1, "behind a mark"), {"markers": (Marker(at=32_800),)}),
    ],
)
def test_what_does_not_go_on_stays_apart(second, changes):
    transcript = make_transcript([make_segment("a", 1.0, "one two"), second])

    assert len(texts(dataclasses.replace(transcript, **changes))) == 2


def test_unknown_voices_are_never_joined():
    transcript = make_transcript(
        [make_segment("a", 1.0, "one two", track=None), make_segment("b", 2.1, "more", track=None)]
    )

    assert texts(transcript) == ["one two", "more"]


def test_languages_without_blanks_are_joined_without():
    pieces = [make_segment("a", 1.0, "\u4f60\u597d"), make_segment("b", 1.6, "\u4e16\u754c")]
    transcript = make_transcript([dataclasses.replace(piece, language="zh") for piece in pieces])

    assert texts(transcript) == ["\u4f60\u597d\u4e16\u754c"]
