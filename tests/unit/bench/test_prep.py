"""Figures of the stages between a device and the models; the stages here are known ones."""

import json
from dataclasses import replace

import numpy as np
import pytest

from app.bench import prep
from app.bench.prep import (
    Clipping,
    Drift,
    Evened,
    Preparation,
    PrepResult,
    QuietWords,
    Resampled,
    draw_prep,
    measure_clipping,
    measure_drift,
    measure_evening,
    measure_resampler,
    run_prep,
    speechlike,
)
from app.bench.scoring import WordScore

pytestmark = pytest.mark.unit

GOAL_DBFS = -40.0


def resampled(samples, rate_hz, _block):
    """By leaving out samples: what folds back is as loud as it was."""
    return samples[:: rate_hz // 16_000]


def told(frames):
    share = float(np.mean(np.abs(frames[:160_000]).max(axis=1) >= 0.99))
    return (share,) if share > 0.001 else ()


def offsets(ppm, seconds):
    """A clock that nobody corrects."""
    at_s = np.arange(30.0, seconds, 30.0)
    return at_s, at_s * ppm * 1e-6


@pytest.fixture
def parts():
    return Preparation(
        resample=resampled,
        even=lambda samples, block: samples * np.float32(10**0.5),
        goal_dbfs=GOAL_DBFS,
        find_clipping=told,
        offsets=offsets,
    )


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(prep, "_PAUSE_S", 10.0)
    monkeypatch.setattr(prep, "_VOICES", 2)


def test_what_folds_back_into_the_band_is_measured(parts):
    row = measure_resampler(parts, 48_000)

    assert row.alias_db == pytest.approx(0.0, abs=0.1)
    assert row.ripple_db == pytest.approx(0.0, abs=0.01)
    assert row.steps == 0
    assert max(row.hz) == pytest.approx(7_200)


def test_gain_and_blocks_of_a_resampler_are_measured(parts):
    def uneven(samples, rate_hz, block):
        gain = 0.9 if block == len(samples) else 0.8
        return np.float32(gain) * samples

    row = measure_resampler(replace(parts, resample=uneven), 16_000)

    assert row.ripple_db == pytest.approx(-20 * np.log10(0.9), abs=1e-3)
    assert row.alias_db is None
    assert row.steps > 1_000


def test_resampler_that_gives_another_length_in_blocks_never_passes(parts):
    def shorter(samples, rate_hz, block):
        return samples if block == len(samples) else samples[:-block]

    assert measure_resampler(replace(parts, resample=shorter), 16_000).steps == float("inf")


def test_images_of_a_low_rate_are_measured(parts):
    held = replace(parts, resample=lambda samples, rate_hz, block: np.repeat(samples, 2))

    row = measure_resampler(held, 8_000)

    # Holding a sample leaves an image at 2 kHz of -4.5 dB at the edge, and bends the band.
    assert row.alias_db > -10
    assert row.ripple_db > 0.5


def test_speechlike_sound_has_the_level_asked_for():
    sound = speechlike(20.0, -50.0)

    levels = 10 * np.log10(np.mean(sound.reshape(-1, 1_600).astype(float) ** 2, axis=1))
    assert np.quantile(levels, 0.95) == pytest.approx(-50.0, abs=0.1)
    assert np.quantile(levels, 0.95) - np.quantile(levels, 0.1) > 20


def test_constant_gain_is_right_for_the_level_it_fits(parts):
    fitting, wrong = measure_evening(parts, -50.0), measure_evening(parts, -60.0)

    assert fitting.settle_s == (0.0, 0.0)
    assert fitting.error_db == pytest.approx(0.0, abs=0.01)
    assert fitting.pumping_db == pytest.approx(0.0, abs=0.01)
    assert wrong.typical_settle_s > 15
    assert wrong.again_error_db == pytest.approx(10.0, abs=0.01)
    assert fitting.levels_dbfs[-1] == pytest.approx(GOAL_DBFS, abs=4)


def test_gain_that_moves_in_a_pause_and_comes_late_is_measured(parts):
    def pumping(samples, _block):
        gain = np.full(len(samples), 10**0.5)
        gain[: 5 * 16_000] = 1.0
        gain[35 * 16_000 : 45 * 16_000] = 10.0
        return samples * gain.astype(np.float32)

    row = measure_evening(replace(parts, even=pumping), -50.0)

    assert row.pumping_db == pytest.approx(10.0, abs=0.1)
    assert 2 < row.typical_settle_s < 5
    assert row.error_db == pytest.approx(0.0, abs=0.01)
    assert row.again_error_db == pytest.approx(10.0, abs=0.1)


def test_clipping_is_counted_in_recordings(parts):
    blind = replace(parts, find_clipping=lambda frames: ())
    nervous = replace(parts, find_clipping=lambda frames: (0.5,))

    seen, missed, false = (measure_clipping(p, 6) for p in (parts, blind, nervous))

    assert (seen.clipped, seen.told, seen.clean, seen.false) == (6, 6, 6, 0)
    assert seen.share_error < 0.01
    assert missed.told == 0
    assert false.false == 6


def test_drift_is_the_difference_of_two_devices(parts):
    drift = measure_drift(parts, 2.0)

    # 50 ppm of two hours.
    assert drift.worst_ms == pytest.approx(360, abs=2)
    assert drift.at_s[-1] == 7_170
    assert measure_drift(parts, 0.001).worst_ms is None


def good_result():
    return PrepResult(
        resampled=(
            Resampled(rate_hz=48_000, hz=(7_200.0,), gain_db=(-0.01,), alias_db=-100.0, steps=0.0),
            Resampled(rate_hz=16_000, hz=(7_200.0,), gain_db=(0.0,), alias_db=None, steps=0.0),
        ),
        evened=(
            Evened(
                before_dbfs=-50.0, settle_s=(1.0, 2.0, 9.0), error_db=1.0, pumping_db=0.1,
                again_error_db=0.5, levels_dbfs=(-50.0, -40.0),
            ),
        ),
        goal_dbfs=GOAL_DBFS,
        clipping=Clipping(clipped=200, told=199, clean=2_000, false=1, share_error=0.01),
        drift=Drift(spread_ppm=50.0, at_s=(3_600.0, 7_200.0), offset_s=(0.004, -0.012)),
        quiet=QuietWords(
            quieter_db=30.0,
            evened=WordScore(words=100, errors=10),
            as_recorded=WordScore(words=100, errors=12),
        ),
    )  # fmt: skip


def test_targets_are_kept_by_good_figures_and_missed_by_bad_ones():
    good = good_result()
    bad = PrepResult(
        resampled=(replace(good.resampled[0], alias_db=-79.0, gain_db=(0.2,), steps=2.0),),
        evened=(replace(good.evened[0], settle_s=(4.0,), again_error_db=2.0, pumping_db=1.2),),
        goal_dbfs=GOAL_DBFS,
        clipping=Clipping(clipped=100, told=98, clean=1_000, false=2, share_error=0.5),
        drift=replace(good.drift, offset_s=(0.0, 0.021)),
        quiet=replace(good.quiet, evened=WordScore(words=100, errors=13)),
    )

    assert [t.name for t in good.targets if t.is_missed] == []
    assert all(target.is_missed for target in bad.targets)
    assert len(bad.targets) == 10


def test_record_and_picture_hold_what_was_measured(tmp_path):
    record = json.loads(json.dumps(good_result().record()))
    without = replace(good_result(), quiet=None).record()
    draw_prep(good_result(), tmp_path / "fig.png")

    assert (record["bench"], record["ok"]) == ("prep", True)
    assert record["level"]["runs"][0]["settle_s"] == 2.0
    assert record["level"]["runs"][0]["longest_settle_s"] == 9.0
    assert record["drift"] == {"spread_ppm": 50.0, "hours": 2.0, "worst_ms": 12.0}
    assert record["quiet"]["wer_evened"] == 10.0
    assert without["quiet"] is None
    assert without["ok"]
    assert (tmp_path / "fig.png").read_bytes().startswith(b"\x89PNG")


def test_every_stage_is_run_and_told(parts, monkeypatch):
    monkeypatch.setattr(prep, "RATES_HZ", (16_000, 48_000))
    monkeypatch.setattr(prep, "_LEVELS_DBFS", (-50.0,))
    notes = []

    result = run_prep(parts, hours=0.1, recordings=2, note=notes.append)

    assert [row.rate_hz for row in result.resampled] == [16_000, 48_000]
    assert [row.before_dbfs for row in result.evened] == [-50.0]
    assert result.clipping.clipped == 2
    assert result.drift.worst_ms == pytest.approx(16.5, abs=1)
    assert len(notes) == 4
