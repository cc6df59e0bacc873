"""Segments, their ids and their revisions."""

import itertools
from dataclasses import replace

import pytest

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import CorrectionReason, SegmentStatus, TranscriptPatch
from app.domain.transcript import Transcript
from app.domain.units import Span
from app.pipeline.assemble import Assembler
from app.pipeline.attribute import Piece
from tests.fakes.speech import make_piece, make_words, texts

pytestmark = pytest.mark.unit

MIC, SYSTEM = StreamId.MIC, StreamId.SYSTEM


class Labels:
    """Chain → track, changed by the test."""

    def __init__(self, **tracks: str) -> None:
        self.tracks = {int(chain[1:]): track for chain, track in tracks.items()}
        self.measured = 0

    def track_of(self, chain_id):
        return self.tracks.get(chain_id)

    def label(self, chain_id):
        self.measured += 1
        track = self.tracks.get(chain_id)
        return track, None if track is None else 0.9


@pytest.fixture
def labels() -> Labels:
    return Labels(c1="S1", c2="S2")


@pytest.fixture
def assembler(labels) -> Assembler:
    return Assembler(labels)


def final(assembler, *pieces, utterance="mic-0", stream=MIC, **options):
    return assembler.final(stream, utterance, pieces, language="en", **options)


def partial(assembler, text, utterance="mic-0", stream=MIC, chain=1):
    return assembler.partial(stream, utterance, make_words(text), chain, language="en")


def shown(*updates):
    """The transcript after updates, as text by status."""
    transcript = Transcript()
    transcript.apply(TranscriptPatch(updates=updates))
    return [(s.status.value, texts(s.words)) for s in transcript]


def test_final_pieces_become_segments_in_order(assembler):
    one, two = final(
        assembler, make_piece(1, make_words("one two")), make_piece(2, make_words("three", 2.0))
    )

    assert (one.segment_id, two.segment_id) == ("mic-0-0", "mic-0-1")
    assert (one.track, two.track) == ("S1", "S2")
    assert one.status is SegmentStatus.FINAL
    assert (one.committed, two.committed) == (2, 1)
    assert one.span.start == one.words[0].span.start
    assert one.reason is None
    assert one.revision < two.revision


def test_piece_of_nobody_has_no_track(assembler):
    (update,) = final(assembler, make_piece(None, make_words("one")))

    assert update.track is None
    assert update.speaker_confidence is None


def test_revision_base_lifts_every_revision(labels):
    assembler = Assembler(labels, revision_base=1_000_000)

    (update,) = final(assembler, make_piece(1, make_words("one")))

    assert update.revision > 1_000_000


def test_partial_has_nothing_committed(assembler):
    (update,) = partial(assembler, "one two")

    assert update.status is SegmentStatus.PARTIAL
    assert update.committed == 0
    assert update.track == "S1"


def test_final_takes_the_place_of_the_partial(assembler):
    grey = partial(assembler, "one to")

    black = final(assembler, make_piece(1, make_words("one two")), is_last=True)

    assert shown(*grey, *black) == [("final", "one two")]


def test_partial_behind_final_words_is_a_segment_of_its_own(assembler):
    grey = partial(assembler, "one two")
    black = final(assembler, make_piece(1, make_words("one")))

    tail = partial(assembler, "two three")

    assert shown(*grey, *black, *tail) == [("final", "one"), ("partial", "two three")]


def test_end_without_new_words_takes_the_partial_back(assembler):
    grey = partial(assembler, "uh")

    end = final(assembler, is_last=True)

    assert end[0].is_retracted
    assert shown(*grey, *end) == []


def test_partial_of_several_ids_never_stays_behind(assembler):
    grey = partial(assembler, "one two three")
    black = final(
        assembler,
        make_piece(1, make_words("one")),
        make_piece(2, make_words("two three", 1.0)),
        is_last=True,
    )

    assert shown(*grey, *black) == [("final", "one"), ("final", "two three")]


def test_partial_that_vanishes_is_taken_back_once(assembler):
    grey = partial(assembler, "one")

    gone = partial(assembler, "")

    assert shown(*grey, *gone) == []
    assert partial(assembler, "") == ()


def test_same_partial_again_is_no_news(assembler):
    partial(assembler, "one")

    assert partial(assembler, "one") == ()


def test_partial_of_a_new_utterance_leaves_the_old_one_to_its_end(assembler):
    old = partial(assembler, "one")

    new = partial(assembler, "two", utterance="mic-9")
    end = final(assembler, is_last=True)

    assert shown(*old, *new) == [("partial", "one"), ("partial", "two")]
    assert shown(*old, *new, *end) == [("partial", "two")]


def test_settled_words_of_a_partial_are_news(assembler):
    words = make_words("one two")
    assembler.partial(MIC, "mic-0", words, 1, language="en")

    (update,) = assembler.partial(MIC, "mic-0", words, 1, language="en", committed=1)

    assert update.committed == 1


