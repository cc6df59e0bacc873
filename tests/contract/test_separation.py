"""What every separation backend must do; and that asteroid's own networks load."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch

from app.backends import torchaudio_stub
from app.backends.band_dual_path import BandDualPath
from app.backends.separation import asteroid_checkpoint
from app.domain.errors import Category, KnownError
from app.lib.paths import SOURCE_ROOT

pytestmark = pytest.mark.contract

VOICES = SOURCE_ROOT / "tests" / "data" / "voices"
LENGTH = 40_000


def voice(name):
    samples, _ = soundfile.read(VOICES / f"{name}.flac", dtype="float32")
    return np.resize(samples / samples.std() * 0.05, LENGTH).astype(np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network of ours that has learned nothing: what it gives is checked, not how good it is."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("separation") / "model.pth"
    torch.save(BandDualPath(channels=8, hidden=8, n_blocks=1).serialize(), path)
    return asteroid_checkpoint.load(path.parent, threads=1, checkpoint=str(path))


def test_every_source_is_as_long_as_the_stretch(model):
    apart = model.separate(voice("speaker1-1"))

    assert apart.dtype == np.float32
    assert apart.shape == (2, LENGTH)


def test_silence_stays_silent(model):
    apart = model.separate(np.zeros(16_000, dtype=np.float32))

    assert np.abs(apart).max() < 1e-3


def test_sources_keep_the_level_of_the_mixture(model):
    mixture = voice("speaker1-1") + voice("speaker2-1")

    plain, loud = model.separate(mixture), model.separate(4 * mixture)

    np.testing.assert_allclose(loud, 4 * plain, rtol=1e-2, atol=1e-3)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_network_of_asteroid_at_another_rate_is_a_checkpoint_too(tmp_path):
    torchaudio_stub.install()
    from asteroid.models import ConvTasNet

    options = {"n_src": 2, "n_filters": 16, "n_blocks": 1, "n_repeats": 1, "bn_chan": 4}
    options |= {"hid_chan": 4, "skip_chan": 4, "sample_rate": 8_000}
    path = tmp_path / "libri2mix.bin"
    state = ConvTasNet(**options).state_dict()
    torch.save({"model_name": "ConvTasNet", "model_args": options, "state_dict": state}, path)

    apart = asteroid_checkpoint.load(tmp_path, threads=1, checkpoint=str(path)).separate(
        voice("speaker1-1")[:15_999]
    )

    assert apart.shape == (2, 15_999)
    assert np.isfinite(apart).all()


@pytest.mark.parametrize("content", [b"no checkpoint", None])
def test_file_that_is_no_checkpoint_is_told(tmp_path, content):
    path = tmp_path / "file.pth"
    if content is None:
        torch.save({"weights": torch.zeros(3)}, path)
    else:
        path.write_bytes(content)

    with pytest.raises(KnownError, match="holds no separation network"):
        asteroid_checkpoint.load(tmp_path, checkpoint=str(path))


def test_checkpoint_that_would_run_code_is_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'sprung')!r}, 'w')",))

    path = tmp_path / "trap.pth"
    torch.save({"model_name": Trap()}, path)

    with pytest.raises(KnownError, match="holds no separation network"):
        asteroid_checkpoint.load(tmp_path, checkpoint=str(path))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["someone/network", "nowhere.pth"])
def test_checkpoint_that_is_not_here_is_not_fetched(tmp_path, name):
    with pytest.raises(KnownError, match="hf download") as caught:
        asteroid_checkpoint.load(tmp_path, checkpoint=name)

    assert caught.value.category is Category.MISSING_MODEL
