from __future__ import annotations

import numpy as np
import pytest

from app.domain.recognition import VoiceSample
from app.domain.voice_split import two_voices, with_neighbours

pytestmark = pytest.mark.unit


def lines_of(count: int, axis: int, seed: int, *, spread: float = 0.12) -> dict[str, VoiceSample]:
    """Lines of one person: directions around an axis of 16."""
    generator = np.random.default_rng(seed)
    made = {}
    for number in range(count):
        vector = generator.normal(0, spread, 16)
        vector[axis] += 1.0
        vector = (vector / np.linalg.norm(vector)).astype(np.float32)
        made[f"{axis}-{number}"] = VoiceSample(vector=vector, speech_s=2.0 + number % 3)
    return made


@pytest.mark.parametrize("counts", [(12, 12), (40, 4), (3, 30)])
def test_two_people_are_told_apart_by_one_line_of_one_of_them(counts):
    ours, theirs = lines_of(counts[0], 0, 1), lines_of(counts[1], 1, 2)

    found = two_voices({**ours, **theirs}, {"0-0"})

    assert found is not None
    assert found[0] == set(ours)
    assert found[1].vector[0] > 0.9
    assert found[2].vector[1] > 0.9
    assert found[1].speech_s == pytest.approx(sum(s.speech_s for s in ours.values()))


def test_what_is_named_stays_on_its_side():
    ours, theirs = lines_of(5, 0, 1), lines_of(5, 1, 2)

    found = two_voices({**ours, **theirs}, {"0-0", "0-1", "1-0"})

    assert found is not None
    assert "1-0" in found[0]


def test_nothing_is_told_apart_without_seeds_or_without_a_rest():
    lines = lines_of(3, 0, 1)

    assert two_voices(lines, {"unknown"}) is None
    assert two_voices(lines, set(lines)) is None


def test_short_lines_go_with_neighbours_that_agree():
    lines = ["short", "a", "then", "b", "late", "c", "end"]
    heard, ours = {"a", "b", "c"}, {"a", "b"}

    assert with_neighbours(lines, heard, ours) == ("a", "then", "b")
