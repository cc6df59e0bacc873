"""Overlaps become two voices while the meeting runs, with models that hear a script."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from app.domain.errors import Severity
from app.domain.messages import AudioBlock, CorrectionReason, SegmentStatus
from app.domain.session import ModelChoice
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.engine import live_rescue
from app.engine.confidence import LIVE, curve_of
from app.engine.governor import Relief
from app.engine.protocol import Patched
from app.engine.session import LiveSession
from tests.fakes.models import FakeModels, FakeSeparation, Script, blocks_of
from tests.unit.engine.test_session import SYSTEM, Recorded, make_config, run

pytestmark = pytest.mark.unit

A = "you know how it is when one has to wait"
B = "yes I do of course and it was not so far"
FIRST = "I have been over to see her and she tells me that all is done"
SECOND = "which will make it still more difficult my friend and so it goes"
BEGIN, REST = "which will make it still more", "difficult my friend and so it goes"
HELLO = "hello there my good friend"
AFTER = "one two three four"
CROWD = Script.of_turns(
    (1, 0.4, HELLO), (0, 2.6, FIRST), (1, 6.3, BEGIN), (1, 9.0, REST), (0, 13.0, AFTER)
)


@pytest.fixture(autouse=True)
def scripted_sources(monkeypatch):
    """Scripted samples are codes: faded they say nothing, and all their energy is in one bin."""
    monkeypatch.setattr("app.pipeline.separate.FADE_S", 0.0)
    monkeypatch.setattr("app.engine.rescue.MAX_BLEND", 1.0)


def config_with(separation="two-voices", **changes):
    return make_config(models=ModelChoice(separation=separation), **changes)


def said_by(recorded):
    """The whole text of each voice, by the time of its words; not what is left of others' words."""
    words = sorted(
        (word.span, segment.track, word.text)
        for segment in recorded.transcript
        for word in segment.words
        if word.span.duration_s > 0.05
    )
    tracks = sorted({track for _, track, _ in words})
    return {t: " ".join(text for _, track, text in words if track == t) for t in tracks}


def corrections(recorded):
    return [patch for patch in recorded.patches if patch.is_whole]


