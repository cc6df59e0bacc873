from dataclasses import replace

import pytest

from app.domain.errors import KnownError
from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.messages import (
    CorrectionReason,
    OverlapRegion,
    SegmentStatus,
    TranscriptGap,
    TranscriptPatch,
)
from app.domain.ports import TranscriptStore
from app.domain.speakers import MeetingSpeaker, NameSource
from app.domain.units import Span
from app.store.library import Library
from tests.fakes.meetings import (
    MEETING,
    give,
    make_meeting,
    make_turn,
    make_update,
    patch_of,
    turns_patch,
)

pytestmark = pytest.mark.unit

A, B = SegmentId("a"), SegmentId("b")
S1, S2, S3 = TrackId("S1"), TrackId("S2"), TrackId("S3")


@pytest.fixture
def store(library: Library) -> TranscriptStore:
    return library.transcripts


def texts(store: TranscriptStore) -> list[str]:
    transcript = store.transcript(MEETING)
    return [transcript.text_of(segment) for segment in transcript.segments]


def tracks(store: TranscriptStore) -> list[TrackId | None]:
    return [segment.track for segment in store.transcript(MEETING).segments]


def labels(store: TranscriptStore) -> list[str]:
    return [speaker.label for speaker in store.transcript(MEETING).speakers]


def test_final_update_is_stored_as_it_came(store: TranscriptStore) -> None:
    update = replace(
        make_update("a", "hello there", stream=StreamId.SYSTEM, language=None),
        has_overlap=True,
        reason=CorrectionReason.REFINE,
        alternatives=(("hollow there", -1.5),),
    )

    changed = store.apply(MEETING, patch_of(update))

    assert changed == (update,)
    assert store.transcript(MEETING).segments == (update,)


def test_partial_update_is_not_stored(store: TranscriptStore) -> None:
    changed = store.apply(MEETING, patch_of(make_update("a", "hel", status=SegmentStatus.PARTIAL)))

    assert changed == ()
    assert store.transcript(MEETING).segments == ()
    assert store.next_revision_base(MEETING) == 0


def test_only_what_changed_is_returned(store: TranscriptStore) -> None:
    first, second = make_update("a", "one"), make_update("b", "two", start=20_000)
    store.apply(MEETING, patch_of(first))

    assert store.apply(MEETING, patch_of(first, second)) == (second,)
    assert store.apply(MEETING, patch_of(first, second)) == ()


def test_older_revision_changes_nothing(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "new", revision=2)))

    assert store.apply(MEETING, patch_of(make_update("a", "old", revision=1))) == ()
    assert texts(store) == ["new"]


def test_two_revisions_in_one_patch_are_returned_as_they_end(store: TranscriptStore) -> None:
    newest = make_update("a", "new", revision=2)

    changed = store.apply(MEETING, patch_of(make_update("a", "old"), newest))

    assert changed == (newest,)


def test_retracted_segment_vanishes_and_is_reported(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "never said")))
    retraction = make_update("a", "", revision=2)

    changed = store.apply(MEETING, patch_of(retraction))

    assert changed == (retraction,)
    transcript = store.transcript(MEETING)
    assert (transcript.segments, transcript.speakers) == ((), ())
    assert store.search("never") == ()


def test_segments_are_sorted_by_start_then_stream(store: TranscriptStore) -> None:
    store.apply(
        MEETING,
        patch_of(
            make_update("c", "third", start=9_000),
            make_update("b", "second", stream=StreamId.SYSTEM),
            make_update("a", "first"),
        ),
    )

    assert texts(store) == ["first", "second", "third"]


def test_voices_are_numbered_by_first_appearance_and_keep_their_number(
    store: TranscriptStore,
) -> None:
    store.apply(
        MEETING,
        patch_of(
            make_update("b", "later", track="S1", start=20_000),
            make_update("a", "first", track="S7"),
        ),
    )
    store.apply(MEETING, patch_of(make_update("a", "", track="S7", revision=2)))
    store.apply(MEETING, patch_of(make_update("c", "last", track="S4", start=40_000)))

    assert [(s.track, s.index) for s in store.transcript(MEETING).speakers] == [
        (TrackId("S1"), 2),
        (TrackId("S4"), 3),
    ]
    assert labels(store) == ["Speaker 2", "Speaker 3"]


