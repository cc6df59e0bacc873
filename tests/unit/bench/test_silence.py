from __future__ import annotations

import threading

import numpy as np
import pytest
import soundfile

from app.bench.noises import Noise
from app.bench.play import Setup, play
from app.bench.silence import measure_silence, write_noises
from app.domain.ids import StreamId
from app.domain.units import Span
from tests.fakes.audio import tone
from tests.fakes.engine import MODELS
from tests.fakes.program import FakeProgram, patch, segment

pytestmark = pytest.mark.unit
NOISES = (Noise(name="rain", samples=tone(1.0)), Noise(name="wind", samples=tone(2.0, 0.2)))


def test_noises_fill_the_time_with_pauses_between(tmp_path):
    placed = write_noises(NOISES, tmp_path / "new" / "mix.wav", seconds=10.0)

    samples, _ = soundfile.read(tmp_path / "new" / "mix.wav")
    assert len(samples) == 160_000
    assert placed[0].span.start == 0
    assert placed[-1].span.end == 160_000
    for noise in placed[:-1]:
        length = 24_000 if noise.name == "rain" else 40_000
        assert noise.span.length == length
        assert not samples[noise.span.end - 8000 : noise.span.end].any()
        assert np.any(samples[noise.span.start : noise.span.end])


def test_noises_come_again_at_other_levels(tmp_path):
    path = tmp_path / "mix.wav"

    placed = write_noises(NOISES[:1], path, seconds=6.0)

    samples, _ = soundfile.read(path)
    peaks = [np.abs(samples[noise.span.start : noise.span.end]).max() for noise in placed]
    assert len(set(peaks)) == len(peaks) == 4
    assert peaks[0] == pytest.approx(np.abs(NOISES[0].samples).max(), abs=1e-3)


def test_words_are_blamed_on_the_noise_they_stand_in(tmp_path):
    program = FakeProgram(tmp_path)
    program.engine.live = [
        MODELS,
        patch(segment("a", "thank you very much", is_final=False)),
        patch(segment("a", "thank you", revision=2, start_s=0.2, end_s=1.0)),
        patch(segment("b", "bye", start_s=90.0, is_final=False)),
    ]
    path = tmp_path / "mix.wav"
    placed = write_noises(NOISES[:1], path, seconds=2.0)
    setup = Setup(is_realtime=False)
    take = play(program.context, {StreamId.MIX: path}, setup, cancel=threading.Event())

    found = measure_silence(take, setup, placed)

    assert found.by_noise == {"rain": 2}
    assert (found.words, found.shown_words) == (2, 5)
    assert [target.name for target in found.targets if target.is_missed] == ["words", "words shown"]
    assert found.record()["ok"] is False
    assert placed[0].span == Span(0, 24_000)