def test_streams_have_partials_of_their_own(assembler):
    mic = partial(assembler, "one")

    system = partial(assembler, "two", utterance="system-0", stream=SYSTEM)

    assert shown(*mic, *system) == [("partial", "one"), ("partial", "two")]


def test_relabel_corrects_final_segments_whose_chain_moved(assembler, labels):
    one, two = final(
        assembler, make_piece(1, make_words("one")), make_piece(2, make_words("two", 1.0))
    )
    labels.tracks[2] = "S1"

    updates = assembler.relabel()

    assert [(u.segment_id, u.track, u.reason) for u in updates] == [
        (two.segment_id, "S1", CorrectionReason.RELABEL)
    ]
    assert updates[0].words == two.words
    assert updates[0].revision > two.revision > one.revision
    assert assembler.relabel() == ()


def test_relabel_never_takes_a_name_away(assembler, labels):
    final(assembler, make_piece(1, make_words("one")))
    labels.tracks.clear()

    assert assembler.relabel() == ()


def test_unknown_chain_is_named_as_soon_as_it_is_known(assembler, labels):
    (before,) = final(assembler, make_piece(3, make_words("one")))
    labels.tracks[3] = "S3"

    (after,) = assembler.relabel()

    assert before.track is None
    assert after.track == "S3"


def test_reassign_moves_a_segment_to_another_chain(assembler, labels):
    (update,) = final(assembler, make_piece(1, make_words("one")))

    (moved,) = assembler.reassign(update.segment_id, 2)

    assert moved.track == "S2"
    assert assembler.chain_of(update.segment_id) == 2
    labels.tracks[1] = "S9"
    assert assembler.relabel() == ()


def test_final_since_finds_the_recent_segments_of_one_stream(assembler):
    for i in range(4):
        final(assembler, make_piece(1, make_words("word", float(i))), utterance=f"mic-{i}")
        final(
            assembler,
            make_piece(1, make_words("word", float(i))),
            utterance=f"system-{i}",
            stream=SYSTEM,
        )

    recent = assembler.final_since(MIC, 16_000 * 2)

    assert [s.segment_id for s in recent] == ["mic-2-0", "mic-3-0"]


def test_alternatives_belong_to_a_single_piece_only(assembler):
    readings = (("won", -0.4),)

    (one,) = final(assembler, make_piece(1, make_words("one")), alternatives=readings)
    several = final(
        assembler,
        make_piece(1, make_words("one")),
        make_piece(2, make_words("two", 1.0)),
        utterance="mic-5",
        alternatives=readings,
    )

    assert one.alternatives == readings
    assert [u.alternatives for u in several] == [(), ()]


def test_revisions_never_repeat(assembler, labels):
    updates = [*partial(assembler, "one"), *final(assembler, make_piece(1, make_words("one")))]
    labels.tracks[1] = "S7"
    updates += [*assembler.relabel(), *partial(assembler, "two"), *final(assembler, is_last=True)]

    revisions = [u.revision for u in updates]
    assert all(a < b for a, b in itertools.pairwise(revisions))


def test_withdrawn_segment_is_gone_for_good(assembler, labels):
    (one,) = final(assembler, make_piece(1, make_words("one two")))

    (gone,) = assembler.withdraw([one.segment_id])
    labels.tracks[1] = "S9"

    assert gone.is_retracted
    assert gone.revision > one.revision
    assert shown(one, gone) == []
    assert assembler.withdraw([one.segment_id]) == ()
    assert assembler.relabel() == ()
    assert assembler.final_since(MIC, 0) == []


def test_withdrawing_leaves_the_open_partial_alone(assembler):
    (one,) = final(assembler, make_piece(1, make_words("one two")))
    (grey,) = partial(assembler, "three", utterance="mic-1")

    (gone,) = assembler.withdraw([one.segment_id])

    assert shown(one, grey, gone) == [("partial", "three")]


def test_a_turn_is_given_by_most_of_its_written_time(assembler):
    final(assembler, make_piece(1, make_words("one two three four")))
    final(assembler, make_piece(1, make_words("five", 5.0)), utterance="mic-1")
    final(assembler, make_piece(2, make_words("six", 7.0)), utterance="mic-2")
    long, short, other = SegmentId("mic-0-0"), SegmentId("mic-1-0"), SegmentId("mic-2-0")
    bob, eve = TrackId("S7"), TrackId("U1")

    assert assembler.chains_given({long: bob, other: eve}) == {1: bob, 2: eve}
    assert assembler.chains_given({short: bob}) == {}
    assert assembler.chains_given({long: bob, short: eve}) == {1: bob}
    assert assembler.chains_given({SegmentId("gone"): bob}) == {}


# --- two people at once ---

A, B = TrackId("S1"), TrackId("S2")


def overlapping(voice, text, start_s):
    return replace(make_piece(voice, make_words(text, start_s)), has_overlap=True)


@pytest.fixture
def crowd(assembler):
    """Three final segments of which the two last are one voice in the plain text."""
    return final(
        assembler,
        make_piece(1, make_words("so I said")),
        make_piece(1, make_words("that never", 1.2)),
        make_piece(1, make_words("was mine", 2.0)),
    )