def test_speakers_can_be_asked_without_the_transcript(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "hello", track="S1")))
    store.apply(MEETING, patch_of(make_update("b", "hi", track="S2", start=160_000)))
    store.rename_track(MEETING, S2, "Ada")

    speakers = store.speakers(MEETING)

    assert [(s.track, s.label) for s in speakers] == [(S1, "Speaker 1"), (S2, "Ada")]
    assert speakers == store.transcript(MEETING).speakers


def test_unknown_voice_is_no_speaker(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "who", track=None)))

    transcript = store.transcript(MEETING)
    assert transcript.speakers == ()
    assert transcript.label_of(transcript.segments[0].track) == "Unknown"


def test_gaps_and_overlaps_are_kept_once(store: TranscriptStore) -> None:
    gaps = (
        TranscriptGap(stream=StreamId.SYSTEM, span=Span(5, 9), reason="engine restarted"),
        TranscriptGap(stream=StreamId.MIC, span=Span(0, 9), reason="timeout"),
    )
    overlap = OverlapRegion(stream=StreamId.MIC, span=Span(3, 7), tracks=(S1, S2))
    patch = TranscriptPatch(gaps=gaps, overlaps=(overlap,))
    store.apply(MEETING, patch)
    store.apply(MEETING, patch)

    transcript = store.transcript(MEETING)

    assert transcript.gaps == (gaps[1], gaps[0])
    assert transcript.overlaps == (overlap,)


def test_resume_point_never_goes_back(store: TranscriptStore) -> None:
    store.apply(MEETING, TranscriptPatch(processed_until={StreamId.MIC: 50, StreamId.SYSTEM: 7}))
    store.apply(MEETING, TranscriptPatch(processed_until={StreamId.MIC: 20}))

    assert store.processed_until(MEETING) == {StreamId.MIC: 50, StreamId.SYSTEM: 7}


def test_revision_base_is_above_every_stored_revision(store: TranscriptStore) -> None:
    store.apply(
        MEETING, patch_of(make_update("a", "one", revision=7), make_update("b", "", revision=9))
    )

    assert store.next_revision_base(MEETING) == 10


def test_revision_base_is_above_turns_too(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "one", revision=7)))
    store.apply(MEETING, turns_patch(make_turn("S1", 0, 9), revision=8))

    assert store.next_revision_base(MEETING) == 9


def test_turns_are_read_back_by_time(store: TranscriptStore) -> None:
    late, early = make_turn("S1", 50, 90), replace(make_turn("S2", 0, 60), confidence=0.5)
    other = make_turn(None, 10, 20, StreamId.SYSTEM)

    store.apply(MEETING, turns_patch(late, other, early))

    assert store.transcript(MEETING).turns == (early, other, late)


def test_voice_without_words_is_a_speaker_while_it_has_turns(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "one")))
    store.apply(MEETING, turns_patch(make_turn("S1", 0, 9), make_turn("S2", 20, 29)))
    assert labels(store) == ["Speaker 1", "Speaker 2"]

    store.apply(MEETING, turns_patch(make_turn("S1", 0, 9), revision=2))

    assert labels(store) == ["Speaker 1"]


def test_turns_of_a_merged_voice_are_the_survivors_until_undone(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "one"), make_update("b", "two", track="S2")))
    heard = (make_turn("S1", 0, 50), make_turn("S2", 40, 90))
    store.apply(MEETING, turns_patch(*heard))

    store.merge_tracks(MEETING, S2, S1)
    merged = store.transcript(MEETING).turns
    store.undo(MEETING)

    assert merged == (make_turn("S1", 0, 90),)
    assert store.transcript(MEETING).turns == heard


