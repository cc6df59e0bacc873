"""What every registered voice activity model must do, alone and behind the gate."""

import numpy as np
import pytest
import soundfile

from app.backends import registry
from app.domain.errors import Category, KnownError
from app.domain.ids import StreamId
from app.domain.units import SESSION_RATE_HZ
from app.lib.paths import SOURCE_ROOT, resolve_paths
from app.pipeline.framing import Hops
from app.pipeline.vad_gate import VadGate

pytestmark = pytest.mark.contract

MODELS_DIR = resolve_paths().models_dir
DATA = SOURCE_ROOT / "tests" / "data"
BACKENDS = registry.backends("vad")


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return soundfile.read(DATA / "one_speaker.flac", dtype="float32")[0]


@pytest.fixture(params=BACKENDS, ids=lambda b: b.info.backend_id)
def model(request):
    if not (MODELS_DIR / request.param.info.backend_id).is_dir():
        pytest.skip("weights are not installed")
    return request.param.load(MODELS_DIR)


def probabilities(model, samples) -> np.ndarray:
    return np.array([model.probability(hop) for _, hop in Hops(model.HOP_SAMPLES).push(samples)])


def utterances(model, samples):
    """What the gate makes of it."""
    gate = VadGate(StreamId.MIC, model.HOP_SAMPLES)
    closed = [gate.push(model.probability(hop)) for _, hop in Hops(model.HOP_SAMPLES).push(samples)]
    return [span.span for span in [*closed, gate.flush()] if span is not None]


def noise(level: float, seconds: float = 6.0) -> np.ndarray:
    generator = np.random.default_rng(3)
    samples = generator.standard_normal(round(seconds * SESSION_RATE_HZ))
    return (level * samples).astype(np.float32)


def test_speech_is_told_from_silence(model, speech):
    quiet = noise(0.001, 2.0)

    found = probabilities(model, np.concatenate([quiet, speech]))

    hops = len(quiet) // model.HOP_SAMPLES
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    assert found[:hops].mean() < 0.2
    assert found[hops:].mean() > 0.7


@pytest.mark.parametrize("level", [0.0, 0.001, 0.03, 0.2])
def test_noise_opens_no_utterance(model, level):
    assert utterances(model, noise(level)) == []


def test_gate_finds_where_speech_begins_and_ends(model, speech):
    second = noise(0.0005, 1.0)

    spans = utterances(model, np.concatenate([second, speech, second]))

    assert spans[0].start_s == pytest.approx(1.0, abs=0.6)
    assert spans[-1].end_s == pytest.approx(1.0 + len(speech) / SESSION_RATE_HZ, abs=0.8)
    assert sum(span.duration_s for span in spans) > 0.8 * len(speech) / SESSION_RATE_HZ


def test_quiet_speech_is_heard(model, speech):
    spans = utterances(model, speech * np.float32(0.05))

    assert sum(span.duration_s for span in spans) > 0.7 * len(speech) / SESSION_RATE_HZ


def test_reset_forgets_the_past(model, speech):
    first = probabilities(model, speech[:32_000])
    probabilities(model, noise(0.2, 1.0))

    model.reset()

    np.testing.assert_allclose(probabilities(model, speech[:32_000]), first, atol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda b: b.info.backend_id)
def test_every_load_carries_its_own_state(backend, speech):
    if not (MODELS_DIR / backend.info.backend_id).is_dir():
        pytest.skip("weights are not installed")
    one, two = backend.load(MODELS_DIR), backend.load(MODELS_DIR)
    alone = probabilities(backend.load(MODELS_DIR), speech[:16_000])

    together = []
    for _, hop in Hops(one.HOP_SAMPLES).push(speech[:16_000]):
        together.append(one.probability(hop))
        two.probability(np.zeros_like(hop))

    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda b: b.info.backend_id)
def test_missing_weights_name_the_command_that_brings_them(backend, tmp_path):
    with pytest.raises(KnownError, match="crosstalk models fetch") as caught:
        backend.load(tmp_path)

    assert caught.value.category is Category.MISSING_MODEL
