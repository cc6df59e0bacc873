"""Which decode comes next, what is shown meanwhile, and when words are released."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from app.domain.ids import MeetingId, StreamId
from app.domain.messages import SegmentStatus, SpeechSpan
from app.domain.session import OperatingPoint, SessionConfig
from app.domain.transcript import Transcript, TranscriptPatch
from app.domain.units import Span, to_samples
from app.engine.captions import RELEASE_MARGIN_S, RELEASE_TOGETHER_S, Captions
from app.engine.governor import Relief
from app.pipeline.assemble import Assembler
from tests.fakes.speech import make_words, texts

pytestmark = pytest.mark.unit

MIC, SYSTEM = StreamId.MIC, StreamId.SYSTEM
NOBODY = SimpleNamespace(track_of=lambda _chain: None, label=lambda _chain: (None, None))


def make_captions(*, streams=(MIC,), **changes):
    config = SessionConfig(
        meeting_id=MeetingId("0badcafe"), streams=streams, models_dir=Path("weights"), **changes
    )
    return Captions(
        config,
        Assembler(NOBODY),
        heard=lambda stream, words, last: ([{} for _ in words], last),
        repeated=lambda updates: (),
    )


def open_at(captions, start_s, stream=MIC):
    captions.hear(stream, (), Span.from_seconds(start_s, start_s + 0.1))


def close_at(captions, start_s, end_s, stream=MIC):
    span = Span.from_seconds(start_s, end_s)
    captions.hear(stream, [SpeechSpan(stream=stream, span=span, is_final=True)], None)


def final_plan(captions, now_s):
    return captions.next_final(dict.fromkeys((MIC, SYSTEM), to_samples(now_s)))


def shown(*batches):
    """Text by status, and how much of it is committed."""
    transcript = Transcript()
    for updates in batches:
        transcript.apply(TranscriptPatch(updates=updates))
    return [(s.status, texts(s.words), s.committed) for s in transcript]


def settle(captions, text, *, end_s, now_s):
    """One utterance of `text`, closed and decoded at `now_s`."""
    open_at(captions, 0.0)
    close_at(captions, 0.0, end_s)
    while not (plan := final_plan(captions, end_s)).is_last:
        captions.accept_final(plan, (), to_samples(now_s))
    return captions.accept_final(plan, make_words(text), to_samples(now_s))


@pytest.mark.parametrize("point", [p for p in OperatingPoint if p.delay_s is not None])
def test_words_are_final_just_within_the_promise(point):
    captions = make_captions(point=point)
    early = settle(captions, "one", end_s=0.6, now_s=0.7)
    due = captions.due(MIC)

    before = captions.release(MIC, due - 1)
    late = captions.release(MIC, due)

    assert due == to_samples(0.3 + point.delay_s - RELEASE_MARGIN_S)
    assert shown(early, before) == [(SegmentStatus.PARTIAL, "one", 1)]
    assert shown(early, late) == [(SegmentStatus.FINAL, "one", 1)]
    assert captions.is_over


def test_padding_may_be_shorter_than_the_promise_and_never_longer():
    assert make_captions(padding_s=0.4).padding_s == 0.4
    assert make_captions(padding_s=1.7, point=OperatingPoint.LIVE).padding_s == pytest.approx(0.8)
    assert make_captions(point=OperatingPoint.ACCURATE).padding_s == pytest.approx(3.8)
    assert make_captions(padding_s=0.4, is_realtime=False).padding_s is None


def test_words_that_are_due_together_are_released_together():
    captions = make_captions(padding_s=1.0)
    text = "one two three four"  # they end at 0.3, 0.7, 1.1, 1.5 s
    early = settle(captions, text, end_s=1.7, now_s=0.8)

    late = captions.release(MIC, to_samples(1.7 - RELEASE_TOGETHER_S))

    assert shown(early, late) == [
        (SegmentStatus.FINAL, "one two", 2),
        (SegmentStatus.PARTIAL, "three four", 2),
    ]


def test_files_at_full_speed_release_at_once_and_show_nothing_unfinished():
    captions = make_captions(is_realtime=False)

    updates = settle(captions, "one two", end_s=1.0, now_s=0.0)

    assert shown(updates) == [(SegmentStatus.FINAL, "one two", 2)]
    assert captions.is_over


def test_nothing_is_taken_back_when_the_next_utterance_begins_early():
    captions = make_captions()
    early = settle(captions, "one", end_s=0.6, now_s=0.7)
    open_at(captions, 0.9)
    plan = captions.next_partial({MIC: to_samples(1.5)}, cost_s=0.1)

    late = captions.accept_partial(plan, make_words("two", 1.0))

    assert shown(early, late) == [
        (SegmentStatus.PARTIAL, "one", 1),
        (SegmentStatus.PARTIAL, "two", 0),
    ]


def test_resume_point_stays_before_words_that_wait_for_their_release():
    captions = make_captions()
    settle(captions, "one two", end_s=1.0, now_s=1.1)

    assert captions.final_until(MIC) == 0
    captions.release(MIC, captions.due(MIC))
    assert captions.final_until(MIC) == to_samples(0.4)
    captions.release(MIC, to_samples(9.0))
    assert captions.final_until(MIC) is None


def test_late_word_is_settled_when_the_next_result_would_break_the_promise():
    captions = make_captions(point=OperatingPoint.BALANCED)
    open_at(captions, 0.0)
    words = make_words("one two")

    plan = final_plan(captions, 1.2)
    assert shown(captions.accept_final(plan, words, to_samples(1.5))) == [
        (SegmentStatus.PARTIAL, "one two", 1)
    ]


def test_observed_delay_is_that_of_the_words_released():
    captions = make_captions(point=OperatingPoint.ACCURATE)
    assert captions.observed_s is None
    settle(captions, "one two", end_s=1.0, now_s=1.1)

    captions.release(MIC, to_samples(0.3 + 3.8))
    captions.release(MIC, to_samples(0.7 + 4.5))

    assert captions.observed_s == pytest.approx(3.8)


def test_another_point_holds_for_the_utterance_that_is_open():
    captions = make_captions(point=OperatingPoint.ACCURATE)
    open_at(captions, 0.0)
    assert final_plan(captions, 1.0) is None
    assert final_plan(captions, 2.3) is not None

    captions.use_point(OperatingPoint.LIVE)
    captions.accept_final(final_plan(captions, 2.3), (), to_samples(2.4))

    assert captions.padding_s == 1.0 - RELEASE_MARGIN_S
    assert final_plan(captions, 2.6) is not None


def test_relief_asks_for_fewer_partials_then_none_then_fewer_finals():
    partials, finals = [], []
    for relief in Relief:
        captions = make_captions()
        captions.relieve(relief)
        open_at(captions, 0.0)
        times_s = [0.5 + 0.1 * i for i in range(13)]
        asked = [captions.next_partial({MIC: to_samples(t)}, cost_s=0.1) for t in times_s]
        partials.append(sum(plan is not None for plan in asked))
        first = next(i for i in range(10, 30) if final_plan(captions, i / 10) is not None)
        finals.append(first / 10)

    assert partials == [5, 5, 3, 0, 0]
    assert finals == [1.1, 1.1, 1.1, 1.1, 1.4]


def test_stream_that_waits_longest_is_decoded_first():
    captions = make_captions(streams=(MIC, SYSTEM))
    open_at(captions, 0.5, MIC)
    open_at(captions, 0.3, SYSTEM)

    assert final_plan(captions, 3.0).stream is SYSTEM


def test_failed_decode_releases_what_was_settled():
    captions = make_captions()
    open_at(captions, 0.0)
    plan = final_plan(captions, 1.2)
    early = captions.accept_final(plan, make_words("one"), to_samples(1.5))
    close_at(captions, 0.0, 1.6)

    lost, late = captions.give_up(final_plan(captions, 1.4))

    assert lost == Span.from_seconds(0.3, 1.6)
    assert shown(early, late) == [(SegmentStatus.FINAL, "one", 1)]
    assert captions.is_over