def rewrite(assembler, old, *pieces, chain_at=lambda track, span: 2):
    return assembler.rewrite(MIC, old, pieces, chain_at, language="en")


def test_both_voices_take_the_place_of_the_plain_text_as_corrections(assembler, crowd):
    _, second, third = crowd

    updates = rewrite(
        assembler,
        [second, third],
        overlapping(A, "that was mine", 1.2),
        overlapping(B, "no never at all", 1.3),
    )

    assert shown(*crowd, *updates) == [
        ("final", "so I said"),
        ("final", "that was mine"),
        ("final", "no never at all"),
    ]
    assert {u.reason for u in updates} == {CorrectionReason.SECOND_OPINION}
    assert [u.track for u in updates] == ["S1", "S2"]
    assert all(u.has_overlap and u.committed == len(u.words) for u in updates)
    assert {u.segment_id for u in updates} == {second.segment_id, third.segment_id}
    assert min(u.revision for u in updates) > third.revision


def test_more_pieces_than_segments_get_new_ids_and_fewer_retract_the_rest(assembler, crowd):
    first, second, third = crowd
    apart = rewrite(
        assembler, [second], overlapping(A, "that was", 1.2), overlapping(B, "never", 1.3)
    )
    joined = rewrite(assembler, [first, third], overlapping(A, "so I said it was mine", 0.0))

    assert len({u.segment_id for u in (*crowd, *apart)}) == 4
    assert [texts(u.words) for u in joined] == ["so I said it was mine", ""]
    assert joined[1].is_retracted


def test_voices_keep_the_ids_of_their_own_segments(assembler):
    mine, other = final(
        assembler,
        make_piece(1, make_words("so I")),
        make_piece(2, make_words("never said it", 1.0)),
    )

    updates = rewrite(
        assembler,
        [mine, other],
        overlapping(A, "I said it all", 0.5),
        overlapping(B, "never", 1.0),
    )

    assert [(u.segment_id, u.track) for u in updates] == [
        (mine.segment_id, "S1"),
        (other.segment_id, "S2"),
    ]


def test_voice_that_takes_the_id_of_another_ones_segment_leaves_its_chain_to_it(assembler):
    """Chain 2 stays the voice of B, although A has taken over all but one of its segments."""
    long, short = final(
        assembler,
        make_piece(2, make_words("never said it was")),
        make_piece(2, make_words("mine", 2.0)),
    )

    updates = rewrite(
        assembler,
        [long, short],
        overlapping(A, "so I said", 0.1),
        overlapping(B, "never said it was mine", 0.0),
        chain_at=lambda track, span: 1,
    )

    assert {texts(u.words): u.track for u in updates if u.words} == {
        "so I said": "S1",
        "never said it was mine": "S2",
    }


def test_what_stays_as_it_was_is_not_told_again(assembler, crowd):
    first, second, _ = crowd
    plain = Piece(voice=A, words=first.words, has_overlap=False)

    updates = rewrite(assembler, [first, second], plain, overlapping(B, "never", 1.3))

    assert [texts(u.words) for u in updates] == ["never"]


def test_rewritten_segments_follow_the_labels_of_their_chains(assembler, labels, crowd):
    _, second, _ = crowd
    rewrite(assembler, [second], overlapping(A, "that was", 1.2), overlapping(B, "never", 1.3))

    labels.tracks = {1: "S1", 2: "S3"}
    (update,) = assembler.relabel()

    assert (texts(update.words), update.track) == ("never", "S3")


def test_rewritten_segments_are_not_attributed_again_and_hide_no_later_one(assembler, crowd):
    first, second, third = crowd
    rewrite(assembler, [second], overlapping(A, "that was", 1.2), overlapping(B, "never", 1.3))

    assert assembler.final_since(MIC, 0) == [first, third]


def test_final_segments_in_a_span_include_rewritten_ones(assembler, crowd):
    first, second, _ = crowd
    rewrite(assembler, [second], overlapping(A, "that was", 1.2), overlapping(B, "never", 1.3))
    final(assembler, make_piece(2, make_words("later", 9.0)), utterance="mic-9")
    final(assembler, make_piece(2, make_words("far", 1.2)), utterance="sys", stream=SYSTEM)

    found = assembler.final_in(MIC, Span.from_seconds(1.8, 2.5))

    assert [texts(s.words) for s in found] == ["that was", "was mine"]
    assert [texts(s.words) for s in assembler.final_in(MIC, first.span)] == ["so I said"]


def test_a_long_meeting_is_not_measured_again_for_every_new_voice(assembler, labels):
    for number in range(300):
        final(
            assembler,
            make_piece(1 + number % 2, make_words("word", float(number))),
            utterance=f"mic-{number}",
        )
    labels.measured = 0

    assert assembler.relabel() == ()
    assert labels.measured == 0

    labels.tracks[2] = "S1"
    assert len(assembler.relabel()) == 150
    assert assembler.relabel() == ()
