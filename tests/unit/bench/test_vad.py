from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from app.bench.noises import generated_noises
from app.bench.sets import ReferenceWord, find_sets
from app.bench.vad import (
    MAX_WORD_S,
    SILENCE_MARGIN_S,
    VadCounts,
    VadResult,
    audible_words,
    compare,
    draw_vad,
    run_vad,
    utterance_ends,
    utterance_starts,
)
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.ports import SpeechAnalysis
from app.domain.units import SESSION_RATE_HZ, Span
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit
HOP = 512


def word(start_s: float, end_s: float) -> ReferenceWord:
    return ReferenceWord(text="w", start_s=start_s, end_s=end_s, speaker="x", stream=StreamId.MIX)


def analysis(probabilities, *spans, closed_after_s=0.5, hangover_s=0.5) -> SpeechAnalysis:
    made = tuple(Span.from_seconds(*span) for span in spans)
    return SpeechAnalysis(
        probabilities=np.asarray(probabilities, dtype=np.float32),
        hop_samples=HOP,
        threshold=0.5,
        spans=made,
        closed_at=tuple(span.end + round(closed_after_s * SESSION_RATE_HZ) for span in made),
        hangover_s=hangover_s,
    )


class LevelFinder:
    """Finds whatever is loud."""

    def analyse(self, samples):
        hops = len(samples) // HOP
        loud = [np.abs(samples[i * HOP : (i + 1) * HOP]).max() > 0.02 for i in range(hops)]
        return analysis(np.asarray(loud, dtype=np.float32), (0.0, len(samples) / SESSION_RATE_HZ))


