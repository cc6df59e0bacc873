from __future__ import annotations

import numpy as np
import pytest
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

from app.bench.sets import find_sets
from app.bench.turns import Talk, TurnScore, read_talks, score_turns
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit


def talk(voice, start_s, end_s):
    return Talk(voice=voice, start_s=start_s, end_s=end_s)


def test_a_perfect_answer_has_no_error_whatever_the_voices_are_called():
    score = score_turns(
        [talk("ada", 0, 2), talk("bob", 1, 3)], [talk("S2", 0, 2), talk("S1", 1, 3)]
    )

    assert score.der == 0.0
    assert score.speech_s == 4.0
    assert (score.right_counts, score.near_counts) == (1, 1)


def test_each_kind_of_error_is_told_apart():
    reference = [talk("ada", 0, 4), talk("bob", 4, 8), talk("bob", 9, 10)]
    found = [talk("S1", 0, 5), talk("S2", 5, 8), talk("S2", 8.5, 9)]

    score = score_turns(reference, found)

    assert (score.miss_s, score.false_s, score.confusion_s) == (1.0, 0.5, 1.0)
    assert score.der == pytest.approx(100 * 2.5 / 9)


def test_nothing_found_misses_everything_and_silence_has_no_rate():
    assert score_turns([talk("ada", 0, 2)], []).der == 100.0
    assert score_turns([], [talk("S1", 0, 2)]).der is None
    assert TurnScore().der is None


def test_scores_of_recordings_add_up():
    one = score_turns([talk("ada", 0, 2)], [talk("S1", 0, 1)])
    other = score_turns([talk("ada", 0, 2)], [talk("S1", 0, 2), talk("S2", 0, 2), talk("S3", 0, 1)])

    total = one + other

    assert total.der == pytest.approx(100 * (1 + 3) / 4)
    assert (total.files, total.right_counts, total.near_counts) == (2, 1, 1)


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_pyannote_metrics(seed):
    random = np.random.default_rng(seed)

    def turns(names):
        starts = random.uniform(0, 50, 12)
        return [talk(random.choice(names), s, s + random.uniform(0.2, 6)) for s in starts]

    def annotation(talks):
        made = Annotation()
        for i, t in enumerate(talks):
            made[Segment(t.start_s, t.end_s), i] = t.voice
        return made.support()

    reference, found = turns(["a", "b", "c"]), turns(["S1", "S2", "S3", "S4"])
    parts = DiarizationErrorRate()(
        annotation(reference),
        annotation(found),
        uem=Timeline([Segment(0, 60)]),
        detailed=True,
    )

    score = score_turns(reference, found)

    assert score.speech_s == pytest.approx(parts["total"], abs=1e-3)
    assert score.miss_s == pytest.approx(parts["missed detection"], abs=1e-3)
    assert score.false_s == pytest.approx(parts["false alarm"], abs=1e-3)
    assert score.confusion_s == pytest.approx(parts["confusion"], abs=1e-3)


def test_the_reference_is_the_rttm_or_else_the_words(tmp_path):
    write_set(tmp_path / "one")
    (reference,) = find_sets([tmp_path])

    from_words = read_talks(reference)
    (tmp_path / "one" / "ref.rttm").write_text(
        "SPEAKER one 1 0.250 1.500 <NA> <NA> ada <NA> <NA>\nSPKR-INFO x\n"
    )

    assert from_words == (talk("x", 0.0, 2.0),)
    assert read_talks(reference) == (talk("ada", 0.25, 1.75),)


def test_an_unknown_voice_is_confused_and_never_counted_as_somebody():
    reference = [talk("ada", 0, 3), talk("bob", 3, 4)]
    found = [talk(None, 0, 3), talk("S1", 3, 4), talk(None, 5, 6)]

    score = score_turns(reference, found)

    assert (score.miss_s, score.false_s, score.confusion_s) == (0.0, 1.0, 3.0)
    assert (score.right_counts, score.near_counts) == (0, 1)
