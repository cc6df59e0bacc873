import itertools

import pytest

from app.domain.errors import KnownError
from app.domain.ids import SegmentId, TrackId
from app.domain.ports import TranscriptStore
from app.domain.speakers import NameSource
from app.domain.units import Span
from app.store.library import Library
from tests.fakes.meetings import MEETING, give, make_update, patch_of

pytestmark = pytest.mark.unit

A, B, C = SegmentId("a"), SegmentId("b"), SegmentId("c")
S1, S2, S3 = TrackId("S1"), TrackId("S2"), TrackId("S3")


@pytest.fixture
def store(library: Library) -> TranscriptStore:
    """Three voices with one line each."""
    library.transcripts.apply(
        MEETING,
        patch_of(
            make_update("a", "good morning all", track="S1"),
            make_update("b", "hello", track="S2", start=40_000),
            make_update("c", "hi", track="S3", start=60_000),
        ),
    )
    return library.transcripts


def shown(store: TranscriptStore) -> list[str]:
    """The transcript as a person reads it."""
    transcript = store.transcript(MEETING)
    return [f"{transcript.label_of(s.track)}: {transcript.text_of(s)}" for s in transcript.segments]


BEFORE = ["Speaker 1: good morning all", "Speaker 2: hello", "Speaker 3: hi"]


def test_renamed_voice_carries_the_name_everywhere(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("d", "again", track="S1", start=80_000)))

    store.rename_track(MEETING, S1, " Ann\tLee ")

    assert shown(store)[0] == "Ann Lee: good morning all"
    assert shown(store)[3] == "Ann Lee: again"
    assert store.transcript(MEETING).speakers[0].source is NameSource.USER


def test_empty_name_gives_the_number_back(store: TranscriptStore) -> None:
    store.rename_track(MEETING, S1, "Ann")

    store.rename_track(MEETING, S1, " ")

    assert shown(store) == BEFORE
    assert store.transcript(MEETING).speakers[0].source is NameSource.NONE


def test_line_moves_to_another_voice(store: TranscriptStore) -> None:
    assert give(store, B, S1) == S1

    assert shown(store)[1] == "Speaker 1: hello"
    assert [s.index for s in store.transcript(MEETING).speakers] == [1, 3]


def test_line_moves_to_a_new_voice_that_no_engine_track_meets(store: TranscriptStore) -> None:
    made = give(store, B, None)
    store.apply(MEETING, patch_of(make_update("d", "new one", track="S4", start=80_000)))

    assert made not in {S1, S2, S3, TrackId("S4")}
    assert [s.track for s in store.transcript(MEETING).segments] == [S1, made, S3, TrackId("S4")]
    assert shown(store)[1] == "Speaker 4: hello"
    assert shown(store)[3] == "Speaker 5: new one"


def test_two_new_voices_are_two(store: TranscriptStore) -> None:
    assert give(store, A, None) != give(store, B, None)


def test_new_voice_taken_back_gives_its_number_to_the_next(store: TranscriptStore) -> None:
    give(store, A, None)
    store.undo(MEETING)

    give(store, B, None)

    assert shown(store)[1] == "Speaker 4: hello"


def test_edit_keeps_the_time_of_unchanged_words(store: TranscriptStore) -> None:
    before = store.transcript(MEETING).segments[0]

    store.edit_text(MEETING, A, "good evening all")

    after = store.transcript(MEETING).segments[0]
    assert shown(store)[0] == "Speaker 1: good evening all"
    assert (after.words[0], after.words[2]) == (before.words[0], before.words[2])
    assert (after.words[1].text, after.words[1].span) == ("evening", before.words[1].span)
    assert after.words[1].probability is None
    assert after.span == before.span


def test_second_edit_builds_on_the_first(store: TranscriptStore) -> None:
    store.edit_text(MEETING, A, "good evening all")
    store.edit_text(MEETING, A, "good evening all of you")
    store.undo(MEETING)

    words = store.transcript(MEETING).segments[0].words

    assert [word.text for word in words] == ["good", "evening", "all"]
    assert words[1].span == Span(8_000, 16_000)


def test_line_edited_to_nothing_is_taken_out_for_good(store: TranscriptStore) -> None:
    store.edit_text(MEETING, B, "  ")
    store.apply(
        MEETING, patch_of(make_update("b", "hello again", revision=2, start=40_000, track="S2"))
    )

    assert shown(store) == [BEFORE[0], BEFORE[2]]
    assert store.search("hello") == ()

    store.undo(MEETING)

    assert shown(store)[1] == "Speaker 2: hello again"


def test_merged_voices_are_one(store: TranscriptStore) -> None:
    store.merge_tracks(MEETING, S3, S1)

    assert shown(store) == [BEFORE[0], BEFORE[1], "Speaker 1: hi"]
    assert [s.track for s in store.transcript(MEETING).speakers] == [S1, S2]


def test_merges_chain(store: TranscriptStore) -> None:
    store.merge_tracks(MEETING, S3, S2)
    store.merge_tracks(MEETING, S2, S1)

    assert [s.track for s in store.transcript(MEETING).segments] == [S1, S1, S1]

    store.undo(MEETING)

    assert [s.track for s in store.transcript(MEETING).segments] == [S1, S2, S2]


def test_merge_of_merged_voices_joins_those_that_stand_for_them(store: TranscriptStore) -> None:
    store.merge_tracks(MEETING, S1, S2)
    store.merge_tracks(MEETING, S1, S3)

    assert {s.track for s in store.transcript(MEETING).segments} == {S3}


