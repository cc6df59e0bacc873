"""A live session with models that hear a script."""

import itertools
import math
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import Severity
from app.domain.ids import MeetingId, SegmentId, StreamId, TrackId
from app.domain.messages import AudioBlock, NoticeKind, SegmentStatus
from app.domain.session import OperatingPoint, Part, SessionConfig, SpeakerRange
from app.domain.transcript import Transcript
from app.domain.units import SESSION_RATE_HZ, Span, to_samples
from app.engine.confidence import LIVE, curve_of
from app.engine.protocol import Acknowledged, Patched, Told, first_sample
from app.engine.session import LiveSession
from app.pipeline.level import LevelEvener
from tests.fakes.models import FakeModels, Said, Script, blocks_of
from tests.fakes.recorded import Recorded

pytestmark = pytest.mark.unit

SYSTEM, MIC = StreamId.SYSTEM, StreamId.MIC
DIALOGUE = Script.of_turns(
    (0, 0.5, "I have been over to see her and she tells me that all is done"),
    (1, 6.6, "which will make it still more difficult my friend"),
    (0, 10.6, "yes it has been a tedious case in the courts"),
    (1, 15.2, "yes"),
    (0, 17.0, "good"),
)


def make_config(**changes):
    config = SessionConfig(
        meeting_id=MeetingId("0badcafe"),
        streams=(SYSTEM,),
        models_dir=Path("weights"),
        is_realtime=False,
    )
    return replace(config, **changes)


def run(models, config=None, *, audio=None, block_s=0.1, tracks=()):
    """Feed everything, wait for the end; returns what the session said."""
    config = config or make_config()
    audio = audio or {SYSTEM: models.script.samples}
    recorded = Recorded()
    session = LiveSession(config, models, recorded.events.append, tracks=tracks)
    session.start()
    for stream, start, samples in blocks_of(audio, block_s):
        if start + len(samples) <= first_sample(config, stream):
            continue
        samples = samples[max(0, first_sample(config, stream) - start) :]
        start = max(start, first_sample(config, stream))
        span = Span(start, start + len(samples))
        session.feed(AudioBlock(stream=stream, span=span, samples=samples))
    for stream in audio:
        session.end(stream)
    session.wait()
    return recorded


def test_two_people_get_two_tracks_and_every_word():
    recorded = run(FakeModels(DIALOGUE))

    assert recorded.text == DIALOGUE.text
    assert recorded.said_by() == [
        ("S1", "I have been over to see her and she tells me that all is done"),
        ("S2", "which will make it still more difficult my friend"),
        ("S1", "yes it has been a tedious case in the courts"),
        ("S2", "yes"),
        ("S1", "good"),
    ]
    assert recorded.reports == []


@pytest.mark.parametrize(
    ("speech", "word", "text"),
    [(0.7, 0.1, ""), (0.95, 0.1, DIALOGUE.text), (0.7, 0.6, DIALOGUE.text)],
)
def test_what_neither_model_believes_is_not_written(speech, word, text):
    models = FakeModels(DIALOGUE)
    models.speech_probability, models.final.word_probability = speech, word

    assert run(models).text == text


def test_probabilities_of_words_are_made_honest():
    config = make_config()

    recorded = run(FakeModels(DIALOGUE), config)

    expected = curve_of(config.models.asr_final, LIVE)(0.9)
    assert expected != 0.9
    assert {word.probability for word in recorded.words} == {expected}


def test_without_guards_everything_is_written():
    models = FakeModels(DIALOGUE)
    models.speech_probability, models.final.word_probability = 0.7, 0.1

    recorded = run(models, replace(make_config(), without=frozenset({Part.GUARDS})))

    assert recorded.text == DIALOGUE.text
    assert not any(request.is_guarded for request in models.final.requests)


def test_without_short_input_every_decode_is_padded():
    models = FakeModels(DIALOGUE)

    run(models, replace(make_config(), without=frozenset({Part.SHORT_INPUT})))

    assert all(request.is_padded for request in models.final.requests)


@pytest.mark.parametrize(("speech", "has_previews"), [(0.95, True), (0.7, False)])
def test_only_sure_speech_is_previewed(speech, has_previews):
    models = FakeModels(DIALOGUE)
    models.speech_probability = speech

    run(models, make_config(is_realtime=True))

    assert bool(models.quick.requests) is has_previews


