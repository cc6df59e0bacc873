from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import (
    OverlapRegion,
    SegmentStatus,
    SegmentUpdate,
    SpeakerTurn,
    TranscriptGap,
    TranscriptPatch,
    Word,
)
from app.domain.transcript import Transcript
from app.domain.units import Span

pytestmark = pytest.mark.property

STREAMS = st.sampled_from([StreamId.MIC, StreamId.SYSTEM])
SPANS = st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda p: Span(p[0], p[0] + p[1]))


def _update(segment: int, revision: int) -> SegmentUpdate:
    """Equal revisions of a segment carry equal content, as the contract demands."""
    span = Span(segment * 10 + revision, segment * 10 + revision + 5)
    word_count = (segment + revision) % 3
    return SegmentUpdate(
        segment_id=SegmentId(f"s{segment}"),
        revision=revision,
        stream=StreamId.MIC if segment % 2 else StreamId.SYSTEM,
        span=span,
        track=None,
        words=tuple(Word(text=f"{revision}.{i}", span=span) for i in range(word_count)),
        status=SegmentStatus.FINAL,
        committed=word_count,
    )


def _turns(stream: StreamId, revision: int) -> tuple[SpeakerTurn, ...]:
    """Equal revisions of a stream's turns are equal, as the contract demands."""
    return tuple(
        SpeakerTurn(stream=stream, span=Span(i * 9, i * 9 + revision), track=TrackId(f"S{i}"))
        for i in range(revision % 3)
    )


def _with_turns(patch: TranscriptPatch, revision: int, streams: set[StreamId]) -> TranscriptPatch:
    turns = {stream: _turns(stream, revision) for stream in streams}
    return replace(patch, turns=turns, turns_revision=revision)


UPDATES = st.builds(_update, st.integers(0, 5), st.integers(1, 5))
PATCHES = st.builds(
    _with_turns,
    st.builds(
        TranscriptPatch,
        updates=st.lists(UPDATES, max_size=4).map(tuple),
        gaps=st.lists(
            st.builds(TranscriptGap, stream=STREAMS, span=SPANS, reason=st.just("crash")),
            max_size=2,
        ).map(tuple),
        overlaps=st.lists(
            st.builds(OverlapRegion, stream=STREAMS, span=SPANS, tracks=st.just(())), max_size=2
        ).map(tuple),
        processed_until=st.dictionaries(STREAMS, st.integers(0, 100)),
    ),
    st.integers(0, 5),
    st.sets(STREAMS),
)


def state(patches: list[TranscriptPatch]) -> object:
    """Everything that a transcript shows after some patches."""
    transcript = Transcript()
    for patch in patches:
        transcript.apply(patch)
    return (
        list(transcript),
        dict(transcript.all_states),
        transcript.gaps,
        transcript.overlaps,
        transcript.turns,
        transcript.next_revision,
        dict(transcript.processed_until),
    )


@given(st.lists(PATCHES, max_size=6), st.randoms())
def test_patches_commute(patches: list[TranscriptPatch], random: object) -> None:
    shuffled = list(patches)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert state(shuffled) == state(patches)


@given(st.lists(PATCHES, max_size=6), st.lists(st.integers(0, 5), max_size=6))
def test_repeated_patches_are_harmless(patches: list[TranscriptPatch], repeats: list[int]) -> None:
    again = [patches[index] for index in repeats if index < len(patches)]

    assert state(patches + again) == state(patches)


@given(st.lists(PATCHES, max_size=6))
def test_highest_revision_wins(patches: list[TranscriptPatch]) -> None:
    transcript = Transcript()
    for patch in patches:
        transcript.apply(patch)

    seen = [update for patch in patches for update in patch.updates]
    newest = {
        update.segment_id: max(
            (u for u in seen if u.segment_id == update.segment_id), key=lambda u: u.revision
        )
        for update in seen
    }
    assert dict(transcript.all_states) == newest


@given(st.lists(PATCHES, max_size=6))
def test_apply_returns_what_changed_and_nothing_else(patches: list[TranscriptPatch]) -> None:
    transcript = Transcript()

    for patch in patches:
        before = dict(transcript.all_states)
        changed = transcript.apply(patch)
        after = dict(transcript.all_states)
        assert {u.segment_id for u in changed} == {
            key for key, update in after.items() if before.get(key) != update
        }
