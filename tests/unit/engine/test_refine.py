"""The final pass with models that hear a script."""

import itertools
import threading
from dataclasses import replace

import numpy as np
import pytest

from app.domain.errors import Cancelled
from app.domain.ids import SegmentId, StreamId, TrackId
from app.domain.messages import (
    CorrectionReason,
    NoticeKind,
    SegmentStatus,
    SegmentUpdate,
    SpeakerTurn,
    TranscriptPatch,
)
from app.domain.session import ModelChoice, RefineJob
from app.domain.transcript import Transcript
from app.domain.units import Span, to_samples
from app.domain.vocabulary import VocabularyTerm
from app.engine.confidence import FINAL, curve_of
from app.engine.protocol import Patched, SessionStarted, Told
from app.engine.refine import refine
from app.engine.spool_view import SpoolView
from app.pipeline.echo import Leak
from app.pipeline.level import LevelStatistics
from tests.fakes.listener import make_config
from tests.fakes.models import SCALE, FakeAsr, FakeModels, FakeVad, Script
from tests.fakes.models import SECOND as SECOND_VOICE
from tests.fakes.speech import make_words
from tests.fakes.spools import write_spool

pytestmark = pytest.mark.unit

SYSTEM, MIC = StreamId.SYSTEM, StreamId.MIC
FIRST = "I have been over to see her and she tells me that all is done"
SECOND = "which will make it still more difficult my friend and so it goes"
THIRD = "yes it has been a tedious case in the courts"
SCRIPT = Script.of_turns((0, 0.5, FIRST), (1, 6.6, SECOND), (0, 12.5, THIRD))


def live_segment(segment_id, start_s, text, track):
    words = make_words(text, start_s, step_s=0.35)
    return SegmentUpdate(
        segment_id=SegmentId(segment_id),
        revision=7,
        stream=SYSTEM,
        span=Span(words[0].span.start, words[-1].span.end),
        track=TrackId(track),
        words=words,
        status=SegmentStatus.FINAL,
        committed=len(words),
    )


LIVE = (
    live_segment("system-0-0", 0.5, FIRST.replace("over", "oh ver"), "S4"),
    live_segment("system-0-1", 6.6, SECOND, "S2"),
    live_segment("system-0-2", 12.5, THIRD, "S4"),
    live_segment("system-9-0", 20.0, "phantom", "S4"),
)


class Pass:
    """One run of `refine`: what it sent and the transcript that is left."""

    def __init__(
        self,
        tmp_path,
        *,
        script=SCRIPT,
        live=(),
        locked=(),
        samples=None,
        cancel_at=2.0,
        part=None,
        turns=None,
        prepare=lambda models: None,
        **changes,
    ):
        # Scripted samples are codes: a share of one says nothing.
        changes.setdefault("models", ModelChoice(separation=None))
        self.models = FakeModels(script)
        prepare(self.models)
        self.events = []
        self.progress = []
        cancel = threading.Event()

        def on_progress(share, step):
            self.progress.append((share, step))
            if share >= cancel_at:
                cancel.set()

        streams = {SYSTEM: script.samples} if samples is None else samples
        spools = {s: write_spool(tmp_path / f"{s}.s16", audio) for s, audio in streams.items()}
        self.job = RefineJob(
            config=replace(make_config(*streams), revision_base=100, **changes),
            spools=spools,
            sample_counts={s: len(audio) for s, audio in streams.items()},
            live_segments=tuple(live),
            locked=frozenset(SegmentId(i) for i in locked),
            part=part,
            turns=turns or {},
        )
        self.transcript = Transcript()
        self.transcript.apply(TranscriptPatch(updates=self.job.live_segments))
        try:
            refine(self.job, self.models, self.emit, on_progress=on_progress, cancel=cancel)
        except Cancelled:
            self.is_cancelled = True
        else:
            self.is_cancelled = False

    def emit(self, event):
        self.events.append(event)
        if isinstance(event, Patched):
            self.transcript.apply(event.patch)

    @property
    def turns(self):
        return [
            (track, " ".join(w.text for s in segments for w in s.words))
            for track, segments in itertools.groupby(self.transcript, lambda s: s.track)
        ]