def test_words_stand_where_they_were_said():
    recorded = run(FakeModels(DIALOGUE))

    assert [w.span for w in recorded.words] == [said.span for said in DIALOGUE.said]


@pytest.mark.parametrize("is_level_evened", [True, False])
def test_streams_are_evened_when_the_configuration_says_so(monkeypatch, is_level_evened):
    evened = []

    class Evener(LevelEvener):
        def block(self, block):
            evened.append(block.span)
            return block

    monkeypatch.setattr("app.engine.session.LevelEvener", Evener)

    recorded = run(FakeModels(DIALOGUE), make_config(is_level_evened=is_level_evened))

    assert recorded.text == DIALOGUE.text
    assert bool(evened) == is_level_evened
    assert not evened or sum(span.length for span in evened) == len(DIALOGUE.samples)


@pytest.mark.parametrize("point", list(OperatingPoint))
def test_every_operating_point_gives_every_word(point):
    recorded = run(FakeModels(DIALOGUE), make_config(point=point))

    assert recorded.text == DIALOGUE.text


RUSHED = Script.of_turns(
    *[(i % 2, 0.5 + 3.31 * i, "one two three four five six seven") for i in range(8)],
    word_s=0.37,
)


@pytest.mark.parametrize("point", [OperatingPoint.BALANCED, OperatingPoint.LIVE])
def test_final_words_do_not_depend_on_the_size_of_the_feed(point):
    asked = []
    words = []
    for block_s in (0.02, 0.1, 0.333):
        models = FakeModels(RUSHED)
        recorded = run(models, make_config(point=point), block_s=block_s)
        words.append([(w.text, w.span) for w in recorded.words])
        asked.append((models.final.requests, models.final.lengths_s))

    assert words[0] == words[1] == words[2]
    assert asked[0] == asked[1] == asked[2]
    assert " ".join(text for text, _ in words[0]) == RUSHED.text


def test_committed_words_never_change_and_stay_inside_the_audio():
    recorded = run(FakeModels(DIALOGUE))
    final: dict[str, tuple] = {}
    transcript = Transcript()

    for patch in recorded.patches:
        for update in transcript.apply(patch):
            assert update.words[: len(final.get(update.segment_id, ()))] == final.get(
                update.segment_id, ()
            )
            final[update.segment_id] = update.words[: update.committed]
            assert all(w.span.end <= len(DIALOGUE.samples) for w in update.words)


def test_processed_until_grows_to_the_end_and_nothing_new_comes_before_it():
    recorded = run(FakeModels(DIALOGUE))
    reached = 0
    seen = set()

    for patch in recorded.patches:
        fresh = [u for u in patch.updates if u.segment_id not in seen and u.words]
        assert all(u.words[0].span.start >= reached for u in fresh)
        seen.update(u.segment_id for u in fresh)
        assert patch.processed_until[SYSTEM] >= reached
        reached = patch.processed_until[SYSTEM]

    assert reached == len(DIALOGUE.samples)


def test_patches_may_come_in_any_order():
    recorded = run(FakeModels(DIALOGUE))
    backwards = Transcript()

    for patch in reversed(recorded.patches):
        backwards.apply(patch)

    assert list(backwards) == list(recorded.transcript)


def test_two_streams_share_their_voices():
    near = Script.of_turns((0, 0.5, "hello can you hear me over there"))
    both = Script(*DIALOGUE.said)
    far = DIALOGUE.samples
    mic = np.zeros_like(far)
    mic[: len(near.samples)] = near.samples

    recorded = run(
        FakeModels(both),
        make_config(streams=(MIC, SYSTEM), is_echo_handled=False),  # the fake hears equal words
        audio={MIC: mic, SYSTEM: far},
    )

    by_stream = {
        stream: {s.track for s in recorded.transcript if s.stream is stream}
        for stream in (MIC, SYSTEM)
    }
    assert by_stream[MIC] == {"S1"}
    assert by_stream[SYSTEM] == {"S1", "S2"}


def test_monologue_without_a_pause_is_said_once():
    script = Script.of_turns((0, 0.5, " ".join(f"w{i}" for i in range(120))))

    models = FakeModels(script)
    recorded = run(models)

    assert recorded.text == script.text
    assert max(models.final.lengths_s) < 12.0


