"""When words become final, and what the recogniser is asked."""

import itertools
from dataclasses import replace

import pytest

from app.domain.ids import StreamId
from app.domain.messages import Word
from app.domain.session import OperatingPoint
from app.domain.units import Span, to_samples
from app.pipeline.transcribe import STREAMING, StreamingParameters, UtteranceTranscriber
from tests.fakes.speech import make_word, make_words, texts

pytestmark = pytest.mark.unit

BALANCED = StreamingParameters(step_s=0.8, hold_s=0.8)
"""A rhythm without agreement: every word that is old enough is final."""
AGREEING = StreamingParameters(step_s=0.5, hold_s=0.1, deadline_s=1.5)


def make_utterance(parameters=BALANCED, *, start_s=0.0, language="en"):
    return UtteranceTranscriber(StreamId.MIC, to_samples(start_s), parameters, language=language)


def plan_at(utterance, now_s, *, is_realtime=False):
    return utterance.plan_final(to_samples(now_s), is_realtime=is_realtime)


def heard(said, plan):
    """What a perfect recogniser says behind the prefix of a plan."""
    return tuple(
        word
        for word in said
        if word.span.start >= plan.prefix_end and word.span.end <= plan.window.end
    )


def run(utterance, said, end_s, *, is_realtime=False, block_s=0.1):
    """Feed an utterance to its end; returns the plans and the final words by plan."""
    plans, final = [], []
    now_s = 0.0
    while not utterance.is_done:
        now_s += block_s
        if now_s >= end_s and not utterance.is_closed:
            utterance.close(to_samples(end_s))
        while (plan := plan_at(utterance, min(now_s, end_s), is_realtime=is_realtime)) is not None:
            plans.append(plan)
            final.append(utterance.accept_final(plan, heard(said, plan)))
    return plans, final


@pytest.mark.parametrize("point", [p for p in OperatingPoint if p.delay_s is not None])
def test_every_point_keeps_its_promise_with_room_to_compute(point):
    rhythm = STREAMING[point]

    assert rhythm.step_s + rhythm.hold_s + 0.2 <= point.delay_s
    assert rhythm.step_s + rhythm.hold_s <= rhythm.deadline_s <= point.delay_s - 0.2


def test_a_word_is_final_when_two_decodes_agree_on_it():
    utterance = make_utterance(AGREEING)
    first, second = make_words("so then"), make_words("so when")

    plan = plan_at(utterance, 0.6)
    assert utterance.accept_final(plan, first) == ()
    plan = plan_at(utterance, 1.1)
    final = utterance.accept_final(plan, second)

    assert texts(final) == "so"


def test_a_word_that_decodes_dispute_is_final_before_its_deadline():
    utterance = make_utterance(AGREEING)
    word = make_words("so")[0]
    deadline_s = word.span.end_s + AGREEING.deadline_s
    readings = iter(["so", "sew", "sow", "so", "sew", "sow"])

    final_at_s = None
    while final_at_s is None:
        plan = plan_at(utterance, 10.0)
        if utterance.accept_final(plan, (replace(word, text=next(readings)),)):
            final_at_s = plan.window.end_s

    assert word.span.end_s + AGREEING.hold_s < final_at_s <= deadline_s


def test_first_decode_waits_for_a_step_and_the_hold():
    utterance = make_utterance(start_s=1.0)

    assert plan_at(utterance, 2.5) is None
    plan = plan_at(utterance, 2.7)
    assert plan is not None
    assert plan.window == Span.from_seconds(1.0, 2.6)
    assert plan.prefix == ""
    assert plan.prefix_end == plan.window.start
    assert not plan.is_last


def test_words_are_final_once_the_hold_was_heard_behind_them():
    utterance = make_utterance()
    plan = plan_at(utterance, 2.0)

    final = utterance.accept_final(plan, make_words("one two three four", step_s=0.3))

    assert plan.window.end == to_samples(1.6)
    assert texts(final) == "one two"
    assert utterance.final_until == final[-1].span.end


def test_final_words_are_the_prefix_of_the_next_decode():
    utterance = make_utterance()
    utterance.accept_final(plan_at(utterance, 2.0), make_words("one two three", step_s=0.3))

    plan = plan_at(utterance, 2.5)

    assert plan.prefix == "one two"
    assert plan.prefix_end == to_samples(0.6)
    assert plan.window == Span.from_seconds(0.0, 2.4)


