"""What every segmentation backend must do; and that the ONNX export equals the torch model."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from app.backends.segmentation import pyannote_onnx
from app.domain.errors import Category, KnownError
from app.lib.paths import SOURCE_ROOT, resolve_paths

pytestmark = pytest.mark.contract

MODELS_DIR = resolve_paths().models_dir
CHECKPOINT = MODELS_DIR / pyannote_onnx.INFO.backend_id / "pytorch_model.bin"
VOICES = SOURCE_ROOT / "tests" / "data" / "voices"
needs_weights = pytest.mark.skipif(not CHECKPOINT.exists(), reason="weights are not installed")


@pytest.fixture(scope="module")
def model():
    return pyannote_onnx.load(MODELS_DIR, threads=1)


@pytest.fixture(scope="module")
def two_voices():
    """Ten seconds: one voice, the other, silence."""
    first, _ = soundfile.read(VOICES / "speaker1-1.flac", dtype="float32")
    second, _ = soundfile.read(VOICES / "speaker2-1.flac", dtype="float32")
    return np.concatenate([first, second, np.zeros(64_000, dtype=np.float32)])


@needs_weights
def test_activity_tells_two_voices_and_silence_apart(model, two_voices):
    activity, step = model.activity(two_voices)

    seconds = (np.arange(len(activity)) * step + 495) / 16_000
    assert activity.dtype == np.float32
    assert activity.shape[1] == model.MAX_LOCAL_SPEAKERS
    assert activity.min() >= 0.0
    assert activity.max() <= 1.001
    first = activity[(seconds > 0.3) & (seconds < 2.7)].mean(axis=0)
    second = activity[(seconds > 3.3) & (seconds < 5.7)].mean(axis=0)
    silence = activity[(seconds > 6.5)]
    assert first.argmax() != second.argmax()
    assert first.max() > 0.6
    assert second.max() > 0.6
    assert silence.max() < 0.2


@needs_weights
@pytest.mark.parametrize("length", [16_000, 40_000, 80_000, 160_000])
def test_activity_has_evenly_spread_frames(model, two_voices, length):
    activity, step = model.activity(two_voices[:length])

    assert abs(len(activity) * step - length) < 6 * step


@needs_weights
def test_batch_equals_single_windows(model, two_voices):
    windows = np.stack([two_voices[i : i + 80_000] for i in (0, 16_000, 48_000)])

    batch, _ = model.activity_batch(windows)

    singles = np.stack([model.activity(window)[0] for window in windows])
    np.testing.assert_allclose(batch, singles, atol=1e-5)


@needs_weights
def test_short_window_is_refused(model):
    with pytest.raises(ValueError, match="samples"):
        model.activity(np.zeros(8_000, dtype=np.float32))


@needs_weights
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_onnx_export_equals_torch_model(model, two_voices):
    import torch

    reference = pyannote_onnx.load_torch(CHECKPOINT)
    windows = np.stack([two_voices[:160_000], two_voices[::-1][:160_000].copy()])

    probabilities, _ = model.powerset_batch(windows)

    with torch.no_grad():
        expected = reference(torch.from_numpy(windows)[:, None]).exp().numpy()
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)


@needs_weights
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_powerset_order_is_that_of_pyannote():
    pyannote_onnx.torchaudio_stub.install()
    from pyannote.audio.utils.powerset import Powerset

    np.testing.assert_array_equal(Powerset(3, 2).mapping.numpy(), pyannote_onnx.POWERSET)


def test_missing_weights_name_the_command_that_brings_them(tmp_path):
    with pytest.raises(KnownError, match="crosstalk models fetch") as caught:
        pyannote_onnx.load(tmp_path)

    assert caught.value.category is Category.MISSING_MODEL