def test_yes_of_a_fifth_of_a_second_is_kept():
    script = Script(Said("yes", 2.0, 2.2, 0))

    assert run(FakeModels(script)).text == "yes"


def test_silence_says_nothing():
    models = FakeModels(Script())

    recorded = run(models, audio={SYSTEM: np.zeros(to_samples(20), dtype=np.float32)})

    assert list(recorded.transcript.all_states) == []
    assert models.final.requests == []
    assert recorded.transcript.processed_until == {SYSTEM: to_samples(20)}


def test_empty_stream_ends_at_once():
    recorded = run(FakeModels(Script()), audio={SYSTEM: np.zeros(0, dtype=np.float32)})

    assert recorded.transcript.processed_until == {SYSTEM: 0}


def test_people_who_talk_at_once_are_reported_as_overlap():
    script = Script(
        *Script.of_turns((0, 0.5, "a b c d e f g h i j k l")).said,
        *Script.of_turns((1, 3.5, "m n o p q r s t u v w x")).said,
    )

    recorded = run(FakeModels(script))

    (overlap,) = recorded.transcript.overlaps
    assert overlap.tracks == ("S1", "S2")
    assert overlap.span.start_s == pytest.approx(3.5, abs=0.1)
    assert overlap.span.end_s == pytest.approx(4.7, abs=0.1)


def test_overlap_early_in_a_long_utterance_is_reported_too():
    script = Script(
        *Script.of_turns((0, 0.5, "a b c d e f g h i j k l")).said,
        *Script.of_turns((1, 3.5, " ".join(f"w{i}" for i in range(70)))).said,
    )

    recorded = run(FakeModels(script))

    assert len(recorded.transcript.overlaps) == 1


# --- failures ---


def test_failed_decode_leaves_a_gap_and_the_session_goes_on(caplog):
    models = FakeModels(DIALOGUE, fails=lambda number: number == 3)

    recorded = run(models)

    (gap,) = recorded.transcript.gaps
    (report,) = recorded.reports
    assert report.severity is Severity.ERROR
    assert report.span == gap.span
    assert report.is_retryable
    assert "could not be transcribed" in report.user_text
    assert "out of luck" in report.traceback_text
    kept = [said for said in DIALOGUE.said if not said.span.overlap(gap.span)]
    assert [w.text for w in recorded.words if w.text != "~"] == [said.text for said in kept]
    assert gap.span.duration_s < 3.0


def test_recogniser_that_always_fails_leaves_gaps_for_all_speech(caplog):
    recorded = run(FakeModels(DIALOGUE, fails=lambda number: True))

    assert recorded.words == []
    gaps = recorded.transcript.gaps
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(gaps))
    for said in DIALOGUE.said:
        assert sum(gap.span.overlap(said.span) for gap in gaps) == said.span.length
    assert recorded.transcript.processed_until == {SYSTEM: len(DIALOGUE.samples)}


def test_crashed_lane_is_fatal_and_ends_the_session(caplog, monkeypatch):
    models = FakeModels(DIALOGUE)

    def fail(backend_id, *, threads=1):
        raise RuntimeError("segmentation is broken")

    monkeypatch.setattr(models, "segmentation", fail)
    recorded = Recorded()
    session = LiveSession(make_config(), models, recorded.events.append)
    session.start()
    session.feed(
        AudioBlock(stream=SYSTEM, span=Span(0, len(DIALOGUE.samples)), samples=DIALOGUE.samples)
    )
    session.wait()

    assert session.has_crashed
    assert [report.severity for report in recorded.reports] == [Severity.FATAL]


def test_cancel_ends_without_the_rest():
    recorded = Recorded()
    session = LiveSession(make_config(), FakeModels(DIALOGUE), recorded.events.append)
    session.start()
    span = Span(0, to_samples(2.0))
    session.feed(AudioBlock(stream=SYSTEM, span=span, samples=DIALOGUE.samples[: span.end]))

    session.cancel()
    session.wait()

    assert "friend" not in recorded.text


# --- in real time ---


def test_real_time_shows_partial_words_and_then_the_final_ones():
    models = FakeModels(DIALOGUE)
    recorded = run(models, make_config(is_realtime=True))

    assert recorded.text == DIALOGUE.text
    assert {s.status for s in recorded.transcript} == {SegmentStatus.FINAL}