def test_prefix_of_an_unspaced_language_has_no_blanks():
    utterance = make_utterance(language="ja")
    utterance.accept_final(plan_at(utterance, 2.0), make_words("a b c", step_s=0.3))

    assert plan_at(utterance, 2.5).prefix == "ab"


def test_last_decode_makes_everything_final():
    utterance = make_utterance()
    utterance.close(to_samples(1.0))

    plan = plan_at(utterance, 1.0)
    final = utterance.accept_final(plan, make_words("one two", step_s=0.3))

    assert plan.is_last
    assert texts(final) == "one two"
    assert utterance.is_done
    assert plan_at(utterance, 9.0) is None


def test_point_without_steps_decodes_once():
    utterance = make_utterance(STREAMING[OperatingPoint.FINAL])

    assert plan_at(utterance, 20.0) is None
    utterance.close(to_samples(20.0))
    assert plan_at(utterance, 20.0).window == Span.from_seconds(0, 20)


@pytest.mark.parametrize("block_s", [0.02, 0.1, 0.333, 5.0])
def test_plans_do_not_depend_on_the_size_of_the_feed(block_s):
    said = make_words("word " * 20)

    plans, final = run(make_utterance(), said, 8.3, block_s=block_s)

    reference = run(make_utterance(), said, 8.3, block_s=0.01)
    assert (plans, final) == reference
    assert [w.text for words in final for w in words] == [w.text for w in said]


def test_overdue_steps_are_skipped_in_real_time_only():
    late, patient = make_utterance(), make_utterance()

    assert plan_at(late, 6.0, is_realtime=True).window.end == to_samples(5.6)
    assert plan_at(patient, 6.0).window.end == to_samples(1.6)


def test_skipped_steps_never_pass_the_end():
    utterance = make_utterance()
    utterance.close(to_samples(2.0))

    plan = plan_at(utterance, 6.0, is_realtime=True)

    assert plan.is_last
    assert plan.window.end == to_samples(2.0)


def test_final_words_are_ordered_and_inside_what_was_heard():
    utterance = make_utterance()
    utterance.accept_final(plan_at(utterance, 2.0), (make_word("one", 0.2, 0.7),))
    utterance.close(to_samples(2.0))
    end = plan_at(utterance, 2.0)

    late = utterance.accept_final(
        end,
        (
            make_word("two", 0.5, 0.6),
            make_word("three", 0.4, 2.0),
            make_word("four", 1.9, 2.0),
            make_word("five", 2.0, 2.0),
        ),
    )

    assert texts(late) == "two three four five"
    spans = [Span.from_seconds(0.2, 0.7), *(w.span for w in late)]
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert spans[-1].end <= end.window.end


def test_long_utterance_loses_its_oldest_words_at_the_widest_gap():
    said = (*make_words("word " * 20), *make_words("more " * 30, 8.5))

    plans, final = run(make_utterance(), said, 21.0)

    assert max(p.window.duration_s for p in plans) <= BALANCED.max_window_s + BALANCED.step_s
    starts = sorted({p.window.start_s for p in plans})
    assert starts[0] == 0.0
    assert 7.9 < starts[1] < 8.5
    assert [w.text for words in final for w in words] == [w.text for w in said]
    later = [p for p in plans if p.window.start_s == starts[1]]
    assert all(not p.prefix or set(p.prefix.split()) == {"more"} for p in later)


def test_window_without_words_stays_short_and_is_passed():
    utterance = make_utterance()

    plans, _ = run(utterance, (), 120.0)

    assert max(p.window.duration_s for p in plans) <= BALANCED.max_window_s + BALANCED.step_s
    assert plans[-2].window.start_s > 100.0


def test_resume_point_moves_on_while_no_word_comes():
    utterance = make_utterance()
    points = []
    for now_s in range(1, 100):
        while (plan := plan_at(utterance, now_s)) is not None:
            utterance.accept_final(plan, ())
            points.append(utterance.final_until)

    assert points == sorted(points)
    assert points[-1] > to_samples(85.0)


def test_stalled_prefix_is_dropped():
    utterance = make_utterance()
    utterance.accept_final(plan_at(utterance, 2.0), make_words("one two", step_s=0.3))
    asked = []
    for now_s in (2.5, 3.3, 4.1, 4.9):
        plan = plan_at(utterance, now_s)
        utterance.accept_final(plan, ())
        asked.append(plan)

    assert [p.prefix for p in asked] == ["one two", "one two", "", ""]
    assert asked[-1].window.start == to_samples(0.6)


