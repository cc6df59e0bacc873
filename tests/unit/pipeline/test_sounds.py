import itertools

import pytest

from app.pipeline.sounds import SoundFinder, sounds_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zephyrix", "zephyrics"),
        ("PyTorch", "pie torch"),
        ("Grafana", "graph ana"),
        ("Knight", "night"),
        ("Wright", "rite"),
        ("Quantrix", "kwantricks"),
        ("Ümlaut", "umlaut"),
    ],
)
def test_what_sounds_the_same_has_the_same_sounds(one, other):
    assert sounds_of(one) == sounds_of(other)


def test_capitals_are_spelt_out_unless_they_can_be_said():
    assert sounds_of("QL") == sounds_of("Q") + sounds_of("L") != sounds_of("ql")
    assert sounds_of("NASA") == sounds_of("nasa")


def test_marks_and_foreign_letters_are_silent():
    assert sounds_of("?!… 北京") == ""


def best(finder, text, **bounds):
    return max(finder.find(text.split(), min_likeness=0.1), key=lambda match: match.likeness)


def test_a_term_is_found_across_words():
    finder = SoundFinder(["Redis", "Kubernetes"])

    match = best(finder, "we moved it to cooper netties last week")

    assert (match.reading, match.first, match.last) == (1, 4, 5)
    assert match.likeness > 0.9


def test_likeness_falls_with_every_sound_that_differs():
    finder = SoundFinder(["Tensorboard"])

    likeness = [best(finder, word).likeness for word in ("tensorboard", "tenserbord", "tenderly")]

    assert likeness == sorted(likeness, reverse=True)
    assert likeness[0] == 1.0
    assert likeness[2] < 0.75


def test_nothing_is_found_below_the_bound_or_without_readings():
    assert SoundFinder(["Kubernetes"]).find(["yes", "please"], min_likeness=0.6) == []
    assert SoundFinder([]).find(["yes"], min_likeness=0.0) == []
    assert SoundFinder(["!!!"]).find(["yes"], min_likeness=0.0) == []


def test_matches_are_those_of_the_slow_obvious_way():
    readings = ["Pellucid", "Argo", "Van der Meer"]
    words = "the far go pelican lucid van dear mere".split()
    finder = SoundFinder(readings)

    found = {(m.reading, m.last): m.likeness for m in finder.find(words, min_likeness=-9.0)}

    for n, reading in enumerate(readings):
        alone = SoundFinder([reading])
        for last in range(len(words)):
            one_by_one = [
                {m.last: m.likeness for m in alone.find(words[first : last + 1], min_likeness=-9.0)}
                for first in range(last + 1)
            ]
            most = max(
                likeness[last - first]
                for first, likeness in zip(itertools.count(), one_by_one, strict=False)
            )
            assert found[n, last] == pytest.approx(most)
