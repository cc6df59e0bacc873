"""What every embedding backend must do; and that features and ONNX export equal torch's."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from app.backends import torchaudio_stub
from app.backends.embedding import campplus
from app.backends.fbank import log_mel
from app.domain.errors import Category, KnownError
from app.lib.paths import SOURCE_ROOT, resolve_paths

pytestmark = pytest.mark.contract

MODELS_DIR = resolve_paths().models_dir
CHECKPOINT = MODELS_DIR / campplus.INFO.backend_id / "campplus_cn_en_common.pt"
VOICES = SOURCE_ROOT / "tests" / "data" / "voices"
needs_weights = pytest.mark.skipif(not CHECKPOINT.exists(), reason="weights are not installed")


def voice(name):
    samples, _ = soundfile.read(VOICES / f"{name}.flac", dtype="float32")
    return samples


@pytest.fixture(scope="module")
def model():
    return campplus.load(MODELS_DIR, threads=1)


@needs_weights
def test_same_voice_is_closer_than_another(model):
    vectors = {
        name: model.embed(voice(name))
        for name in ("speaker1-1", "speaker1-2", "speaker2-1", "speaker2-2")
    }

    same = [
        vectors["speaker1-1"] @ vectors["speaker1-2"],
        vectors["speaker2-1"] @ vectors["speaker2-2"],
    ]
    different = [
        vectors[f"speaker1-{i}"] @ vectors[f"speaker2-{j}"] for i in (1, 2) for j in (1, 2)
    ]
    assert min(same) > max(different) + 0.2


@needs_weights
def test_embedding_is_normalised_and_of_the_stated_size(model):
    vector = model.embed(voice("speaker1-1")[: model.MIN_SAMPLES])

    assert vector.dtype == np.float32
    assert vector.shape == (model.DIMENSION,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


@needs_weights
def test_batch_equals_single_stretches(model):
    stretches = np.stack([voice("speaker1-1"), voice("speaker2-2")])

    batch = model.embed_batch(stretches)

    singles = np.stack([model.embed(stretch) for stretch in stretches])
    np.testing.assert_allclose(batch, singles, atol=1e-4)


@needs_weights
def test_pieces_of_a_voice_embed_like_the_whole(model):
    samples = voice("speaker1-1")

    pieces = model.embed_pieces([samples[:20_000], samples[20_000:20_100], samples[20_100:]])

    assert pieces @ model.embed(samples) > 0.95


@needs_weights
def test_too_little_speech_is_refused(model):
    with pytest.raises(ValueError, match="less than"):
        model.embed(np.zeros(model.MIN_SAMPLES - 1, dtype=np.float32))


@needs_weights
@pytest.mark.parametrize("length", [4_800, 24_000, 33_333, 48_000])
def test_onnx_export_equals_torch_network(model, length):
    import torch

    from app.backends.campplus_network import load_network

    samples = voice("speaker2-1")[:length]
    features = log_mel(samples)
    centred = torch.from_numpy(features - features.mean(axis=0))[None]

    vector = model.embed(samples)

    with torch.no_grad():
        expected = load_network(CHECKPOINT)(centred)[0].numpy()
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-4)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("length", [400, 4_800, 33_333])
def test_features_equal_those_of_kaldi(length):
    torchaudio_stub.install()
    import torch
    from torchaudio.compliance import kaldi

    samples = voice("speaker1-2")[:length]

    features = log_mel(samples)

    expected = kaldi.fbank(torch.from_numpy(samples)[None], num_mel_bins=80).numpy()
    np.testing.assert_allclose(features, expected, atol=5e-3)


def test_missing_weights_name_the_command_that_brings_them(tmp_path):
    with pytest.raises(KnownError, match="crosstalk models fetch") as caught:
        campplus.load(tmp_path)

    assert caught.value.category is Category.MISSING_MODEL