def test_lost_decode_is_told_and_not_heard_again():
    utterance = make_utterance()
    utterance.accept_final(plan_at(utterance, 2.0), make_words("one two", step_s=0.3))
    failed = plan_at(utterance, 2.5)

    lost = utterance.give_up(failed)

    assert lost == Span.from_seconds(0.6, 2.4)
    assert utterance.final_until == to_samples(2.4)
    plan = plan_at(utterance, 3.3)
    assert plan.window == Span.from_seconds(2.4, 3.2)
    assert plan.prefix == ""


def test_losing_the_last_decode_ends_the_utterance():
    utterance = make_utterance()
    utterance.close(to_samples(1.0))

    lost = utterance.give_up(plan_at(utterance, 1.0))

    assert lost == Span.from_seconds(0.0, 1.0)
    assert utterance.is_done


def test_partial_waits_half_a_second_and_then_its_step():
    utterance = make_utterance()
    asked = [
        now_s
        for now_s in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
        if utterance.plan_partial(to_samples(now_s), step_s=0.3) is not None
    ]

    assert asked == [0.5, 0.8]


def test_closed_utterance_needs_no_partial():
    utterance = make_utterance()
    utterance.close(to_samples(2.0))

    assert utterance.plan_partial(to_samples(2.0), step_s=0.3) is None


# --- numbers ---


def hear(utterance, now_s, text):
    """One decode that hears `text`; returns what it settles."""
    plan = plan_at(utterance, now_s)
    return texts(utterance.accept_final(plan, make_words(text)[len(plan.prefix.split()) :]))


@pytest.mark.parametrize(
    ("early", "whole", "number"),
    [("at 10.", "at 10:30 we", "10:30"), ("the 5", "the 5 million are", "5 million")],
)
def test_a_number_is_not_settled_before_it_is_over(early, whole, number):
    utterance = make_utterance(replace(AGREEING, deadline_s=3.0))

    heard = [hear(utterance, 0.6, early), hear(utterance, 1.1, early), hear(utterance, 1.6, whole)]
    later = [hear(utterance, 2.1, whole), hear(utterance, 2.6, whole)]

    assert heard == ["", early.split()[0], ""]
    assert later[0].startswith(number)


def test_a_number_is_settled_when_the_promise_demands_it():
    utterance = make_utterance(AGREEING)

    settled = [hear(utterance, at_s, "at 10") for at_s in (0.6, 1.1, 1.6, 2.1)]

    assert settled == ["", "at", "", "10"]


def test_the_last_word_is_settled_though_it_is_a_number():
    utterance = make_utterance(AGREEING)
    utterance.close(to_samples(0.5))
    plan = plan_at(utterance, 0.5)

    assert texts(utterance.accept_final(plan, make_words("at 10"))) == "at 10"


def test_a_number_is_released_whole():
    utterance = make_utterance()
    utterance.close(to_samples(3.0))
    while not (plan := plan_at(utterance, 3.0)).is_last:
        utterance.accept_final(plan, ())
    utterance.accept_final(plan, make_words("for $5 million we"))

    assert texts(utterance.release(to_samples(0.8))) == "for $5 million"
    assert texts(utterance.release(None)) == "we"


# --- the tail ---


def partial_at(utterance, now_s):
    plan = utterance.plan_partial(to_samples(now_s), step_s=0.3)
    assert plan is not None
    return plan


def test_tail_begins_with_the_unsettled_words_of_the_final_recogniser():
    utterance = make_utterance()

    utterance.accept_final(plan_at(utterance, 2.0), make_words("one two three four", step_s=0.3))

    assert texts(utterance.waiting) == "one two"
    assert texts(utterance.tail) == "three four"


def test_partial_recogniser_goes_on_behind_the_tail():
    utterance = make_utterance()
    utterance.accept_final(plan_at(utterance, 2.0), make_words("one two three", step_s=0.3))

    plan = partial_at(utterance, 2.1)
    utterance.accept_partial(plan, make_words("four five.", 1.5))

    assert plan.prefix == "one two three"
    assert texts(utterance.tail) == "three four five"


def test_tail_that_need_not_be_steady_is_what_the_newest_decode_says():
    utterance = make_utterance(replace(BALANCED, is_steady=False))
    utterance.accept_final(plan_at(utterance, 2.0), make_words("one two three", step_s=0.3))

    plan = partial_at(utterance, 2.1)
    utterance.accept_partial(plan, make_words("tree four", 0.9))

    assert plan.prefix == "one two"
    assert texts(utterance.tail) == "tree four"