def test_recording_without_a_live_transcript_is_transcribed(tmp_path):
    done = Pass(tmp_path)

    assert done.turns == [("S1", FIRST), ("S2", SECOND), ("S1", THIRD)]
    assert all(s.reason is None for s in done.transcript)
    assert done.transcript.processed_until == {SYSTEM: len(SCRIPT.samples)}


def test_probabilities_of_words_are_made_honest(tmp_path):
    done = Pass(tmp_path)

    expected = curve_of(done.job.config.models.asr_final, FINAL)(0.9)
    assert expected != 0.9
    assert {word.probability for s in done.transcript for word in s.words} == {expected}


def test_what_may_be_no_speech_is_heard_alone(tmp_path):
    faint = len((FIRST + " " + SECOND).split())

    class Vad(FakeVad):
        def probability(self, hop):
            is_faint = SCRIPT.numbers(hop).max() > faint
            return min(super().probability(hop), 0.7) if is_faint else super().probability(hop)

    def prepare(models):
        models.vad = lambda backend_id: Vad()

    together, apart = Pass(tmp_path), Pass(tmp_path, prepare=prepare)

    assert len(together.models.final.lengths_s) == 1
    assert len(apart.models.final.lengths_s) == 2
    assert apart.turns == together.turns


def test_doubtful_words_come_with_other_readings(tmp_path):
    def prepare(models):
        models.final.word_probability = 0.45

    done = Pass(tmp_path, prepare=prepare)
    sure = Pass(tmp_path)

    first = next(iter(done.transcript))
    texts = {text for text, _ in first.alternatives}
    assert FIRST.replace("I", "otherwise", 1) in texts
    assert all(s.alternatives == () for s in sure.transcript)


@pytest.mark.parametrize(
    ("speech", "word", "is_written"), [(0.7, 0.1, False), (0.95, 0.1, True), (0.7, 0.6, True)]
)
def test_what_neither_model_believes_is_not_written(tmp_path, speech, word, is_written):
    def prepare(models):
        models.speech_probability, models.final.word_probability = speech, word

    done = Pass(tmp_path, prepare=prepare)

    assert bool(done.turns) is is_written


@pytest.mark.parametrize("is_level_evened", [True, False])
def test_quiet_recording_is_read_louder_when_the_configuration_says_so(
    tmp_path, monkeypatch, is_level_evened
):
    measured = []

    class Statistics(LevelStatistics):
        @property
        def gain_db(self):
            # The fakes hear numbers in the samples, so nothing may be made louder here.
            measured.append(super().gain_db)
            return 0.0

    monkeypatch.setattr("app.engine.refine.LevelStatistics", Statistics)

    done = Pass(tmp_path, is_level_evened=is_level_evened)

    assert done.turns == [("S1", FIRST), ("S2", SECOND), ("S1", THIRD)]
    assert [gain > 0 for gain in measured] == ([True] if is_level_evened else [])


def test_words_stand_where_they_were_said(tmp_path):
    done = Pass(tmp_path)

    words = [word for segment in done.transcript for word in segment.words]
    assert [w.span for w in words] == [said.span for said in SCRIPT.said]


def test_live_transcript_is_corrected_under_its_ids_and_tracks(tmp_path):
    done = Pass(tmp_path, live=LIVE)

    assert done.turns == [("S4", FIRST), ("S2", SECOND), ("S4", THIRD)]
    assert {s.segment_id for s in done.transcript} >= {"system-0-0", "system-0-1", "system-0-2"}
    assert done.transcript.get(SegmentId("system-9-0")).is_retracted
    assert {s.reason for s in done.transcript if s.segment_id.startswith("system-0-")} == {
        CorrectionReason.REFINE
    }
    assert all(s.revision == 101 for s in done.transcript)


def test_segment_that_the_user_corrected_stays(tmp_path):
    done = Pass(tmp_path, live=LIVE, locked=["system-0-0"])

    assert done.transcript.get(SegmentId("system-0-0")) == LIVE[0]
    assert sum("been over" in text for _, text in done.turns) == 0


def test_every_speech_is_decoded_once_with_full_context(tmp_path):
    done = Pass(tmp_path)

    requests = done.models.final.requests
    assert sum(done.models.final.lengths_s) < len(SCRIPT.samples) / 16_000 + 1
    assert all(r.wants_full_context and r.wants_word_times for r in requests)
    assert {r.beam_size for r in requests} == {5}


