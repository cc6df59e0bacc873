from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from app.bench.load import Load
from app.bench.pipeline import (
    draw_pipeline,
    loop_sets,
    measure_pipeline,
    memory_slope,
    stage_names,
    stage_record,
)
from app.bench.play import Setup, play
from app.bench.sets import find_sets
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.messages import StageHealth
from app.domain.units import SESSION_RATE_HZ
from tests.fakes.engine import HEALTH, MODELS
from tests.fakes.program import FakeProgram, patch, segment
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit
SLOWER = replace(
    HEALTH,
    lag_s=2.0,
    stages=(StageHealth(stage="transcribe", queue_s=0.3, real_time_factor=0.6),),
)


@pytest.fixture
def sets(tmp_path):
    write_set(tmp_path / "sets" / "one", "a b")
    write_set(tmp_path / "sets" / "two", "a b c")
    return find_sets([tmp_path / "sets"])


@pytest.fixture
def take(tmp_path, sets):
    program = FakeProgram(tmp_path)
    program.engine.live = [MODELS, HEALTH, SLOWER, patch(segment("a", "hello there"))]
    inputs = loop_sets(sets, tmp_path / "looped", seconds=5.0)
    return inputs, play(program.context, inputs, Setup(), cancel=threading.Event())


def samples_of(path):
    samples, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == SESSION_RATE_HZ
    return samples


def test_sets_follow_each_other_until_the_time_is_up(tmp_path, sets):
    paths = loop_sets(sets, tmp_path / "out", seconds=6.5)

    pieces = [samples_of(s.streams[StreamId.MIX]) for s in (sets[0], sets[1], sets[0])]
    assert np.array_equal(samples_of(paths[StreamId.MIX]), np.concatenate(pieces)[:104_000])


def test_the_shorter_stream_is_filled_up_so_that_both_stay_together(tmp_path):
    folder = write_set(tmp_path / "duo", "a b", streams=(StreamId.MIC, StreamId.SYSTEM))
    soundfile.write(folder / "mic.wav", np.full(8000, 0.5), SESSION_RATE_HZ)

    paths = loop_sets(find_sets([folder]), tmp_path / "out", seconds=4.0)

    mic, system = samples_of(paths[StreamId.MIC]), samples_of(paths[StreamId.SYSTEM])
    assert len(mic) == len(system) == 64_000
    assert mic[:8000] == pytest.approx(0.5, abs=1e-3)
    assert not mic[8000:32_000].any()
    assert mic[32_000:40_000] == pytest.approx(0.5, abs=1e-3)


def test_another_rate_is_refused(tmp_path):
    folder = write_set(tmp_path / "one")
    soundfile.write(folder / "mix.wav", np.zeros(100), 8000)

    with pytest.raises(KnownError, match="8000 Hz and 1 channels"):
        loop_sets(find_sets([folder]), tmp_path / "out", seconds=1.0)


def test_lost_samples_are_the_difference_between_file_and_disk(take):
    inputs, played = take
    result = measure_pipeline(played, Setup(), inputs)
    stored = dict(result.stored_samples)

    short = replace(result, stored_samples={StreamId.MIX: result.fed_samples[StreamId.MIX] - 7})

    assert stored.keys() == {StreamId.MIX}
    assert short.lost_samples == 7
    assert [t.name for t in short.targets if t.is_missed] == ["lost samples", "lag"]


def test_stages_report_their_backlog_and_cost(take):
    _, played = take

    assert stage_names(played) == ("transcribe",)
    record = stage_record(played, "transcribe", is_timed=True)
    assert record["rtf"] == 0.6
    assert record["queue_s"]["p50"] == pytest.approx(0.2)
    assert record["queue_s"]["maximum"] == pytest.approx(0.3)
    assert stage_record(played, "transcribe", is_timed=False)["queue_s"] is None


def test_the_slope_is_in_megabytes_per_hour_of_audio_behind_the_warm_up(take):
    _, played = take
    meeting = replace(played.transcript.meeting, duration_s=7200.0)
    steady = [(float(t), 500.0 + 10 * t / 1800) for t in range(720, 3600, 10)]
    series = ((0.0, 100.0), (300.0, 400.0), *steady)
    long = replace(
        played,
        transcript=replace(played.transcript, meeting=meeting),
        load=Load(wall_s=3600.0, series=series),
    )

    assert memory_slope(long) == pytest.approx(10.0)
    assert memory_slope(played) is None


def test_the_record_and_the_figure_hold_the_run(take, tmp_path):
    inputs, played = take
    result = measure_pipeline(played, Setup(), inputs)

    record = result.record()
    draw_pipeline(result, tmp_path / "out.png")

    assert record["audio_s"] == 5.0
    assert record["lag_s"]["maximum"] == 2.0
    assert record["segments"] == 1
    assert (tmp_path / "out.png").stat().st_size > 1000
    fast = replace(result, setup=Setup(is_realtime=False))
    assert fast.record()["lag_s"] is None
    assert "lag" not in [target.name for target in fast.targets]
