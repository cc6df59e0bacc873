import pytest

from app.domain.errors import KnownError
from app.domain.ids import SegmentId, TrackId
from app.domain.ports import TranscriptStore
from app.domain.selection import LineSelection
from app.store.library import Library
from tests.fakes.meetings import MEETING, give, make_update, patch_of

pytestmark = pytest.mark.unit

A, B = SegmentId("a"), SegmentId("b")
S1, S2 = TrackId("S1"), TrackId("S2")


@pytest.fixture
def store(library: Library) -> TranscriptStore:
    library.transcripts.apply(
        MEETING,
        patch_of(
            make_update("a", "so we begin yes please now then"),
            make_update("b", "hello", track="S2", start=80_000),
        ),
    )
    return library.transcripts


def shown(store: TranscriptStore) -> list[str]:
    transcript = store.transcript(MEETING)
    return [f"{transcript.label_of(s.track)}: {transcript.text_of(s)}" for s in transcript.segments]


BEFORE = ["Speaker 1: so we begin yes please now then", "Speaker 2: hello"]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (3, 5, ["Speaker 1: so we begin", "Speaker 2: yes please", "Speaker 1: now then"]),
        (0, 3, ["Speaker 2: so we begin", "Speaker 1: yes please now then"]),
        (5, None, ["Speaker 1: so we begin yes please", "Speaker 2: now then"]),
        (0, None, ["Speaker 2: so we begin yes please now then"]),
    ],
)
def test_words_of_a_line_go_to_somebody_else(store, first, last, expected):
    words = store.transcript(MEETING).segments[0].words

    give(store, A, S2, first=first, last=last)

    assert shown(store)[:-1] == expected
    segments = store.transcript(MEETING).segments
    assert tuple(word for segment in segments[:-1] for word in segment.words) == words
    assert [c.is_undone for c in store.corrections(MEETING)] == [False]


def test_a_cut_is_undone_and_redone_as_one_and_found_by_search(store):
    give(store, A, None, first=3, last=5)
    cut = shown(store)

    store.undo(MEETING)
    assert shown(store) == BEFORE
    assert store.locked_segments(MEETING) == frozenset()
    assert [hit.segment_id for hit in store.search("please")] == [A]

    store.redo(MEETING)
    assert shown(store) == cut
    assert cut[1] == "Speaker 3: yes please"
    assert [hit.speaker for hit in store.search("please")] == ["Speaker 3"]


def test_a_cut_that_was_taken_back_leaves_its_place_to_the_next(store):
    give(store, A, S2, first=3)
    store.undo(MEETING)

    give(store, A, S2, first=5)

    assert shown(store)[:2] == ["Speaker 1: so we begin yes please", "Speaker 2: now then"]


def test_parts_keep_their_words_and_follow_the_machine_in_who_spoke(store):
    give(store, A, S2, first=3, last=5)

    better = make_update("a", "so we begin yes please now", track="S3", revision=7)
    store.apply(MEETING, patch_of(better))

    assert shown(store)[:3] == [
        "Speaker 3: so we begin",
        "Speaker 2: yes please",
        "Speaker 3: now then",
    ]


def test_a_part_can_be_cut_again_and_everything_undone(store):
    give(store, A, S2, first=3)
    part = store.transcript(MEETING).segments[1].segment_id
    give(store, part, None, first=1, last=2)

    assert [line.split(": ")[1] for line in shown(store)] == [
        "so we begin",
        "yes",
        "please",
        "now then",
        "hello",
    ]

    store.undo(MEETING)
    store.undo(MEETING)

    assert shown(store) == BEFORE


def test_several_lines_and_a_name_are_one_correction(store):
    lines = [LineSelection(segment_id=A, first=5), LineSelection(segment_id=B)]

    store.give_lines(MEETING, lines, None, name=" Ann ")

    assert shown(store)[1:] == ["Ann: now then", "Ann: hello"]
    (entry,) = store.corrections(MEETING)
    assert entry.kind == "give-lines"

    store.undo(MEETING)
    assert shown(store) == BEFORE
    store.redo(MEETING)
    assert shown(store)[1:] == ["Ann: now then", "Ann: hello"]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [LineSelection(segment_id=A, first=3, last=3)],
        [LineSelection(segment_id=A, first=9)],
        [LineSelection(segment_id=B), LineSelection(segment_id=SegmentId("z"))],
    ],
)
def test_a_selection_of_nothing_is_refused_as_a_whole(store, lines):
    with pytest.raises(KnownError, match="nothing was changed"):
        store.give_lines(MEETING, lines, S1)

    assert shown(store) == BEFORE
    assert store.corrections(MEETING) == ()


def test_the_part_of_a_cut_taken_back_is_gone_from_the_transcript(store):
    give(store, A, S2, first=3)
    part = store.transcript(MEETING).segments[1].segment_id

    store.undo(MEETING)

    assert part not in {s.segment_id for s in store.transcript(MEETING).segments}


def test_whole_lines_that_were_given_are_listed_with_their_voice(store):
    give(store, B, S2)
    assert store.given_lines(MEETING) == {B: S2}

    store.undo(MEETING)
    assert store.given_lines(MEETING) == {}
    store.redo(MEETING)

    give(store, A, S2, first=0, last=3)
    part = store.transcript(MEETING).segments[1].segment_id
    give(store, part, S2)
    assert store.given_lines(MEETING) == {B: S2, part: S2}

    store.merge_tracks(MEETING, S2, S1)
    assert set(store.given_lines(MEETING).values()) == {S1}
