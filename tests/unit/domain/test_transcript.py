import pytest

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import (
    SegmentStatus,
    SegmentUpdate,
    SpeakerTurn,
    TranscriptGap,
    TranscriptPatch,
    Word,
)
from app.domain.transcript import Transcript, join_words
from app.domain.units import Span

pytestmark = pytest.mark.unit


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word(text=text, span=Span(0, 10)) for text in texts)


def update(segment_id: str, revision: int, *texts: str, start: int = 0) -> SegmentUpdate:
    return SegmentUpdate(
        segment_id=SegmentId(segment_id),
        revision=revision,
        stream=StreamId.MIX,
        span=Span(start, start + 10),
        track=None,
        words=words(*texts),
        status=SegmentStatus.FINAL,
        committed=len(texts),
    )


def test_newer_revision_replaces_older() -> None:
    transcript = Transcript()
    transcript.apply(TranscriptPatch(updates=(update("a", 1, "helo"),)))

    changed = transcript.apply(TranscriptPatch(updates=(update("a", 2, "hello"),)))

    assert changed == (update("a", 2, "hello"),)
    assert [join_words(segment.words) for segment in transcript] == ["hello"]


@pytest.mark.parametrize("revision", [1, 2])
def test_older_or_equal_revision_changes_nothing(revision: int) -> None:
    transcript = Transcript()
    transcript.apply(TranscriptPatch(updates=(update("a", 2, "hello"),)))

    changed = transcript.apply(TranscriptPatch(updates=(update("a", revision, "helo"),)))

    assert changed == ()
    assert transcript.get(SegmentId("a")) == update("a", 2, "hello")


def test_retracted_segment_is_remembered_but_not_shown() -> None:
    transcript = Transcript()
    transcript.apply(TranscriptPatch(updates=(update("a", 1, "noise"), update("b", 1, "words"))))

    transcript.apply(TranscriptPatch(updates=(update("a", 2),)))

    assert [segment.segment_id for segment in transcript] == ["b"]
    assert set(transcript.all_states) == {"a", "b"}


def test_segments_come_by_time() -> None:
    transcript = Transcript()

    late, early = update("a", 1, "late", start=50), update("b", 1, "early", start=5)
    transcript.apply(TranscriptPatch(updates=(late, early)))

    assert list(transcript) == [early, late]


def test_resume_point_never_goes_back() -> None:
    transcript = Transcript()
    transcript.apply(TranscriptPatch(processed_until={StreamId.MIC: 500}))

    transcript.apply(TranscriptPatch(processed_until={StreamId.MIC: 300, StreamId.SYSTEM: 40}))

    assert transcript.processed_until == {StreamId.MIC: 500, StreamId.SYSTEM: 40}


def test_gap_reported_twice_is_one_gap() -> None:
    gap = TranscriptGap(stream=StreamId.MIX, span=Span(0, 10), reason="crash")
    transcript = Transcript()

    transcript.apply(TranscriptPatch(gaps=(gap,)))
    transcript.apply(TranscriptPatch(gaps=(gap,)))

    assert transcript.gaps == (gap,)


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "a b"), (None, "a b"), ("ja", "ab"), ("zh", "ab")]
)
def test_words_are_joined_as_the_language_writes_them(language: str | None, expected: str) -> None:
    assert join_words(words("a", "b"), language) == expected


def turns_patch(revision: int, **tracks: str) -> TranscriptPatch:
    """One turn per stream, or none for ""."""
    return TranscriptPatch(
        turns={
            StreamId(stream): (
                (SpeakerTurn(stream=StreamId(stream), span=Span(0, 9), track=TrackId(track)),)
                if track
                else ()
            )
            for stream, track in tracks.items()
        },
        turns_revision=revision,
    )


def test_newer_turns_replace_those_of_their_stream_only() -> None:
    transcript = Transcript()
    transcript.apply(turns_patch(2, mic="S1", system="S2"))

    transcript.apply(turns_patch(3, mic="S4"))
    transcript.apply(turns_patch(1, mic="S9", system="S9"))

    assert [(turn.stream, turn.track) for turn in transcript.turns] == [
        (StreamId.MIC, "S4"),
        (StreamId.SYSTEM, "S2"),
    ]


def test_stream_in_which_nobody_talks_any_more_loses_its_turns() -> None:
    transcript = Transcript()

    transcript.apply(turns_patch(3, mic=""))
    transcript.apply(turns_patch(2, mic="S1"))

    assert transcript.turns == ()


def test_next_revision_is_above_segments_and_turns() -> None:
    transcript = Transcript()
    assert transcript.next_revision == 0

    transcript.apply(TranscriptPatch(updates=(update("a", 4, "hello"),)))
    assert transcript.next_revision == 5

    transcript.apply(turns_patch(7, mic=""))
    assert transcript.next_revision == 8
