"""Kokoro's voices as training talkers: with a tiny network of the same shape in its place."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from app.lib.paths import SOURCE_ROOT

pytestmark = pytest.mark.integration

VOCABULARY = {"a": 3, "b": 7, " ": 0}


@pytest.fixture(autouse=True)
def recipe_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE_ROOT / "models" / "separation"))


@pytest.fixture
def session(tmp_path):
    """Says each token for 0.1 s at its own level times the first number of the style, at 24 kHz."""
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "n"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    constants = [
        numpy_helper.from_array(np.tile([[0.1], [-0.1]], (1_200, 1)).astype(np.float32), "square"),
        numpy_helper.from_array(np.array([-1]), "flat"),
        numpy_helper.from_array(np.array([0]), "first"),
    ]
    nodes = [
        helper.make_node("Cast", ["tokens"], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["style", "first"], ["loudness"], axis=1),
        helper.make_node("Mul", ["levels", "loudness"], ["louder"]),
        helper.make_node("Mul", ["louder", "speed"], ["faster"]),
        helper.make_node("Mul", ["square", "faster"], ["waves"]),
        helper.make_node("Transpose", ["waves"], ["in_order"]),
        helper.make_node("Reshape", ["in_order", "flat"], ["audio"]),
    ]
    outputs = [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["samples"])]
    graph = helper.make_graph(nodes, "kokoro", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "kokoro.onnx")
    return onnxruntime.InferenceSession(tmp_path / "kokoro.onnx")


@pytest.fixture
def styles(tmp_path):
    folder = tmp_path / "styles"
    folder.mkdir()
    for number, name in enumerate(("af_one", "af_two", "am_three", "bf_four", "jf_five"), start=1):
        np.full((510, 256), number / 10, np.float32).tofile(folder / f"{name}.bin")
    return folder


def test_english_voices_are_read_and_blended_with_their_like(styles):
    from voices import read_styles, with_blends

    found = read_styles(styles)
    blended = with_blends(found, 5, seed=1)

    assert sorted(found) == ["af_one", "af_two", "am_three", "bf_four"]
    assert set(blended) - set(found) == {"af_one+af_two"}
    np.testing.assert_allclose(blended["af_one+af_two"], 0.15)


def test_every_voice_becomes_a_talker_that_the_recipe_reads(session, styles, tmp_path, capsys):
    from mixing import load_speech
    from voices import read_styles, render

    heard = []

    def phonemes(text, language):
        heard.append(language)
        return text

    voices = read_styles(styles)
    arguments = (session, phonemes, VOCABULARY, voices, ["ab", "ba", "aab"], tmp_path / "out")
    render(*arguments, count=2, seed=1)
    first = capsys.readouterr().out.splitlines()
    render(*arguments, count=3, seed=1)
    second = capsys.readouterr().out.splitlines()

    assert len(first) == 8
    assert len(second) == 4
    assert set(heard) == {"en-us", "en-gb"}
    speech = load_speech([tmp_path / "out"], ["af_two"])
    assert {name: len(audio) for name, audio in speech.items()} == {
        "af_one": 3,
        "am_three": 3,
        "bf_four": 3,
    }
    loudness = {name: np.abs(audio[0]).max() for name, audio in speech.items()}
    assert loudness["bf_four"] > loudness["af_one"]


def test_utterance_has_the_rate_of_the_recipe_and_no_silence_at_its_ends(session):
    from voices import speak

    audio = speak(session, "abx", VOCABULARY, np.full((510, 256), 0.5, np.float32), 1.0)

    assert len(audio) == pytest.approx(0.2 * 16_000, abs=400)
    assert np.abs(audio[:160]).max() > 0.01
    assert np.abs(audio[-160:]).max() > 0.01


def test_too_long_a_sentence_is_cut(session):
    from voices import LONGEST, speak

    audio = speak(session, "a" * 2_000, VOCABULARY, np.full((510, 256), 0.1, np.float32), 1.0)

    assert len(audio) == pytest.approx((LONGEST - 2) * 1_600, rel=0.01)