def test_unsettled_words_do_not_change_what_is_shown():
    utterance = make_utterance(AGREEING)
    utterance.accept_partial(partial_at(utterance, 0.5), make_words("sew then"))

    utterance.accept_final(plan_at(utterance, 0.6), make_words("so when now"))

    assert texts(utterance.tail) == "sew then"


def test_settled_words_correct_the_tail_behind_them():
    utterance = make_utterance(AGREEING)
    utterance.accept_partial(partial_at(utterance, 0.5), make_words("sew then"))
    utterance.accept_final(plan_at(utterance, 0.6), make_words("so"))

    utterance.accept_final(plan_at(utterance, 1.1), make_words("so when"))

    assert texts(utterance.waiting) == "so"
    assert texts(utterance.tail) == "when"


def test_tail_that_the_settled_words_confirm_stays():
    utterance = make_utterance(AGREEING)
    utterance.accept_partial(partial_at(utterance, 0.5), make_words("so then it"))
    utterance.accept_final(plan_at(utterance, 0.6), make_words("So"))

    utterance.accept_final(plan_at(utterance, 1.1), make_words("So"))

    assert texts(utterance.waiting) == "So"
    assert texts(utterance.tail) == "then it"


def test_tail_ends_before_a_word_that_nobody_is_sure_of():
    utterance = make_utterance()
    one, two, three = make_words("one two three")

    plan = partial_at(utterance, 1.2)
    utterance.accept_partial(plan, (one, replace(two, probability=0.2), three))

    assert texts(utterance.tail) == "one"


def test_marks_alone_are_no_words_of_the_tail():
    utterance = make_utterance()

    utterance.accept_partial(partial_at(utterance, 1.2), make_words(", one"))

    assert texts(utterance.tail) == "one"


def test_nothing_is_unsettled_behind_the_last_decode():
    utterance = make_utterance()
    utterance.accept_partial(partial_at(utterance, 0.6), make_words("one two"))
    utterance.close(to_samples(0.7))

    utterance.accept_final(plan_at(utterance, 0.7), make_words("one"))

    assert utterance.tail == ()


# --- release ---


def test_words_are_released_once_and_in_order():
    utterance = make_utterance()
    utterance.close(to_samples(1.2))
    utterance.accept_final(plan_at(utterance, 1.2), make_words("one two three"))

    early = utterance.release(to_samples(0.8))
    assert utterance.released_until == to_samples(0.8)
    assert not utterance.is_over
    late = utterance.release()

    assert (texts(early), texts(late)) == ("one two", "three")
    assert utterance.release() == ()
    assert utterance.is_over


def test_word_that_cannot_wait_for_the_next_decode_is_settled():
    utterance = make_utterance(AGREEING)
    plan = plan_at(utterance, 0.6)

    settled = utterance.accept_final(plan, make_words("so then"), settle_until=to_samples(0.4))

    assert texts(settled) == "so"


def test_rhythm_changes_while_people_talk():
    utterance = make_utterance(AGREEING)
    utterance.accept_final(plan_at(utterance, 0.6), ())

    utterance.use(BALANCED)
    utterance.accept_final(plan_at(utterance, 1.1), ())

    assert plan_at(utterance, 1.8) is None
    assert plan_at(utterance, 1.9) is not None


def test_words_that_became_final_never_change():
    said = make_words("word " * 40)
    wobbly = itertools.cycle(["?", "!", ""])
    utterance = make_utterance(StreamingParameters(step_s=0.5, hold_s=0.5))
    final: list[Word] = []
    snapshots = []
    now = 0
    while not utterance.is_done:
        now += 1_600
        if now >= to_samples(16.3) and not utterance.is_closed:
            utterance.close(to_samples(16.3))
        plan = utterance.plan_final(now, is_realtime=False)
        if plan is None:
            continue
        mark = next(wobbly)
        words = tuple(replace(w, text=w.text + mark) for w in heard(said, plan))
        final += utterance.accept_final(plan, words)
        snapshots.append(tuple(final))

    assert all(b[: len(a)] == a for a, b in itertools.pairwise(snapshots))
    assert [w.span for w in final] == [w.span for w in said]


def test_known_words_are_context_and_not_said_again():
    said = make_words("one two three four five six")
    utterance = UtteranceTranscriber(StreamId.MIC, 0, BALANCED, known_until=to_samples(0.8))

    plans, final = run(utterance, said, 2.6)

    assert texts(tuple(w for words in final for w in words)) == "three four five six"
    assert plans[-1].prefix.startswith("one two three")
    assert utterance.utterance == f"mic-{to_samples(0.8)}"
    assert make_utterance().utterance == "mic-0"
