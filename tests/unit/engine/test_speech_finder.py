from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from app.domain.units import SESSION_RATE_HZ
from app.engine.speech_finder import EngineSpeechFinder
from app.pipeline.vad_gate import GateParameters
from tests.fakes.audio import tone

pytestmark = pytest.mark.unit
PARAMETERS = GateParameters(pre_roll_s=0.3, hangover_s=0.5, tail_s=0.25)


class LevelVad:
    HOP_SAMPLES: ClassVar[int] = 512

    def __init__(self):
        self.resets = 0

    def probability(self, hop):
        return float(np.abs(hop).max() > 0.01)

    def reset(self):
        self.resets += 1


def quiet(seconds):
    return np.zeros(int(seconds * SESSION_RATE_HZ), dtype=np.float32)


def test_spans_hold_pre_roll_and_tail_and_close_after_the_hangover():
    samples = np.concatenate([quiet(1.0), tone(1.0), quiet(2.0)])

    found = EngineSpeechFinder(LevelVad(), PARAMETERS).analyse(samples)

    (span,) = found.spans
    assert span.start_s == pytest.approx(0.7, abs=0.04)
    assert span.end_s == pytest.approx(2.25, abs=0.04)
    assert found.closed_at[0] / SESSION_RATE_HZ == pytest.approx(2.5, abs=0.07)
    assert len(found.probabilities) == len(samples) / 512
    assert (found.threshold, found.hangover_s) == (0.5, 0.5)


def test_speech_up_to_the_end_closes_there():
    samples = np.concatenate([quiet(1.0), tone(1.01)])

    found = EngineSpeechFinder(LevelVad(), PARAMETERS).analyse(samples)

    assert found.spans[0].end == len(samples)
    assert found.closed_at == (len(samples),)


def test_each_recording_starts_afresh():
    vad = LevelVad()
    finder = EngineSpeechFinder(vad)

    first, second = finder.analyse(tone(1.0)), finder.analyse(tone(1.0))

    assert vad.resets == 2
    assert first.spans == second.spans
