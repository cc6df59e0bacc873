"""Patches commute and repeat harmlessly, against a twin that keeps everything and sorts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import (
    OverlapRegion,
    SegmentStatus,
    SegmentUpdate,
    TranscriptGap,
    TranscriptPatch,
    Word,
)
from app.domain.transcript import Transcript
from app.domain.units import Span

pytestmark = pytest.mark.property

STREAMS = st.sampled_from([StreamId.MIC, StreamId.SYSTEM])


def make_update(number: int, revision: int) -> SegmentUpdate:
    """Equal ids and revisions carry equal content, as every sender promises."""
    has_words = (number + revision) % 4 != 0
    span = Span(number * 100 + revision, number * 100 + 90)
    return SegmentUpdate(
        segment_id=SegmentId(f"s{number}"),
        revision=revision,
        stream=StreamId.MIC if number % 2 else StreamId.SYSTEM,
        span=span,
        track=TrackId(f"S{revision}"),
        words=(Word(text=f"w{revision}", span=span),) if has_words else (),
        status=SegmentStatus.FINAL,
        committed=int(has_words),
    )


spans = st.builds(
    lambda start, length: Span(start, start + length), st.integers(0, 50), st.integers(0, 50)
)
patches = st.builds(
    TranscriptPatch,
    updates=st.lists(st.builds(make_update, st.integers(0, 4), st.integers(1, 6)), max_size=4).map(
        tuple
    ),
    gaps=st.lists(
        st.builds(TranscriptGap, stream=STREAMS, span=spans, reason=st.just("x")), max_size=2
    ).map(tuple),
    overlaps=st.lists(
        st.builds(OverlapRegion, stream=STREAMS, span=spans, tracks=st.just(("S1", "S2"))),
        max_size=2,
    ).map(tuple),
    processed_until=st.dictionaries(STREAMS, st.integers(0, 100)),
)


def state(transcript: Transcript) -> tuple[object, ...]:
    return (
        list(transcript),
        dict(transcript.all_states),
        transcript.gaps,
        transcript.overlaps,
        dict(transcript.processed_until),
    )


@given(st.lists(patches, max_size=8), st.data())
def test_any_order_with_repeats_gives_the_newest_of_everything(sent, data):
    order = data.draw(st.permutations(sent + data.draw(st.lists(st.sampled_from(sent or [None])))))
    straight, shuffled = Transcript(), Transcript()

    for patch in sent:
        straight.apply(patch)
    for patch in order:
        if patch is not None:
            shuffled.apply(patch)

    assert state(shuffled) == state(straight)
    everything = [update for patch in sent for update in patch.updates]
    newest = {
        update.segment_id: max(
            (u for u in everything if u.segment_id == update.segment_id), key=lambda u: u.revision
        )
        for update in everything
    }
    assert dict(straight.all_states) == newest


@given(st.lists(patches, max_size=8))
def test_apply_returns_exactly_what_changed(sent):
    transcript = Transcript()
    rebuilt: dict[str, SegmentUpdate] = {}

    for patch in sent:
        for update in transcript.apply(patch):
            assert rebuilt.get(update.segment_id) != update
            rebuilt[update.segment_id] = update
        assert transcript.apply(patch) == ()

    assert rebuilt == dict(transcript.all_states)