def test_language_of_the_first_words_is_that_of_all_that_follow(tmp_path, monkeypatch):
    decode = FakeAsr.transcribe

    def german(asr, samples, request):
        return replace(decode(asr, samples, request), language=request.language or "de")

    monkeypatch.setattr(FakeAsr, "transcribe", german)
    twice = np.concatenate([SCRIPT.samples, SCRIPT.samples])

    done = Pass(tmp_path, samples={SYSTEM: twice}, language="auto")

    assert [request.language for request in done.models.final.requests] == [None, "de"]
    assert {segment.language for segment in done.transcript} == {"de"}


def test_terms_of_the_user_are_put_in(tmp_path):
    plain = " ".join(text for _, text in Pass(tmp_path).turns)
    assert "Virginia" not in plain
    assert " been over " in plain

    done = Pass(tmp_path, vocabulary=(VocabularyTerm(text="Virginia", sounds_like=("been over",)),))

    assert " ".join(text for _, text in done.turns) == plain.replace("been over", "Virginia")


def test_overlap_is_written_as_two_voices_where_that_is_chosen(tmp_path, monkeypatch):
    monkeypatch.setattr("app.pipeline.separate.FADE_S", 0.0)
    # Scripted words are constants, all in one bin, so they look alike.
    monkeypatch.setattr("app.engine.rescue.MAX_BLEND", 1.0)
    crowd = Script.of_turns((0, 0.5, FIRST), (1, 4.0, SECOND), (0, 12.5, THIRD))

    plain = Pass(tmp_path, script=crowd)
    done = Pass(tmp_path, script=crowd, models=ModelChoice(separation="x.pth"))

    assert plain.turns[1] == ("S2", "done more difficult my friend and so it goes")
    # At the borders of turns, which are not exact, the other voice is heard for a moment.
    whole = [(track, text.replace("~ ", "")) for track, text in done.turns]
    assert whole == [("S1", FIRST), ("S2", SECOND), ("S1", THIRD)]
    first, second, third = done.transcript
    assert first.span.overlap(second.span) > 0
    assert [s.has_overlap for s in (first, second, third)] == [True, True, False]


def test_progress_grows_from_finding_to_transcribing(tmp_path):
    done = Pass(tmp_path)

    shares = [share for share, _ in done.progress]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert list(dict.fromkeys(step for _, step in done.progress)) == [
        "finding speakers",
        "transcribing",
        "done",
    ]


def test_models_are_named_first(tmp_path):
    done = Pass(tmp_path)

    assert done.events[0] == SessionStarted(done.models.used())


def test_people_of_two_streams_are_numbered_together(tmp_path):
    is_near = np.zeros(len(SCRIPT.samples), dtype=bool)
    is_near[: to_samples(6.3)] = is_near[to_samples(12.0) :] = True
    mic = np.where(is_near, SCRIPT.samples, np.float32(0))
    system = np.where(is_near, np.float32(0), SCRIPT.samples)

    done = Pass(tmp_path, samples={MIC: mic, SYSTEM: system})

    said = [(s.stream, s.track) for s in done.transcript]
    assert said == [(MIC, "S1"), (SYSTEM, "S2"), (MIC, "S1")]


def test_turns_go_on_under_the_tracks_of_the_live_transcript(tmp_path):
    done = Pass(tmp_path, live=LIVE)

    turns = done.transcript.turns
    assert [turn.track for turn in turns] == ["S4", "S2", "S4"]
    for turn, said in zip(turns, LIVE[:3], strict=True):
        assert turn.span.overlap(said.span) > 0.9 * max(turn.span.length, said.span.length)
    assert done.events[-1].patch.turns_revision == 101


def test_people_who_talk_at_once_are_reported(tmp_path):
    samples = SCRIPT.samples.copy()
    start, end = to_samples(12.5), to_samples(14.6)
    word_of_the_second = len(FIRST.split()) + 1
    samples[start:end] += np.float32(SECOND_VOICE * word_of_the_second / SCALE)

    done = Pass(tmp_path, samples={SYSTEM: samples})

    (overlap,) = done.transcript.overlaps
    assert overlap.tracks == ("S1", "S2")
    assert overlap.span.start_s == pytest.approx(12.5, abs=0.3)