@pytest.mark.parametrize("pair", [(S1, S1), (S2, S1), (S1, S2)])
def test_merge_of_what_is_one_already_changes_nothing(
    store: TranscriptStore, pair: tuple[TrackId, TrackId]
) -> None:
    store.merge_tracks(MEETING, S2, S1)

    store.merge_tracks(MEETING, *pair)

    assert len(store.corrections(MEETING)) == 1


def test_unnamed_voice_takes_the_name_of_one_merged_into_it(store: TranscriptStore) -> None:
    store.rename_track(MEETING, S2, "Ann")

    store.merge_tracks(MEETING, S2, S1)

    assert shown(store)[:2] == ["Ann: good morning all", "Ann: hello"]

    store.rename_track(MEETING, S2, "Bea")

    assert shown(store)[:2] == ["Bea: good morning all", "Bea: hello"]


def test_line_given_to_a_merged_voice_goes_to_the_survivor(store: TranscriptStore) -> None:
    store.merge_tracks(MEETING, S2, S1)

    assert give(store, C, S2) == S1


def correct_everything(store: TranscriptStore) -> list[list[str]]:
    """One correction of each kind and more; returns what was shown before each and at the end."""
    steps = [
        lambda: store.rename_track(MEETING, S1, "Ann"),
        lambda: store.edit_text(MEETING, B, "hello hello"),
        lambda: give(store, C, None),
        lambda: store.merge_tracks(MEETING, S2, S1),
        lambda: store.edit_text(MEETING, B, ""),
        lambda: give(store, A, TrackId("U1")),
        lambda: store.rename_track(MEETING, S1, "Bea"),
        lambda: store.merge_tracks(MEETING, TrackId("U1"), S3),
    ]
    states = [shown(store)]
    for step in steps:
        step()
        states.append(shown(store))
    return states


def test_undo_walks_all_the_way_back_and_redo_forth(store: TranscriptStore) -> None:
    states = correct_everything(store)

    for state in reversed(states[:-1]):
        assert store.undo(MEETING) is not None
        assert shown(store) == state
    assert store.undo(MEETING) is None
    assert shown(store) == BEFORE
    for state in states[1:]:
        assert store.redo(MEETING) is not None
        assert shown(store) == state
    assert store.redo(MEETING) is None


def test_everything_taken_back_locks_nothing(store: TranscriptStore) -> None:
    for _ in correct_everything(store)[1:]:
        store.undo(MEETING)

    assert store.locked_segments(MEETING) == frozenset()
    assert store.transcript(MEETING).edited_texts == {}


def test_new_correction_drops_what_was_undone(store: TranscriptStore) -> None:
    store.rename_track(MEETING, S1, "Ann")
    store.rename_track(MEETING, S1, "Bea")
    store.undo(MEETING)

    store.rename_track(MEETING, S2, "Cid")

    assert store.redo(MEETING) is None
    assert shown(store)[:2] == ["Ann: good morning all", "Cid: hello"]


def test_texts_rewritten_together_are_undone_together(store: TranscriptStore) -> None:
    before = shown(store)

    store.edit_texts(MEETING, {A: "good evening all", B: "hullo"})

    changed = shown(store)
    assert [line.split(": ")[1] for line in changed[:2]] == ["good evening all", "hullo"]
    assert [c.kind for c in store.corrections(MEETING)] == ["edit-lines"]
    assert store.undo(MEETING) is not None
    assert shown(store) == before
    assert store.redo(MEETING) is not None
    assert shown(store) == changed


def test_log_says_what_changed_and_what_is_undone(store: TranscriptStore) -> None:
    store.rename_track(MEETING, S1, "Ann")
    store.edit_text(MEETING, B, "hullo")
    undone = store.undo(MEETING)

    first, second = store.corrections(MEETING)

    assert (first.kind, first.after["name"], first.is_undone) == ("rename-track", "Ann", False)
    assert (second.kind, second.is_undone) == ("edit-text", True)
    assert (second.before["text"], second.after["text"]) == ("hello", "hullo")
    assert first.made_at < second.made_at
    assert undone == second


def test_correction_that_changes_nothing_is_not_logged(store: TranscriptStore) -> None:
    store.edit_text(MEETING, B, " hello ")
    store.rename_track(MEETING, S1, "Ann")
    store.rename_track(MEETING, S1, "Ann")
    give(store, B, S1)
    give(store, B, S1)

    assert [c.kind for c in store.corrections(MEETING)] == ["rename-track", "assign-segment"]


def test_confirming_the_speaker_locks_the_line(store: TranscriptStore) -> None:
    give(store, B, S2)

    assert store.locked_segments(MEETING) == {B}


def test_unknown_line_or_voice_is_said_and_changes_nothing(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("c", "", track="S3", revision=2)))
    calls = [
        lambda: store.rename_track(MEETING, TrackId("S9"), "Ann"),
        lambda: give(store, SegmentId("z"), S1),
        lambda: give(store, C, S1),
        lambda: give(store, A, TrackId("S9")),
        lambda: store.edit_text(MEETING, C, "x"),
        lambda: store.merge_tracks(MEETING, S1, TrackId("S9")),
    ]

    for call in calls:
        with pytest.raises(KnownError, match="nothing was changed"):
            call()
    assert store.corrections(MEETING) == ()


def test_the_mark_changes_with_every_correction_undo_and_redo(store: TranscriptStore) -> None:
    marks = [store.corrections_mark(MEETING)]
    for step in (
        lambda: store.rename_track(MEETING, S1, "Ann"),
        lambda: store.undo(MEETING),
        lambda: store.rename_track(MEETING, S1, "Bea"),
        lambda: give(store, B, S1),
        lambda: store.undo(MEETING),
        lambda: store.redo(MEETING),
    ):
        step()
        marks.append(store.corrections_mark(MEETING))

    assert marks[0] == ""
    assert all(before != after for before, after in itertools.pairwise(marks))
