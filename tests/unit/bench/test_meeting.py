from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import soundfile

from app.bench.labels import Labels
from app.bench.meeting import (
    MeetingFigures,
    MeetingResult,
    VoiceFigures,
    follow_set,
    measure_trail,
    run_meeting,
)
from app.bench.play import Setup, play
from app.bench.scoring import WordScore
from app.bench.sets import find_sets
from app.bench.turns import Talk, TurnScore
from app.domain.ids import StreamId, TrackId
from app.domain.messages import SpeakerTurn, TranscriptPatch
from app.domain.ports import VoiceTrail
from app.domain.units import Span
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import FakeProgram, patch, segment
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


def turn(track, start_s, end_s):
    return SpeakerTurn(
        stream=StreamId.MIX,
        span=Span.from_seconds(start_s, end_s),
        track=None if track is None else TrackId(track),
    )


class ScriptedFollower:
    """Hears one voice all the time; without the prior it is two."""

    def __init__(self):
        self.heard = []

    def follow(self, streams, *, label_delay_s, has_continuity, is_echo_handled):
        self.heard.append({stream: len(samples) for stream, samples in streams.items()})
        second = "S1" if has_continuity else "S2"
        turns = (turn("S1", 0, 1), turn(second, 1, 2))
        return VoiceTrail(shown=turns, settled=turns)


@pytest.fixture
def program(tmp_path):
    made = FakeProgram(tmp_path)
    made.engine.live = [
        MODELS,
        patch(segment("a", "hello where", is_final=False)),
        HEALTH,
        patch(segment("a", "hello there", revision=2)),
    ]
    made.engine.final = [
        patch(segment("a", "hello there", revision=2)),
        TranscriptPatch(turns={StreamId.MIX: (turn("S1", 0, 2),)}, turns_revision=1),
    ]
    return made


@pytest.fixture
def sets(tmp_path):
    write_set(tmp_path / "sets" / "one")
    return find_sets([tmp_path / "sets"])


def test_a_meeting_is_measured_live_and_after_it(program, sets):
    follower = ScriptedFollower()

    def player_of(setup):
        return lambda reference: play(
            program.context, reference.streams, setup, cancel=threading.Event()
        )

    result = run_meeting(sets, Setup(), player_of, follower, has_ablations=True)

    record = result.record()["sets"]["one"]
    assert (record["live_wer"], record["live_cpwer"], record["final_cpwer"]) == (0.0, 0.0, 0.0)
    assert record["online"]["der"] == record["final"]["der"] == 0.0
    assert record["without"]["continuity"]["online"]["confusion"] == 50.0
    assert record["final"]["right_counts"] == 1
    assert record["words_relabelled"] == 0.0
    assert follower.heard == [{StreamId.MIX: 32_000}] * 2


def test_labels_that_change_or_name_nobody_are_counted():
    shown = (turn(None, 0, 1), turn("S1", 1, 2), turn("S2", 2, 4))
    settled = (turn("S1", 0, 1), turn("S1", 1, 2), turn("S1", 2, 4))

    figures = measure_trail(
        VoiceTrail(shown=shown, settled=settled), [Talk(voice="x", start_s=0, end_s=4)]
    )

    assert (figures.labelled_s, figures.changed_s, figures.unknown_s) == (4.0, 2.0, 1.0)
    assert (figures.shown.der, figures.settled.der) == (50.0, 0.0)
    assert figures.record()["time_relabelled"] == 50.0


def test_a_recording_at_another_rate_is_refused(tmp_path):
    folder = write_set(tmp_path / "sets" / "one")
    soundfile.write(folder / "mix.wav", [0.0] * 800, 8_000)
    (reference,) = find_sets([tmp_path / "sets"])

    with pytest.raises(ValueError, match="8000 Hz"):
        follow_set(ScriptedFollower(), reference)


GOOD = MeetingFigures(
    voices=VoiceFigures(shown=TurnScore(speech_s=100, confusion_s=4)),
    live_words=WordScore(words=100, errors=10, cp_errors=17),
    labels=Labels(delays_s=(0.4, 0.8), words=100, changed=4),
    final_words=WordScore(words=100, errors=10, cp_errors=13),
    final=TurnScore(speech_s=100, files=5, right_counts=4, near_counts=5),
    audio_s=100.0,
    final_wall_s=30.0,
)


def missed(figures):
    result = MeetingResult(setup=Setup(), sets={"one": figures})
    return [target.name for target in result.targets if target.is_missed]


def test_good_figures_keep_every_target():
    assert missed(GOOD) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (
            {"voices": VoiceFigures(shown=TurnScore(speech_s=100, confusion_s=6))},
            "online confusion",
        ),
        ({"final": TurnScore(speech_s=100, files=5, right_counts=3)}, "speaker counts wrong"),
        (
            {"live_words": WordScore(words=100, errors=10, cp_errors=19)},
            "live cpWER above WER",
        ),
        (
            {"final_words": WordScore(words=100, errors=10, cp_errors=15)},
            "final cpWER above WER",
        ),
        ({"labels": Labels(words=100, changed=6)}, "words re-labelled"),
        ({"labels": Labels(delays_s=(1.2, 1.3), words=100)}, "label delay p95"),
        ({"final_wall_s": 40.0}, "final pass"),
    ],
)
def test_each_promise_can_be_missed(change, name):
    assert missed(replace(GOOD, **change)) == [name]


def test_figures_of_recordings_add_up():
    total = GOOD + replace(GOOD, without={"continuity": GOOD.voices}, peak_mb=7.0)

    assert total.audio_s == 200.0
    assert total.voices.shown.speech_s == 200
    assert total.without["continuity"].shown.speech_s == 100
    assert total.peak_mb == 7.0
    assert total.record(is_timed=False)["label_delay_p95_s"] is None