def test_failing_preview_costs_no_final_word(caplog):
    models = FakeModels(DIALOGUE)
    models.quick.fails = lambda number: True

    recorded = run(models, make_config(is_realtime=True))

    assert recorded.text == DIALOGUE.text
    assert recorded.transcript.gaps == ()
    assert [r.severity for r in recorded.reports] == [Severity.WARNING] * len(models.quick.requests)
    assert len(models.quick.requests) <= 1


def test_point_changes_in_mid_meeting_without_losing_a_word():
    models = FakeModels(DIALOGUE)
    config = make_config(is_realtime=True, point=OperatingPoint.ACCURATE)
    recorded = Recorded()
    session = LiveSession(config, models, recorded.events.append)
    session.start()
    blocks = list(blocks_of({SYSTEM: models.script.samples}, 0.1))
    for i, (stream, start, samples) in enumerate(blocks):
        span = Span(start, start + len(samples))
        session.feed(AudioBlock(stream=stream, span=span, samples=samples))
        if i == len(blocks) // 2:
            session.use_point(OperatingPoint.LIVE)
            session.use_point(OperatingPoint.FINAL)  # no live one: ignored
    session.end(SYSTEM)
    session.wait()

    assert session.health().promised_s == 1.0
    assert recorded.text == DIALOGUE.text


def test_session_that_falls_behind_steps_down_and_says_so(monkeypatch):
    recorded = Recorded()
    session = LiveSession(
        make_config(is_realtime=True), FakeModels(DIALOGUE), recorded.events.append
    )
    monkeypatch.setattr(session, "_overdue_s", lambda stream: 5.0)

    reliefs = [session.health().relief for _ in range(9)]

    assert reliefs == [0, 0, 1, 1, 1, 2, 2, 2, 3]
    told = [event.notice for event in recorded.events if isinstance(event, Told)]
    assert [notice.kind for notice in told] == [NoticeKind.BEHIND] * 3
    assert len({notice.text for notice in told}) == 3


def test_session_without_a_governor_falls_behind_as_it_is(monkeypatch):
    recorded = Recorded()
    config = make_config(is_realtime=True, without=frozenset({Part.GOVERNOR}))
    session = LiveSession(config, FakeModels(DIALOGUE), recorded.events.append)
    monkeypatch.setattr(session, "_overdue_s", lambda stream: 5.0)

    assert [session.health().relief for _ in range(9)] == [0] * 9
    assert not [event for event in recorded.events if isinstance(event, Told)]


# --- resuming ---


def test_no_lane_says_that_words_are_done_before_they_are_told(monkeypatch):
    patch = LiveSession._patch

    def beside_another_lane(session, updates, *rest, **options):
        if updates:
            other = threading.Thread(target=patch, args=(session, ()))
            other.start()
            other.join(0.02)
        patch(session, updates, *rest, **options)

    monkeypatch.setattr(LiveSession, "_patch", beside_another_lane)

    events = run(FakeModels(DIALOGUE)).events

    for count in range(1, len(events)):
        told = Recorded(events[:count])
        done_until = told.transcript.processed_until.get(SYSTEM, 0)
        done = [said.text for said in DIALOGUE.said if said.span.end <= done_until]
        assert [word.text for word in told.words][: len(done)] == done


def test_session_resumes_behind_any_patch_without_losing_or_repeating_a_word():
    whole = run(FakeModels(DIALOGUE))
    patched = [event for event in whole.events if isinstance(event, Patched)]

    for count in range(1, len(patched), 3):
        first = Recorded(patched[:count])
        second = run(
            FakeModels(DIALOGUE),
            make_config(
                resume_from=dict(first.transcript.processed_until), revision_base=1_000_000
            ),
            tracks=first.events[-1].tracks,
        )

        both = (*first.words, *second.words)
        assert [(w.text, w.span) for w in both] == [(s.text, s.span) for s in DIALOGUE.said]
        ids = [{s.segment_id for s in part.transcript} for part in (first, second)]
        assert not ids[0] & ids[1]
        assert {s.track for s in second.transcript} <= {"S1", "S2", None}
        assert all(s.revision > 1_000_000 for s in second.transcript)


