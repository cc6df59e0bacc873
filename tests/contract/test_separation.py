"""What every separation backend must do; and that asteroid's own networks load."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import soundfile
import torch

from app.backends import torchaudio_stub
from app.backends.band_dual_path import BandDualPath, BandRefiner
from app.backends.refinement import band_refiner
from app.backends.separation import asteroid_checkpoint, pixit
from app.domain.errors import Category, KnownError
from app.lib.paths import SOURCE_ROOT
from tests.fakes.pixit import WINDOW_S, write_pixit

pytestmark = pytest.mark.contract

VOICES = SOURCE_ROOT / "tests" / "data" / "voices"
LENGTH = 40_000


def voice(name):
    samples, _ = soundfile.read(VOICES / f"{name}.flac", dtype="float32")
    return np.resize(samples / samples.std() * 0.05, LENGTH).astype(np.float32)


@pytest.fixture(scope="module", params=["asteroid", "pixit"])
def model(request, tmp_path_factory):
    """A network that has learned nothing: what it gives is checked, not how good it is."""
    path = tmp_path_factory.mktemp("separation") / "model.pth"
    if request.param == "pixit":
        write_pixit(path)
        return pixit.load(path.parent, threads=1, checkpoint=path)
    torch.manual_seed(1)
    torch.save(BandDualPath(channels=8, hidden=8, n_blocks=1).serialize(), path)
    return asteroid_checkpoint.load(path.parent, threads=1, checkpoint=path)


@pytest.mark.parametrize("length", [LENGTH, 100_001, 5_000])
def test_every_source_is_as_long_as_the_stretch(model, length):
    apart = model.separate(np.resize(voice("speaker1-1"), length))

    assert apart.dtype == np.float32
    assert apart.ndim == 2
    assert apart.shape[0] in (2, 3)
    assert apart.shape[1] == length
    assert np.isfinite(apart).all()


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

    apart = asteroid_checkpoint.load(tmp_path, threads=1, checkpoint=path).separate(
        voice("speaker1-1")[:15_999]
    )

    assert apart.shape == (2, 15_999)
    assert np.isfinite(apart).all()


@pytest.mark.parametrize("backend", [asteroid_checkpoint, pixit])
@pytest.mark.parametrize("content", [b"no checkpoint", None])
def test_file_that_is_no_checkpoint_is_told(tmp_path, backend, content):
    path = tmp_path / "file.pth"
    if content is None:
        torch.save({"weights": torch.zeros(3)}, path)
    else:
        path.write_bytes(content)

    with pytest.raises(KnownError, match="holds no separation network"):
        backend.load(tmp_path, checkpoint=path)


@pytest.mark.parametrize("backend", [asteroid_checkpoint, pixit])
def test_checkpoint_that_would_run_code_is_refused(tmp_path, backend):
    class Trap:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'sprung')!r}, 'w')",))

    path = tmp_path / "trap.pth"
    torch.save({"model_name": Trap()}, path)

    with pytest.raises(KnownError, match="holds no separation network"):
        backend.load(tmp_path, checkpoint=path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["someone/network", "nowhere.pth"])
def test_checkpoint_that_is_not_here_is_not_fetched(name):
    with pytest.raises(KnownError, match="hf download") as caught:
        asteroid_checkpoint.find_checkpoint(name)

    assert caught.value.category is Category.MISSING_MODEL


@pytest.fixture(scope="module")
def refiner(tmp_path_factory):
    path = tmp_path_factory.mktemp("refiner") / "model.pth"
    torch.manual_seed(1)
    torch.save(BandRefiner(channels=8, hidden=8, n_blocks=1).serialize(), path)
    return band_refiner.load(path.parent, threads=1, checkpoint=path)


@pytest.mark.parametrize("length", [LENGTH, 5_000])
def test_refined_voices_are_as_long_as_the_mixture(refiner, length):
    one, two = (np.resize(voice(name), length) for name in ("speaker1-1", "speaker2-1"))

    refined = refiner.refine(one + two, np.stack([one, two]))

    assert refined.dtype == np.float32
    assert refined.shape == (2, length)
    assert np.isfinite(refined).all()


def test_refiner_is_no_network_for_a_mixture_alone(tmp_path):
    torch.save(BandDualPath(channels=8, hidden=8, n_blocks=1).serialize(), tmp_path / "model.pth")

    with pytest.raises(KnownError, match="holds no voice refiner"):
        band_refiner.load(tmp_path, checkpoint=tmp_path / "model.pth")


def test_pixit_gives_what_the_network_of_pyannote_gives(tmp_path):
    write_pixit(tmp_path / "net.bin")
    window = np.resize(voice("speaker1-1"), int(WINDOW_S * 16_000))
    torchaudio_stub.install()
    from pyannote.audio.models.separation import ToTaToNet

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[ToTaToNet.__module__], "TRANSFORMERS_IS_AVAILABLE", True)
        reference = ToTaToNet.from_pretrained(tmp_path / "net.bin", use_wavlm=False).eval()
    with torch.inference_mode():
        _, expected = reference(torch.from_numpy(window)[None, None])

    apart = pixit.load(tmp_path, threads=1, checkpoint=tmp_path / "net.bin").separate(window)

    np.testing.assert_allclose(apart, expected[0].T.numpy(), atol=1e-5)


def test_number_of_voices_is_read_from_the_weights(tmp_path):
    write_pixit(tmp_path / "net.bin", sources=2)

    network = pixit.load(tmp_path, threads=1, checkpoint=tmp_path / "net.bin")

    assert network.separate(voice("speaker1-1")).shape == (2, LENGTH)


def test_voices_keep_their_order_over_windows():
    times = np.arange(8_000) / 16_000
    true = np.stack([np.sin(2 * np.pi * f * times) for f in (200, 330, 700)]).astype(np.float32)
    step, window = 1_000, 2_000
    orders = [[0, 1, 2], [2, 0, 1], [1, 0, 2], [0, 2, 1], [2, 1, 0], [0, 1, 2], [1, 2, 0]]
    parts = [true[order, i * step : i * step + window] for i, order in enumerate(orders)]

    joined = pixit.join_windows(parts, step)

    np.testing.assert_allclose(joined, true, atol=1e-5)


def test_pixit_without_weights_says_how_to_get_them(tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))

    with pytest.raises(KnownError, match=r"hf download pyannote/separation-ami-1\.0") as caught:
        pixit.load(tmp_path)

    assert caught.value.category is Category.MISSING_MODEL


@pytest.mark.parametrize("package", ["asteroid", "transformers"])
def test_package_that_pixit_lacks_is_named(tmp_path, monkeypatch, package):
    write_pixit(tmp_path / "net.bin")
    content = torch.load(tmp_path / "net.bin", weights_only=False)
    content["state_dict"]["wavlm.masked_spec_embed"] = torch.zeros(4)
    torch.save(content, tmp_path / "net.bin")
    module = sys.modules["pyannote.audio.models.separation.ToTaToNet"]
    monkeypatch.setattr(module, f"{package.upper()}_IS_AVAILABLE", False)

    with pytest.raises(KnownError, match=f"needs the package {package}.*pixit"):
        pixit.load(tmp_path, checkpoint=tmp_path / "net.bin")


def test_checkpoints_of_pixit_are_told_from_others(tmp_path):
    write_pixit(tmp_path / "pixit.bin")
    torch.save(BandDualPath(channels=8, hidden=8, n_blocks=1).serialize(), tmp_path / "ours.pth")
    (tmp_path / "none.bin").write_bytes(b"no checkpoint")

    assert pixit.is_checkpoint(tmp_path / "pixit.bin")
    assert not pixit.is_checkpoint(tmp_path / "ours.pth")
    assert not pixit.is_checkpoint(tmp_path / "none.bin")
    assert not pixit.is_checkpoint(tmp_path / "nowhere.bin")
