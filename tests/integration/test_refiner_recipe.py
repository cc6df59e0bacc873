"""The training recipe of the refiner: a pool of estimates, and a run that learns and resumes."""

import json
import sys

import numpy as np
import pytest
import soundfile
import torch
from scipy.signal import butter, lfilter

from app.lib.paths import SOURCE_ROOT

pytestmark = pytest.mark.integration

RECIPE = SOURCE_ROOT / "models" / "separation"
CONFIG = """
[model]
name = "BandRefiner"
channels = 8
hidden = 8
n_blocks = 1
[data]
held_out = ["c", "d"]
[mix]
segment_s = 1.0
single = 0.0
silent = 0.0
partial = 0.5
[train]
seed = 1
crop_s = 0.5
batch = 2
steps = {steps}
rate = 5e-3
spectral = 10.0
warmup = 2
weight_decay = 0.0
decay_after = 100
halve_every = 100
clip = 5.0
average = 0.5
check_every = {check_every}
bf16 = {bf16}
"""


@pytest.fixture(autouse=True)
def recipe_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(RECIPE))


@pytest.fixture
def material(tmp_path):
    """Four talkers of coloured, modulated noise, and rooms that are none."""
    rng = np.random.default_rng(3)
    folder = tmp_path / "speech"
    folder.mkdir()
    for number, name in enumerate("abcd"):
        band = butter(2, [300 + 700 * number, 1_300 + 700 * number], "bandpass", fs=16_000)
        noise = lfilter(*band, rng.standard_normal(16_000 * 6))
        noise *= 1 + np.sin(np.arange(len(noise)) / (2_000 + 300 * number))
        soundfile.write(folder / f"{name}-1.flac", 0.1 * noise / noise.std(), 16_000)
    rooms = np.zeros((8, 2, 400), np.float32)
    rooms[:, :, 0] = 1.0
    np.savez(tmp_path / "rooms.npz", pairs=rooms)
    return tmp_path


def write_config(folder, **values):
    path = folder / "config.toml"
    path.write_text(CONFIG.format(**{"steps": 2, "check_every": 2, "bf16": "false", **values}))
    return path


def run(monkeypatch, name, *arguments):
    import importlib

    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    monkeypatch.setenv("MPLBACKEND", "agg")
    threads = torch.get_num_threads()
    try:
        importlib.import_module(name).main()
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)


def make_pool(monkeypatch, folder, config):
    arguments = ("--config", config, "--speech", folder / "speech", "--out", folder / "pool")
    arguments += ("--rooms", folder / "rooms.npz", "--count", 4)
    run(monkeypatch, "pool", *arguments)
    run(monkeypatch, "pool", *arguments, "--held-out")


def train(monkeypatch, folder, config):
    arguments = ("--config", config, "--pool", folder / "pool", "--run", folder / "run")
    run(monkeypatch, "train_refiner", *arguments)
    rows = (folder / "run" / "log.jsonl").read_text().splitlines()
    return [json.loads(row) for row in rows]


def test_talkers_are_heard_alone_at_other_moments(material):
    from mixing import Mixer, Recipe, load_speech

    speech = load_speech([material / "speech"], ["c", "d"])
    recipe = Recipe(segment_s=1.0, single=1.0, silent=0.0, rooms=0.0, noisy=0.0, speeds=(1.0, 1.0))
    mixer = Mixer(speech, None, recipe, seed=2)

    mixture, sources, solos = mixer.with_solos(5)

    again, _ = mixer.mixture(5)
    np.testing.assert_array_equal(mixture, again)
    assert [len(solo) for solo in solos] == [16_000 * 5 - 20] * 2
    heard = sources[0] / np.abs(sources[0]).max()
    windows = np.lib.stride_tricks.sliding_window_view(solos[0], 400)[::7]
    probe = heard[8_000:8_400]
    likeness = windows @ probe / np.linalg.norm(windows, axis=1) / np.linalg.norm(probe)
    assert likeness.max() < 0.99


def test_pool_holds_the_parts_of_its_mixtures_and_is_made_once(monkeypatch, material):
    from pool import read

    config = write_config(material)
    make_pool(monkeypatch, material, config)

    (shard,) = read(material / "pool")
    first = shard.astype(np.float32)
    assert first.shape == (4, 5, 16_000)
    np.testing.assert_allclose(first[:, 3:].sum(axis=1), first[:, 0], atol=60)
    for _, wanted, other, estimate, _ in first:
        active = wanted != 0
        assert abs(np.corrcoef(estimate[active], wanted[active])[0, 1]) > 0.7
        assert abs(np.corrcoef(estimate, other)[0, 1]) < 0.5
    kinds = {path.name.split("-")[0] for path in (material / "pool").iterdir()}
    assert kinds == {"train", "clean", "rooms", "partial", "single"}
    made = (material / "pool" / "train-0000000.npy").stat().st_mtime_ns
    make_pool(monkeypatch, material, config)
    assert (material / "pool" / "train-0000000.npy").stat().st_mtime_ns == made


@pytest.mark.parametrize("bf16", ["false", "true"])
def test_loss_falls_and_a_run_that_was_stopped_goes_on(monkeypatch, material, capsys, bf16):
    make_pool(monkeypatch, material, write_config(material))

    train(monkeypatch, material, write_config(material, steps=20, check_every=10, bf16=bf16))
    rows = train(monkeypatch, material, write_config(material, steps=40, check_every=10, bf16=bf16))

    assert [row["step"] for row in rows] == [10, 20, 30, 40]
    assert "step 20" in capsys.readouterr().out
    assert rows[-1]["loss"] < rows[0]["loss"] - 1.0
    assert rows[0]["scores"].keys() == rows[1]["scores"].keys()
    assert rows[0]["scores"]["exemplars clean"] == rows[3]["scores"]["exemplars clean"]
    assert (material / "run" / "curve.png").stat().st_size > 1_000
    saved = torch.load(material / "run" / "model.pth", weights_only=True)
    assert saved["model_name"] == "BandRefiner"


def test_paired_loss_minds_whose_voice_is_whose():
    from losses import paired, spectral

    sources = torch.randn(2, 2, 4_000)
    sources[1, 1] = 0
    mixture = sources.sum(1)

    exact = paired(sources, sources, mixture)

    assert exact == pytest.approx(-18, abs=0.1)
    assert paired(sources.flip(1), sources, mixture) > exact + 10
    assert spectral(sources, sources, mixture) == 0
    assert spectral(sources.flip(1), sources, mixture) > 0.01