def test_speaker_limit_holds_live():
    recorded = run(FakeModels(DIALOGUE), make_config(speakers=SpeakerRange(maximum=1)))

    assert {s.track for s in recorded.transcript} == {"S1"}


def test_audio_is_acknowledged_twice_a_second():
    recorded = run(FakeModels(DIALOGUE))

    positions = [e.position for e in recorded.events if isinstance(e, Acknowledged)]
    assert positions == sorted(positions)
    steps = {b - a for a, b in itertools.pairwise(positions)}
    assert steps == {SESSION_RATE_HZ // 2}


def test_health_tells_every_stage():
    session = LiveSession(make_config(), FakeModels(DIALOGUE), lambda event: None)
    session.start()

    health = session.health()
    session.cancel()
    session.wait()

    assert {s.stage for s in health.stages} == {"front", "asr-final", "asr-partial", "separation"}
    assert health.lag_s == 0.0
    assert health.rss_mb > 10


@pytest.mark.parametrize(("is_echo_handled", "left"), [(True, "yes good"), (False, DIALOGUE.text)])
def test_what_the_microphone_repeats_is_taken_back(monkeypatch, is_echo_handled, left):
    monkeypatch.setattr("app.pipeline.echo.SHARPNESS", math.inf)  # the canceller misses it
    config = make_config(streams=(MIC, SYSTEM), is_echo_handled=is_echo_handled)
    audio = {MIC: DIALOGUE.samples, SYSTEM: DIALOGUE.samples}

    recorded = run(FakeModels(DIALOGUE), config, audio=audio)

    by_stream = {
        stream: " ".join(w.text for s in recorded.transcript if s.stream is stream for w in s.words)
        for stream in (MIC, SYSTEM)
    }
    assert by_stream == {MIC: left, SYSTEM: DIALOGUE.text}
    told = [event.notice.kind for event in recorded.events if isinstance(event, Told)]
    assert told == ([NoticeKind.ECHO] if is_echo_handled else [])


def test_audio_heard_again_without_echo_takes_the_place_of_the_first():
    session = LiveSession(make_config(streams=(MIC, SYSTEM)), FakeModels(DIALOGUE), lambda e: None)
    session.start()
    repaired = Script.of_turns((0, 0.5, "one two three")).samples
    session.end(SYSTEM)
    session.end(MIC)
    session.wait()

    front = session._fronts[MIC]
    front.audio.append(np.ones(len(repaired), dtype=np.float32))
    session._take_in(AudioBlock(stream=MIC, span=Span(0, len(repaired)), samples=repaired))

    assert front.audio.span.length == len(repaired)
    assert np.array_equal(front.audio.get(front.audio.span), repaired)


def test_a_line_given_by_the_user_teaches_the_voice_behind_it():
    script = Script.of_turns(
        (0, 0.5, "one two three four five six"),
        (0, 5.0, "seven eight nine ten eleven twelve"),
        (1, 9.5, "who is there now tell me"),
    )
    recorded = Recorded()
    session = LiveSession(make_config(), FakeModels(script), recorded.events.append)
    session.start()
    stop = to_samples(13.0)
    for stream, start, samples in blocks_of({SYSTEM: script.samples[:stop]}, 0.1):
        session.feed(
            AudioBlock(stream=stream, span=Span(start, start + len(samples)), samples=samples)
        )
    assert recorded.wait_for(lambda: "who is" in recorded.text)
    *others, last = recorded.transcript
    others = [s for s in others if s.span.end_s < 9.0]
    turn = [s.segment_id for s in others if s.span.end_s < 4.0]

    session.teach(dict.fromkeys(turn, last.track))
    session.end(SYSTEM)
    session.wait()

    tracks = {s.segment_id: s.track for s in recorded.transcript}
    assert {s.track for s in others} == {"S1"}
    assert last.track == "S2"
    assert {tracks[segment_id] for segment_id in turn} == {"S2"}
    assert {tracks[s.segment_id] for s in others} == {"S1", "S2"}


def test_a_lesson_about_nothing_known_changes_nothing():
    recorded = Recorded()
    session = LiveSession(make_config(), FakeModels(DIALOGUE), recorded.events.append)
    session.start()

    session.teach({SegmentId("gone"): TrackId("U1")})
    session.end(SYSTEM)
    session.wait()

    assert [u for patch in recorded.patches for u in patch.updates] == []