def test_turn_follows_a_segment_given_away_until_undone(store: TranscriptStore) -> None:
    store.apply(
        MEETING,
        patch_of(
            make_update("a", "one two", start=0),
            make_update("b", "three four", start=16_000),
            make_update("c", "over it", start=16_000, track="S2"),
        ),
    )
    heard = (make_turn("S1", 0, 33_000), make_turn("S2", 16_000, 32_000))
    store.apply(MEETING, turns_patch(*heard))

    given = give(store, B, None)
    corrected = store.transcript(MEETING).turns
    store.undo(MEETING)

    assert corrected == (
        make_turn("S1", 0, 16_000),
        make_turn("S2", 16_000, 32_000),
        make_turn(given, 16_000, 33_000),
    )
    assert store.transcript(MEETING).turns == heard
    store.redo(MEETING)
    assert store.transcript(MEETING).turns == corrected


def test_new_turns_follow_an_older_correction(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "one"), make_update("b", "two", track="S2")))
    give(store, A, S2)

    store.apply(MEETING, turns_patch(make_turn("S1", 0, 8_000), make_turn("S2", 9_000, 9_500)))

    assert [turn.track for turn in store.transcript(MEETING).turns] == [S2, S2]


def test_patch_that_fails_half_way_leaves_nothing(store: TranscriptStore) -> None:
    unstorable = make_update("b", "two\ud800", start=20_000)

    with pytest.raises(UnicodeEncodeError):
        store.apply(
            MEETING,
            replace(
                patch_of(make_update("a", "one"), unstorable),
                processed_until={StreamId.MIC: 5},
                turns={StreamId.MIC: (make_turn("S1", 0, 9),)},
            ),
        )

    assert texts(store) == []
    assert store.processed_until(MEETING) == {}
    assert store.transcript(MEETING).turns == ()


def test_unknown_meeting_is_said(store: TranscriptStore) -> None:
    with pytest.raises(KnownError, match="no meeting"):
        store.apply(MeetingId("none"), patch_of(make_update("a", "one")))
    with pytest.raises(KnownError, match="no meeting"):
        store.transcript(MeetingId("none"))


def test_edited_text_and_its_words_outlive_later_patches(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "we ship it friday")))
    store.edit_text(MEETING, A, "we ship that friday")
    edited = store.transcript(MEETING)

    changed = store.apply(MEETING, patch_of(make_update("a", "wheat chip", revision=2)))

    transcript = store.transcript(MEETING)
    assert transcript.edited_texts == {A: "we ship that friday"}
    assert transcript.segments[0].words == edited.segments[0].words
    assert transcript.segments[0].span == edited.segments[0].span
    assert changed == transcript.segments
    assert [word.text for word in changed[0].words] == ["we", "ship", "that", "friday"]
    assert (changed[0].revision, changed[0].reason) == (2, CorrectionReason.USER)


def test_edited_segment_cannot_be_retracted(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "one")))
    store.edit_text(MEETING, A, "won")

    changed = store.apply(MEETING, patch_of(make_update("a", "", revision=2)))

    assert texts(store) == ["won"]
    assert not changed[0].is_retracted
    assert len(store.search("won")) == 1


def test_taken_back_edit_shows_what_the_machine_says_by_then(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "one")))
    store.edit_text(MEETING, A, "won")
    newest = make_update("a", "one two", revision=2)
    store.apply(MEETING, patch_of(newest))

    store.undo(MEETING)

    assert store.transcript(MEETING).segments == (newest,)
    assert [hit.snippet for hit in store.search("one")] == ["[one] two"]


def test_assigned_speaker_outlives_later_patches(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "one"), make_update("b", "two", track="S2")))
    give(store, A, S2)

    changed = store.apply(MEETING, patch_of(make_update("a", "one", track="S3", revision=2)))

    assert [(u.track, u.reason, u.speaker_confidence) for u in changed] == [
        (S2, CorrectionReason.USER, None)
    ]
    assert tracks(store) == [S2, S2]
    assert labels(store) == ["Speaker 2"]


def test_patch_that_names_a_merged_voice_lands_on_the_survivor(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "one"), make_update("b", "two", track="S2")))
    store.merge_tracks(MEETING, S2, S1)

    changed = store.apply(
        MEETING,
        TranscriptPatch(
            updates=(make_update("c", "three", track="S2", start=20_000),),
            overlaps=(OverlapRegion(stream=StreamId.MIC, span=Span(0, 5), tracks=(S1, S2)),),
        ),
    )

    assert changed[0].track == S1
    assert tracks(store) == [S1, S1, S1]
    assert store.transcript(MEETING).overlaps[0].tracks == (S1,)