def test_pass_cancelled_early_changes_nothing(tmp_path):
    done = Pass(tmp_path, live=LIVE, cancel_at=0.1)

    assert done.is_cancelled
    assert tuple(done.transcript) == LIVE
    assert done.transcript.turns == ()


def test_pass_cancelled_later_keeps_what_it_had_done(tmp_path):
    twice = np.concatenate([SCRIPT.samples, SCRIPT.samples])

    done = Pass(tmp_path, samples={SYSTEM: twice}, cancel_at=0.5)

    assert done.is_cancelled
    assert done.turns[:2] == [("S1", FIRST), ("S2", SECOND)]
    assert 0 < done.transcript.processed_until[SYSTEM] < len(twice)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(80_000)], ids=["empty", "silent"])
def test_recording_without_speech_gives_nothing(tmp_path, samples):
    done = Pass(tmp_path, live=LIVE, samples={SYSTEM: samples.astype(np.float32)})

    assert list(done.transcript) == []
    assert done.models.final.requests == []
    assert done.progress[-1] == (1.0, "done")


def without_canceller(job, views, cancel):
    """Finds no leak."""
    return views, None


@pytest.mark.parametrize(("is_echo_handled", "left"), [(True, ""), (False, SCRIPT.text)])
def test_what_the_microphone_repeats_is_taken_back(tmp_path, monkeypatch, is_echo_handled, left):
    monkeypatch.setattr("app.engine.refine.without_echo", without_canceller)
    streams = {MIC: SCRIPT.samples, SYSTEM: SCRIPT.samples}

    done = Pass(tmp_path, samples=streams, is_echo_handled=is_echo_handled)

    text = {
        stream: " ".join(w.text for s in done.transcript if s.stream is stream for w in s.words)
        for stream in streams
    }
    assert text == {MIC: left, SYSTEM: SCRIPT.text}
    told = [event.notice.kind for event in done.events if isinstance(event, Told)]
    assert told == ([NoticeKind.ECHO] if is_echo_handled else [])


def test_final_pass_hears_the_cleaned_microphone(tmp_path, monkeypatch):
    def silent_microphone(job, views, cancel):
        empty = write_spool(tmp_path / "clean.s16", np.zeros_like(SCRIPT.samples))
        return {**views, MIC: SpoolView(empty)}, Leak(delay_s=0.1, level_db=-9.6)

    monkeypatch.setattr("app.engine.refine.without_echo", silent_microphone)

    done = Pass(tmp_path, samples={MIC: SCRIPT.samples, SYSTEM: SCRIPT.samples})

    assert {s.stream for s in done.transcript} == {SYSTEM}
    assert [e.notice.text for e in done.events if isinstance(e, Told)] == [
        "Remote voices leak into the microphone at \N{MINUS SIGN}10 dB; they are written once."
    ]


def test_a_part_is_decoded_again_and_everything_else_stays(tmp_path):
    turns = (
        SpeakerTurn(stream=SYSTEM, span=Span.from_seconds(0, 6.3), track=TrackId("S9")),
        SpeakerTurn(stream=SYSTEM, span=Span.from_seconds(6.3, 30), track=TrackId("S2")),
    )
    part = Span.from_seconds(0.0, 6.3)

    done = Pass(tmp_path, live=LIVE, part=part, turns={SYSTEM: turns})

    assert done.transcript.get(SegmentId("system-0-0")).track == "S9"
    assert done.turns[0] == ("S9", FIRST)
    for untouched in LIVE[1:]:
        assert done.transcript.get(untouched.segment_id) == untouched
    words = done.transcript.get(SegmentId("system-0-0")).words
    assert [w.span for w in words] == [said.span for said in SCRIPT.said][: len(words)]
    patches = [event.patch for event in done.events if isinstance(event, Patched)]
    assert all(not p.turns and not p.overlaps and not p.processed_until for p in patches)
    assert done.progress[0][1] == "transcribing"


