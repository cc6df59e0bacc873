"""The training recipe of models/separation: mixtures, losses, and a run that resumes."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from app.lib.paths import SOURCE_ROOT

pytestmark = pytest.mark.integration

RECIPE = SOURCE_ROOT / "models" / "separation"
CONFIG = """
[model]
{model}
[data]
held_out = ["c", "d"]
[mix]
segment_s = 1.0
[train]
seed = 1
easy_until = 1
cluster = {cluster}
batch = 2
steps = {steps}
rate = 1e-3
warmup = 2
weight_decay = 0.01
decay_after = 10
halve_every = 10
clip = 5.0
average = 0.9
check_every = 2
test_mixtures = 2
"""
OURS = """name = "BandDualPath"
channels = 8
hidden = 8
n_blocks = 1"""
CONV_TASNET = """name = "ConvTasNet"
n_src = 2
n_blocks = 2
n_repeats = 1
bn_chan = 8
hid_chan = 16
n_filters = 16
sample_rate = 16000"""


@pytest.fixture(autouse=True)
def recipe_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(RECIPE))


@pytest.fixture
def speech():
    """Four talkers of modulated noise, int16."""
    rng = np.random.default_rng(3)
    return {name: [(rng.standard_normal(32_000) * 3_000).astype(np.int16)] for name in "abcd"}


@pytest.fixture
def rooms():
    pairs = np.zeros((8, 2, 800), np.float32)
    pairs[:, :, 0] = 1.0
    pairs[:, :, 700] = 0.5
    return pairs


@pytest.fixture
def material(tmp_path, speech, rooms):
    """A folder of recordings and rooms."""
    folder = tmp_path / "speech"
    folder.mkdir()
    for talker, (audio,) in speech.items():
        soundfile.write(folder / f"{talker}-1.flac", audio, 16_000)
    np.savez(tmp_path / "rooms.npz", pairs=rooms)
    return tmp_path


def test_mixture_is_its_sources_and_comes_back_from_its_number(speech, rooms):
    from mixing import Mixer, Recipe

    recipe = Recipe(segment_s=1.0, noisy=0.0, silent=0.0)
    mixture, sources = Mixer(speech, rooms, recipe, seed=5).batch(3, 4)

    np.testing.assert_allclose(mixture, sources.sum(axis=1), atol=1e-5)
    again, _ = Mixer(speech, rooms, recipe, seed=5).batch(3, 4)
    np.testing.assert_array_equal(mixture, again)


def test_recipe_decides_how_many_talk(speech, rooms):
    from mixing import Mixer, Recipe

    for single, silent, talkers in [(1.0, 0.0, 1), (0.0, 1.0, 0), (0.0, 0.0, 2)]:
        recipe = Recipe(segment_s=1.0, single=single, silent=silent, partial=0.0)
        _, sources = Mixer(speech, rooms, recipe, seed=1).batch(0, 6)

        assert (sources.any(axis=-1).sum(axis=-1) == talkers).all()


def test_partial_overlap_leaves_each_talker_some_time(speech):
    from mixing import Mixer, Recipe

    recipe = Recipe(segment_s=1.0, single=0.0, silent=0.0, partial=1.0)
    _, sources = Mixer(speech, None, recipe, seed=1).batch(0, 20)

    active = sources != 0
    assert active.any(axis=-1).all()
    assert not active.all(axis=(1, 2)).any()


def test_held_out_talkers_are_not_trained_on(tmp_path):
    from mixing import load_speech

    for name in ("87-1-2.flac", "90-1-1.flac"):
        soundfile.write(tmp_path / name, np.zeros(1_600), 16_000)

    assert set(load_speech([tmp_path], ["87"])) == {"90"}
    assert set(load_speech([tmp_path], ["87"], only_held_out=True)) == {"87"}


def test_loss_does_not_mind_which_output_is_whose_and_punishes_leakage():
    from losses import permutation_invariant

    sources = torch.randn(2, 2, 4_000)
    sources[1, 1] = 0
    mixture = sources.sum(1)

    exact = permutation_invariant(sources, sources, mixture)
    swapped = permutation_invariant(sources.flip(1), sources, mixture)
    leaking = sources.clone()
    leaking[1, 1] = 0.3 * mixture[1]

    assert exact == pytest.approx((-30 - 30 - 30 - 25) / 4, abs=0.1)
    torch.testing.assert_close(swapped, exact)
    assert permutation_invariant(leaking, sources, mixture) > exact + 2


def test_clustering_rewards_embeddings_that_tell_the_talkers_apart():
    from losses import clustering

    spectra = torch.rand(2, 2, 500)
    rules = (spectra[:, 0] > spectra[:, 1]).float()
    apart = torch.stack([rules, 1 - rules], dim=-1)

    assert clustering(apart, spectra) < 0.05
    assert clustering(torch.ones(2, 500, 2), spectra) == pytest.approx(1.0, abs=0.05)


def test_improvement_of_the_mixture_itself_is_none_and_of_the_sources_large():
    from losses import improvement

    sources = torch.randn(3, 2, 4_000)
    mixture = sources.sum(1)

    assert improvement(mixture.unsqueeze(1).repeat(1, 2, 1), sources, mixture).abs().max() < 1e-3
    assert improvement(sources.flip(1), sources, mixture).min() > 40


@pytest.mark.parametrize(
    ("model", "cluster", "name"), [(OURS, 5.0, "BandDualPath"), (CONV_TASNET, 0.0, "ConvTasNet")]
)
def test_run_that_was_stopped_goes_on_where_it_was(material, model, cluster, name):
    from app.backends.separation.asteroid_checkpoint import read_network

    for steps in (2, 4):
        text = CONFIG.format(steps=steps, model=model, cluster=cluster)
        done = train(material, text, material / "run")

    rows = [json.loads(line) for line in (material / "run" / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4]
    assert "step 2" in done.stdout
    assert (material / "run" / "curve.png").stat().st_size > 1_000
    assert (material / "run" / "config.toml").read_text() == text
    assert type(read_network(material / "run" / "model.pth")).__name__ == name


def test_run_begins_at_the_weights_of_a_checkpoint(material):
    still = CONFIG.format(steps=2, model=OURS, cluster=5.0).replace("rate = 1e-3", "rate = 0.0")
    first = CONFIG.format(steps=2, model=OURS, cluster=5.0)
    train(material, first, material / "first")

    train(material, still, material / "run", "--start", material / "first" / "model.pth")

    one, two = (
        torch.load(material / name / "model.pth", weights_only=True)["state_dict"]
        for name in ("first", "run")
    )
    for name, weights in one.items():
        torch.testing.assert_close(two[name], weights)


def train(folder, config, run, *more):
    """Run the recipe over the material of a folder."""
    path = folder / "config.toml"
    path.write_text(config)
    command = [sys.executable, RECIPE / "train.py", "--config", path, "--speech", folder / "speech"]
    command += ["--rooms", folder / "rooms.npz", "--run", run, *more]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(SOURCE_ROOT), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done