def test_both_voices_are_written_in_place_of_the_plain_text():
    plain = run(FakeModels(CROWD), config_with(None))
    rescued = run(FakeModels(CROWD), config_with())

    assert "~" in plain.text
    assert said_by(rescued) == {"S1": f"{HELLO} {BEGIN} {REST}", "S2": f"{FIRST} {AFTER}"}
    crowded = [segment for segment in rescued.transcript if segment.has_overlap]
    assert {segment.track for segment in crowded} == {"S1", "S2"}
    assert any(a.span.overlap(b.span) > SESSION_RATE_HZ // 2 for a in crowded for b in crowded[1:])
    assert {segment.status for segment in rescued.transcript} == {SegmentStatus.FINAL}


def test_change_of_final_text_is_one_marked_correction():
    recorded = run(FakeModels(CROWD), config_with())

    (patch,) = corrections(recorded)
    assert {update.reason for update in patch.updates} == {CorrectionReason.SECOND_OPINION}
    before = {}
    for other in recorded.patches[: recorded.patches.index(patch)]:
        before.update({u.segment_id: u for u in other.updates})
    assert any(update.segment_id in before for update in patch.updates)
    for update in patch.updates:
        known = before.get(update.segment_id)
        assert known is None or update.supersedes(known)


def test_other_segments_are_left_alone():
    plain = run(FakeModels(CROWD), config_with(None))
    rescued = run(FakeModels(CROWD), config_with())

    def far(recorded):
        return [
            (s.segment_id, s.words)
            for s in recorded.transcript
            if s.span.end_s < 4.5 or s.span.start_s > 12.0
        ]

    assert far(rescued) == far(plain) != []


def test_voices_are_decoded_by_the_recogniser_of_the_background_with_its_own_curve():
    models = FakeModels(CROWD)
    recorded = run(models, config_with())

    assert len(models.background.requests) == 2
    assert not any(request.wants_full_context for request in models.background.requests)
    rewritten = [u for patch in corrections(recorded) for u in patch.updates]
    probabilities = {word.probability for u in rewritten for word in u.words}
    assert curve_of(ModelChoice().asr_final, LIVE)(0.9) in probabilities


def test_only_the_overlap_and_its_surroundings_are_taken_apart():
    models = FakeModels(CROWD)
    run(models, config_with())

    (length,) = models.apart.lengths
    assert length < 0.9 * len(CROWD.samples)


@pytest.mark.parametrize("separation", ["auto", "on"])
def test_plain_text_stays_where_a_voice_is_not_known_alone_yet(separation):
    models = FakeModels(Script.of_turns((0, 1.0, FIRST), (1, 4.7, SECOND)))

    recorded = run(models, config_with(separation))

    assert recorded.transcript.overlaps
    assert corrections(recorded) == []
    assert models.background.requests == []


def test_plain_text_stays_where_the_sources_are_alike():
    class Blind(FakeSeparation):
        def separate(self, samples):
            return np.stack([samples, samples])

    models = FakeModels(CROWD)
    models.apart = Blind(CROWD)

    assert corrections(run(models, config_with())) == []
    assert models.background.requests == []


def test_plain_text_stays_where_the_voices_say_nothing():
    models = FakeModels(CROWD)
    models.background.script = Script()
    models.background.transcribe = lambda samples, request: replace(
        models.quick.transcribe(samples, request), words=()
    )

    assert corrections(run(models, config_with())) == []


@pytest.mark.parametrize(("separation", "count"), [("auto", 0), ("on", 1)])
def test_plain_text_stays_where_the_voices_say_less(monkeypatch, separation, count):
    asked = []
    monkeypatch.setattr("app.engine.rescue.MIN_SOLO_DB", -99.0)
    monkeypatch.setattr("app.engine.rescue.MIN_PAIRING", 0.0)
    monkeypatch.setattr(live_rescue.exemplars, "learn", lambda alone: alone)
    monkeypatch.setattr(
        live_rescue.exemplars,
        "take_apart",
        lambda mixture, voices, refiner: FakeSeparation(CROWD).separate(mixture),
    )

    def less(voices, plain, island):
        asked.append((sum(map(len, voices.values())), len(plain)))
        return False

    monkeypatch.setattr("app.engine.rescue.says_more", less)
    recorded = run(FakeModels(CROWD), config_with(separation))

    assert len(corrections(recorded)) == count
    assert all(voices and plain for voices, plain in asked)
    assert len(asked) == 1 - count


def test_failure_costs_nothing_but_the_second_voice(caplog):
    models = FakeModels(CROWD)
    models.background.fails = lambda number: True

    recorded = run(models, config_with())

    plain = run(FakeModels(CROWD), config_with(None))
    assert recorded.text == plain.text
    (report,) = recorded.reports
    assert report.severity is Severity.WARNING
    assert "only after the meeting" in report.user_text


@pytest.mark.parametrize(("resume_s", "count"), [(6.0, 1), (8.0, 0)])
def test_session_that_resumes_leaves_what_was_written_before_alone(resume_s, count):
    """The overlap is from 6.3 to 7.85 s."""
    whole = run(FakeModels(CROWD), config_with())
    tracks = next(e.tracks for e in reversed(whole.events) if isinstance(e, Patched))
    config = config_with(resume_from={SYSTEM: to_samples(resume_s)}, revision_base=1_000)

    recorded = run(FakeModels(CROWD), config, tracks=tracks)

    assert len(corrections(recorded)) == count
    assert min(word.span.middle for word in recorded.words) >= to_samples(resume_s)


def test_relieved_lane_leaves_overlaps_as_they_are():
    models = FakeModels(CROWD)
    recorded = Recorded()
    session = LiveSession(config_with(), models, recorded.events.append)
    session._rescue.relieve(Relief.NO_SEPARATION)

    feed(session, CROWD)

    assert corrections(recorded) == []
    assert models.apart.lengths == []


def test_lane_that_is_relieved_no_longer_goes_on_with_what_comes():
    later = [(t, s + 20.0, text) for t, s, text in ((0, 1.0, FIRST), (1, 4.7, SECOND))]
    script = Script.of_turns((0, 1.0, FIRST), (1, 4.7, SECOND), *later)
    models = FakeModels(script)
    recorded = Recorded()
    session = LiveSession(config_with(), models, recorded.events.append)
    rescue = session._rescue
    rescue.relieve(Relief.FEWER_FINALS)
    session.start()
    half = to_samples(19.0)
    feed(session, script, until=half)
    assert recorded.wait_for(lambda: rescue._looked[SYSTEM] > to_samples(12.0))

    rescue.relieve(Relief.NONE)
    feed(session, script, since=half)

    (patch,) = corrections(recorded)
    assert min(update.span.start_s for update in patch.updates) > 20.0


@pytest.mark.parametrize(("is_realtime", "written"), [(True, [4, 32]), (False, [4, 18, 32])])
def test_oldest_overlaps_are_left_out_at_the_pace_of_the_clock_when_the_lane_is_behind(
    monkeypatch, is_realtime, written
):
    turns = [(t, s + 14 * i, x) for i in range(3) for t, s, x in ((0, 1.0, A), (1, 3.7, B))]
    script = Script.of_turns(*turns)
    monkeypatch.setattr(live_rescue, "MAX_WAITING_S", 3.0)
    recorded = Recorded()
    session = LiveSession(
        config_with(is_realtime=is_realtime), FakeModels(script), recorded.events.append
    )
    rescue = session._rescue
    is_writing, may_write = threading.Event(), threading.Event()
    cores = []

    def write(stretch):
        cores.append(round(stretch.island.core.start_s))
        is_writing.set()
        assert may_write.wait(20.0)

    monkeypatch.setattr(rescue, "_write", write)
    session.start()
    feed(session, script, until=to_samples(13.0))
    assert is_writing.wait(20.0)
    feed(session, script, since=to_samples(13.0), waits=False)
    assert recorded.wait_for(rescue._view.is_over)
    may_write.set()
    session.wait()

    assert cores == written


@pytest.mark.parametrize(("patience_s", "count"), [(-1.0, 0), (60.0, 1)])
def test_end_of_a_meeting_is_not_held_up_for_long(monkeypatch, patience_s, count):
    script = Script.of_turns(
        (1, 0.5, "hello there my good old friend"), (0, 3.2, FIRST), (1, 7.0, "which will make it")
    )
    monkeypatch.setattr(live_rescue, "END_PATIENCE_S", patience_s)

    recorded = run(FakeModels(script), config_with(is_realtime=True))

    assert len(corrections(recorded)) == count


def feed(session, script, *, since=0, until=None, waits=True):
    """Feed a script, or a part of it; from the start, and to the end, unless told otherwise."""
    if not session._fronts:
        session.start()
    samples = script.samples[:until]
    for _, start, block in blocks_of({SYSTEM: samples}, 0.1):
        if start >= since:
            span = Span(start, start + len(block))
            session.feed(AudioBlock(stream=SYSTEM, span=span, samples=block))
    if until is None:
        session.end(SYSTEM)
        if waits:
            session.wait()


def test_lane_yields_to_all_others(monkeypatch):
    yielded = []
    monkeypatch.setattr(
        live_rescue,
        "yield_to_others",
        lambda niceness: yielded.append((threading.current_thread().name, niceness)),
    )

    run(FakeModels(CROWD), config_with())

    assert yielded == [("lane-separate", live_rescue.NICENESS)]


def test_health_says_what_waits_and_what_it_cost():
    recorded = Recorded()
    session = LiveSession(config_with(), FakeModels(CROWD), recorded.events.append)
    feed(session, CROWD)

    (stage,) = [s for s in session.health().stages if s.stage == "separation"]
    assert stage.queue_s == 0.0
    assert stage.real_time_factor > 0.0
    assert [event for event in recorded.events if isinstance(event, Patched)]


def test_session_without_separation_has_no_such_lane():
    session = LiveSession(config_with(None), FakeModels(CROWD), lambda event: None)
    feed(session, CROWD)

    assert session._rescue is None
    assert "separation" not in {stage.stage for stage in session.health().stages}