def test_a_part_in_the_middle_keeps_its_times_and_corrected_lines(tmp_path):
    turn = SpeakerTurn(stream=SYSTEM, span=Span.from_seconds(0, 30), track=TrackId("S2"))
    live = tuple(replace(s, words=s.words[:3]) if s is LIVE[1] else s for s in LIVE)
    part = Span.from_seconds(6.3, 12.2)

    done = Pass(tmp_path, live=live, part=part, turns={SYSTEM: (turn,)})
    kept = Pass(tmp_path, live=live, part=part, turns={SYSTEM: (turn,)}, locked=["system-0-1"])

    segment = done.transcript.get(SegmentId("system-0-1"))
    assert " ".join(word.text for word in segment.words) == SECOND
    assert segment.words[0].span.start_s == pytest.approx(6.6, abs=0.05)
    assert done.transcript.get(SegmentId("system-9-0")) == LIVE[3]
    assert kept.transcript.get(SegmentId("system-0-1")) == live[1]


# --- two people at once in a part ---

CROWD = Script.of_turns((0, 1.0, FIRST), (1, 4.7, SECOND), (0, 12.5, THIRD))
CROWD_LIVE = (
    live_segment("system-0-0", 1.0, FIRST, "S9"),
    live_segment("system-0-1", 6.6, " ".join(SECOND.split()[5:]), "S2"),
    live_segment("system-0-2", 12.5, THIRD, "S9"),
)
CROWD_TURNS = (
    SpeakerTurn(stream=SYSTEM, span=Span.from_seconds(1.0, 6.25), track=TrackId("S9")),
    SpeakerTurn(stream=SYSTEM, span=Span.from_seconds(4.7, 9.25), track=TrackId("S2")),
    SpeakerTurn(stream=SYSTEM, span=Span.from_seconds(12.5, 16.0), track=TrackId("S9")),
)
CROWD_PART = Span.from_seconds(0.5, 10.0)


def heard_again(tmp_path, separation, *, turns=CROWD_TURNS, **changes):
    return Pass(
        tmp_path,
        script=CROWD,
        live=CROWD_LIVE,
        part=CROWD_PART,
        turns={SYSTEM: turns},
        models=ModelChoice(separation=separation),
        **changes,
    )


@pytest.fixture
def scripted_sources(monkeypatch):
    """Scripted samples are codes: faded they say nothing, and all their energy is in one bin."""
    monkeypatch.setattr("app.pipeline.separate.FADE_S", 0.0)
    monkeypatch.setattr("app.engine.rescue.MAX_BLEND", 1.0)


def test_both_voices_of_a_part_that_is_heard_again_are_written(tmp_path, scripted_sources):
    plain = heard_again(tmp_path, None)
    rescued = heard_again(tmp_path, "two-voices")

    assert "~" in " ".join(text for _, text in plain.turns)
    assert rescued.turns[:2] == [("S9", FIRST), ("S2", SECOND)]
    assert rescued.transcript.get(SegmentId("system-0-2")) == CROWD_LIVE[2]
    first, second = list(rescued.transcript)[:2]
    assert first.has_overlap
    assert second.has_overlap
    assert first.span.overlap(second.span)


def test_corrected_line_of_a_part_that_is_heard_again_stays(tmp_path, scripted_sources):
    kept = heard_again(tmp_path, "two-voices", locked=["system-0-1"])

    assert kept.transcript.get(SegmentId("system-0-1")) == CROWD_LIVE[1]


def test_voices_of_a_part_are_learned_in_the_whole_recording(tmp_path, monkeypatch):
    """The views of a part end with it."""
    lengths = []

    def learn(samples):
        lengths.append(len(samples))

    monkeypatch.setattr("app.engine.rescue.exemplars.learn", learn)
    whole = SpoolView.__init__

    def cut(view, path, sample_count=None):
        whole(view, path, None if sample_count is None else CROWD_PART.end)

    monkeypatch.setattr(SpoolView, "__init__", cut)

    heard_again(tmp_path, "auto")

    assert lengths == [to_samples(3.0), to_samples(3.7 + 3.5)]


def test_nothing_more_is_loaded_for_a_part_where_nobody_talks_at_once(tmp_path):
    def prepare(models):
        models.embedding = None

    done = heard_again(tmp_path, "two-voices", turns=CROWD_TURNS[::2], prepare=prepare)

    assert done.models.apart.lengths == []
    assert done.transcript.get(SegmentId("system-0-2")) == CROWD_LIVE[2]
