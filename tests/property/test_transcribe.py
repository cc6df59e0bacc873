"""Final words of an utterance, whatever the recogniser says and when the audio comes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ids import StreamId
from app.domain.messages import Word
from app.domain.session import OperatingPoint
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.pipeline.transcribe import STREAMING, UtteranceTranscriber

pytestmark = pytest.mark.property

points = st.sampled_from(list(OperatingPoint))
speech = st.lists(st.tuples(st.floats(0.0, 3.0), st.floats(0.05, 0.8)), max_size=60)
"""(pause before, length) of every word, in seconds."""
blocks = st.lists(st.floats(0.01, 4.0), min_size=1, max_size=20)


def to_words(pairs: list[tuple[float, float]]) -> list[Word]:
    words = []
    position_s = 0.2
    for i, (pause_s, length_s) in enumerate(pairs):
        position_s += pause_s
        span = Span.from_seconds(position_s, position_s + length_s)
        words.append(Word(text=f"w{i}", span=span))
        position_s += length_s
    return words


def run(point, said, sizes, answer):
    """Feed an utterance in blocks of `sizes` seconds, over and over; returns plans and words."""
    utterance = UtteranceTranscriber(StreamId.MIC, 0, STREAMING[point])
    end = (said[-1].span.end if said else 0) + to_samples(0.25)
    plans, final = [], []
    now = 0
    for size_s in itertools.cycle(sizes):
        now = min(now + to_samples(size_s), end)
        if now == end and not utterance.is_closed:
            utterance.close(end)
        # Only what surely belongs to the utterance is decoded, as the session does it.
        while (plan := utterance.plan_final(now - 1, is_realtime=False)) is not None:
            plans.append(plan)
            final.append(utterance.accept_final(plan, answer(plan)))
        if utterance.is_done:
            return plans, final


@given(points, speech, blocks, blocks)
def test_plans_and_words_do_not_depend_on_the_feed(point, pairs, sizes, others):
    said = to_words(pairs)

    def hear(plan):
        return tuple(
            w for w in said if w.span.start >= plan.prefix_end and w.span.end <= plan.window.end
        )

    plans, final = run(point, said, sizes, hear)

    assert (plans, final) == run(point, said, others, hear)
    assert [w for words in final for w in words] == said


@given(points, speech, st.randoms(use_true_random=False))
def test_any_answer_gives_ordered_words_inside_the_audio(point, pairs, random):
    def babble(plan):
        inside = (plan.window.start, plan.window.end)
        edges = sorted(random.randint(*inside) for _ in range(random.randint(0, 6)))
        return tuple(Word(text="x", span=Span(a, b)) for a, b in itertools.pairwise(edges))

    plans, final = run(point, to_words(pairs), [0.1], babble)

    words = [w for fresh in final for w in fresh]
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(words))
    assert all(0 <= w.span.start and w.span.end <= plans[-1].window.end for w in words)
    longest = max(plan.window.length for plan in plans)
    if STREAMING[point].step_s:
        assert longest <= 30 * SESSION_RATE_HZ
    for plan in plans:
        assert plan.window.start <= plan.prefix_end