def test_locked_segments_are_those_that_the_user_set(store: TranscriptStore) -> None:
    store.apply(
        MEETING,
        patch_of(make_update("a", "one"), make_update("b", "two"), make_update("c", "three")),
    )
    store.edit_text(MEETING, A, "won")
    give(store, B, None)

    assert store.locked_segments(MEETING) == {A, B}


def test_recognised_name_shows_with_its_source(store: TranscriptStore, library: Library) -> None:
    ann = library.speakers.add("Ann", has_consent=True)
    store.apply(MEETING, patch_of(make_update("a", "one")))
    recognised = MeetingSpeaker(
        track=S1,
        index=1,
        name="Ann",
        speaker_id=ann.speaker_id,
        source=NameSource.ENROLLED,
        confidence=0.9,
    )

    store.name_track(MEETING, S1, recognised)

    assert store.transcript(MEETING).speakers == (recognised,)
    assert store.corrections(MEETING) == ()


def test_name_by_the_user_outlives_recognition(store: TranscriptStore, library: Library) -> None:
    ann = library.speakers.add("Ann", has_consent=True)
    store.apply(MEETING, patch_of(make_update("a", "one")))
    store.rename_track(MEETING, S1, "Bob")

    store.name_track(
        MEETING,
        S1,
        MeetingSpeaker(
            track=S1, index=1, name="Ann", speaker_id=ann.speaker_id, source=NameSource.ENROLLED
        ),
    )

    assert store.transcript(MEETING).speakers == (
        MeetingSpeaker(track=S1, index=1, name="Bob", source=NameSource.USER),
    )


def test_recognised_person_forgotten_meanwhile_leaves_the_name(
    store: TranscriptStore, library: Library
) -> None:
    ann = library.speakers.add("Ann", has_consent=True)
    library.speakers.forget(ann.speaker_id)
    store.apply(MEETING, patch_of(make_update("a", "one")))

    store.name_track(
        MEETING, S1, MeetingSpeaker(track=S1, index=1, name="Ann", speaker_id=ann.speaker_id)
    )

    assert store.transcript(MEETING).speakers[0].speaker_id is None
    assert labels(store) == ["Ann"]


def test_search_hit_says_where_and_who(store: TranscriptStore) -> None:
    store.apply(
        MEETING,
        patch_of(
            make_update("a", "the budget is fine", track="S1"),
            make_update("b", "the weather too", track="S2", start=40_000, stream=StreamId.SYSTEM),
        ),
    )
    store.rename_track(MEETING, S2, "Ann")

    (hit,) = store.search("weath THE")

    assert (hit.meeting_id, hit.meeting_title, hit.segment_id) == (MEETING, "Weekly sync", B)
    assert (hit.stream, hit.span, hit.speaker) == (StreamId.SYSTEM, Span(40_000, 64_000), "Ann")
    assert hit.snippet == "[the] [weather] too"


def test_search_finds_edited_text_and_not_what_it_replaced(store: TranscriptStore) -> None:
    store.apply(MEETING, patch_of(make_update("a", "wreck a nice beach")))

    store.edit_text(MEETING, A, "recognise speech")

    assert len(store.search("recognise")) == 1
    assert store.search("wreck") == ()


def test_search_goes_over_all_meetings_up_to_the_limit(
    store: TranscriptStore, library: Library
) -> None:
    library.meetings.create(make_meeting(MeetingId("2"), "Other"))
    store.apply(MEETING, patch_of(make_update("a", "budget"), make_update("b", "budget")))
    store.apply(MeetingId("2"), patch_of(make_update("a", "budget")))

    assert len(store.search("budget")) == 3
    assert {hit.meeting_title for hit in store.search("budget")} == {"Weekly sync", "Other"}
    assert len(store.search("budget", limit=2)) == 2
    assert store.search("budget", limit=0) == ()
