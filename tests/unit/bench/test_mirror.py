from __future__ import annotations

import itertools
import random
import threading

import pytest

from app.bench.mirror import (
    Example,
    WordDifferences,
    compare_words,
    count_same_voice,
    find_inputs,
    run_mirror,
)
from app.bench.play import Setup, play
from app.domain.errors import KnownError
from app.domain.ids import StreamId
from app.domain.session import OperatingPoint
from tests.fakes.audio import write_audio
from tests.fakes.engine import MODELS
from tests.fakes.program import FakeProgram, patch, segment
from tests.fakes.transcripts import make_transcript

pytestmark = pytest.mark.unit


def transcript(*segments):
    return make_transcript(segments)


@pytest.mark.parametrize("seed", range(20))
def test_voices_agree_as_much_as_the_slow_twin_finds(seed):
    dice = random.Random(seed)
    pairs = [
        (dice.choice(["A", "B", "C", None]), dice.choice(["X", "Y", "Z", None])) for _ in range(12)
    ]

    best = max(
        sum(dict(zip("ABC", names, strict=True)).get(a) == b for a, b in pairs)
        for names in itertools.permutations("XYZ")
    )

    assert count_same_voice(pairs) == best


def test_equal_transcripts_do_not_differ():
    one = transcript(segment("a", "hello there"), segment("b", "hi", start_s=5, track="S2"))

    differences, examples = compare_words(one, one)

    assert differences == WordDifferences(same=3)
    assert differences.is_identical
    assert examples == ()


def test_swapped_names_of_voices_are_no_difference():
    one = transcript(segment("a", "hello", track="S1"), segment("b", "hi", start_s=5, track="S2"))
    two = transcript(segment("a", "hello", track="S2"), segment("b", "hi", start_s=5, track="S1"))

    assert compare_words(one, two)[0].is_identical


def test_each_kind_of_difference_is_counted_with_its_place():
    one = transcript(
        segment("a", "one two three", track="S1"),
        segment("b", "four five", start_s=5, track="S2"),
        segment("c", "six", start_s=9, track="S1"),
    )
    two = transcript(
        segment("a", "one too three extra", end_s=3.0, track="S1"),
        segment("b", "five", start_s=6, track="S1"),
        segment("c", "six", start_s=9, track="S1"),
    )

    differences, examples = compare_words(one, two)

    assert differences == WordDifferences(
        same=4, replaced=2, deleted=0, inserted=0, retimed=2, respoken=1
    )
    assert examples == (
        Example(at_s=1.0, before="two", after="too"),
        Example(at_s=5.0, before="four", after="extra"),
    )


def test_words_of_two_streams_are_compared_apart():
    one = transcript(
        segment("a", "hello", stream=StreamId.MIC),
        segment("b", "there", stream=StreamId.SYSTEM, start_s=0.5),
    )
    two = transcript(
        segment("b", "there", stream=StreamId.SYSTEM, start_s=0.5),
        segment("a", "hello", stream=StreamId.MIC),
    )

    assert compare_words(one, two)[0].is_identical


def test_inputs_are_files_or_folders(tmp_path):
    file = write_audio(tmp_path / "talk.wav")
    (tmp_path / "duo").mkdir()
    mic, system = (write_audio(tmp_path / "duo" / f"{name}.wav") for name in ("mic", "system"))

    assert find_inputs([file, tmp_path / "duo"]) == {
        "talk.wav": {StreamId.MIX: file},
        "duo": {StreamId.MIC: mic, StreamId.SYSTEM: system},
    }
    with pytest.raises(KnownError, match="holds neither"):
        find_inputs([tmp_path])


@pytest.mark.parametrize(
    ("second", "explained"), [(Setup(is_realtime=False), False), (Setup(), True)]
)
def test_only_equal_configurations_off_the_clock_must_agree(tmp_path, second, explained):
    program = FakeProgram(tmp_path)
    texts = iter(["hello there", "hello bear"])
    inputs = {"talk": {StreamId.MIX: write_audio(tmp_path / "talk.wav")}}

    def player(streams, setup):
        program.engine.live = [MODELS, patch(segment("a", next(texts)))]
        return play(program.context, streams, setup, cancel=threading.Event())

    result = run_mirror(inputs, (Setup(is_realtime=False), second), player)

    record = result.record()
    assert record["ok"] is explained
    assert (record["total"]["same"], record["total"]["replaced"]) == (1, 1)
    assert record["inputs"]["talk"]["release_delay_s"][0] is None
    assert (record["inputs"]["talk"]["release_delay_s"][1] is not None) is explained
    assert record["a"]["point"] == OperatingPoint.BALANCED.value