@pytest.mark.parametrize("seed", range(10))
def test_hops_are_counted_as_the_slow_twin_does(seed):
    dice = random.Random(seed)
    words, at_s = [], 0.3
    while at_s < 8.0:
        end_s = at_s + dice.uniform(0.1, 1.3)
        words.append(word(round(at_s, 3), round(end_s, 3)))
        at_s = end_s + dice.uniform(0.0, 1.5)
    hops = 10 * SESSION_RATE_HZ // HOP
    probabilities = [dice.random() for _ in range(hops)]

    found = compare(analysis(probabilities), words, 10 * SESSION_RATE_HZ)

    speech = hit = silence = false = 0
    for i, p in enumerate(probabilities):
        t = (i * HOP + HOP // 2) / SESSION_RATE_HZ
        if any(w.start_s <= t < w.end_s and w.end_s - w.start_s <= MAX_WORD_S for w in words):
            speech += 1
            hit += p >= 0.5
        margin = SILENCE_MARGIN_S
        if not any(w.start_s - margin <= t < w.end_s + margin for w in words):
            silence += 1
            false += p >= 0.5
    assert (found.speech, found.found, found.silence, found.false) == (speech, hit, silence, false)


def test_utterances_begin_and_end_at_pauses():
    words = [word(1.0, 1.5), word(1.6, 2.0), word(3.5, 4.0), word(4.2, 4.6)]

    assert [w.start_s for w in utterance_starts(words)] == [1.0, 3.5]
    assert [w.end_s for w in utterance_ends(words)] == [2.0]


def test_another_voice_that_goes_on_is_no_pause():
    words = [word(1.0, 1.9), word(1.2, 1.4), word(2.6, 3.0)]

    assert [w.start_s for w in utterance_starts(words)] == [1.0]
    assert utterance_ends(words) == []


@pytest.mark.parametrize(("start_s", "clipped"), [(0.9, 0), (1.05, 0), (1.3, 1)])
def test_an_onset_is_clipped_when_the_gate_opens_late(start_s, clipped):
    found = compare(analysis([0.0], (start_s, 3.0)), [word(1.0, 1.5)], 64_000)

    assert (found.onsets, found.clipped) == (1, clipped)


def test_what_leaks_from_another_stream_is_neither_silence_nor_a_pause():
    words = [word(1.0, 1.5), word(6.0, 6.5)]
    leak = replace(word(1.4, 5.9), stream=StreamId.SYSTEM)
    heard = analysis([1.0] * (8 * SESSION_RATE_HZ // HOP), (0.7, 5.0))

    alone = compare(heard, words, 8 * SESSION_RATE_HZ)
    leaking = compare(heard, words, 8 * SESSION_RATE_HZ, elsewhere=[leak])

    assert alone.false - leaking.false == pytest.approx(4.0 * SESSION_RATE_HZ / HOP, abs=15)
    assert (alone.onsets, len(alone.endpoints_s)) == (2, 1)
    assert (leaking.onsets, len(leaking.endpoints_s)) == (1, 0)


def test_a_missed_onset_is_clipped():
    assert compare(analysis([0.0]), [word(1.0, 1.5)], 64_000).clipped == 1


def test_the_endpoint_is_measured_from_the_word_without_the_hangover():
    words = [word(1.0, 1.5), word(4.0, 4.5)]

    found = compare(analysis([0.0], (0.7, 1.75), closed_after_s=0.35), words, 96_000)

    assert found.endpoints_s == pytest.approx((0.1,))


def test_words_lose_the_quiet_at_their_edges():
    samples = np.zeros(2 * SESSION_RATE_HZ, dtype=np.float32)
    samples[8000:12_000] = 0.5
    samples[:8000] = 0.001

    (found,) = audible_words([word(0.1, 1.5)], samples)

    assert (found.start_s, found.end_s) == pytest.approx((0.5, 0.75))
    assert audible_words([word(3.0, 3.5)], samples) == [word(3.0, 3.5)]


def test_each_level_of_noise_is_measured(tmp_path):
    folder = write_set(tmp_path / "one", "a b", duration_s=4.0)
    samples, rate_hz = soundfile.read(folder / "mix.wav")
    samples[32_000:] = 0.0
    soundfile.write(folder / "mix.wav", samples, rate_hz)

    result = run_vad(
        find_sets([folder]), generated_noises(seconds=1.0), LevelFinder(), snrs_db=(60.0, 0.0)
    )

    clean, quiet, loud = (result.counts[level] for level in (None, 60.0, 0.0))
    assert clean.tpr == quiet.tpr == 100.0
    assert clean.fpr == quiet.fpr == 0.0
    assert loud.fpr is not None
    assert loud.fpr > 50
    assert result.record()["levels"]["0 dB"]["fpr"] == pytest.approx(loud.fpr, abs=1e-3)


def test_sets_without_word_times_are_refused(tmp_path):
    folder = write_set(tmp_path / "one", word_times="")

    with pytest.raises(KnownError, match="word times"):
        run_vad(find_sets([folder]), (), LevelFinder())


@pytest.mark.parametrize(
    ("counts", "name"),
    [
        (VadCounts(speech=100, found=94), "missed, 5 dB"),
        (VadCounts(silence=100, false=6), "false, 5 dB"),
        (VadCounts(onsets=50, clipped=1), "clipped onsets, 5 dB"),
        (VadCounts(endpoints_s=(0.2,)), "endpoint p50 behind the hangover, 5 dB"),
    ],
)
def test_each_promise_can_be_missed_and_none_holds_at_0_db(counts, name):
    result = VadResult(counts={5.0: counts, 0.0: counts})

    assert [target.name for target in result.targets if target.is_missed] == [name]


def test_counts_add_up():
    one = VadCounts(speech=1, found=1, silence=2, false=1, onsets=1, clipped=1, endpoints_s=(1.0,))

    total = one + one

    assert (total.tpr, total.fpr, total.clipped_share) == (100.0, 50.0, 100.0)
    assert total.endpoints_s == (1.0, 1.0)
    assert (VadCounts().tpr, VadCounts().fpr, VadCounts().clipped_share) == (None, None, None)


@pytest.mark.parametrize("levels", [(None,), (None, 10.0, 0.0)])
def test_the_figure_is_drawn(tmp_path, levels):
    draw_vad(VadResult(counts=dict.fromkeys(levels, VadCounts())), tmp_path / "out.png")

    assert (tmp_path / "out.png").stat().st_size > 1000
