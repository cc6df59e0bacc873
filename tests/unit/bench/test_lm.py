from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from app.bench.lm import LmResult, TermFigures, measure_terms, run_lm
from app.bench.play import Setup, play
from app.bench.scoring import WordScore
from app.bench.sets import find_sets
from app.domain.vocabulary import VocabularyTerm
from tests.fakes.engine import MODELS
from tests.fakes.program import FakeProgram, patch, segment
from tests.fakes.reference_sets import write_set

pytestmark = pytest.mark.unit
TERMS = (VocabularyTerm(text="Kubernetes"), VocabularyTerm(text="Ada"))


@pytest.fixture
def measured(tmp_path):
    """Figures of one recording: what is said, and what is written."""

    def run(said: str, written: str) -> TermFigures:
        write_set(tmp_path / "sets" / "one", said)
        (reference,) = find_sets([tmp_path / "sets"])
        program = FakeProgram(tmp_path / "program")
        program.engine.live = [MODELS, patch(segment("a", written))]
        setup = Setup(is_realtime=False)
        take = play(program.context, reference.streams, setup, cancel=threading.Event())
        return measure_terms(reference, take, TERMS)

    return run


def test_terms_count_as_often_as_they_are_said(measured):
    figures = measured("Kubernetes and ada, kubernetes", "Kubernetes, and ADA, cooper netties Ada")

    assert (figures.said, figures.right, figures.untrue) == (3, 2, 1)
    assert figures.recall == pytest.approx(100 * 2 / 3)
    assert figures.general.words == 0
    assert figures.score.words == 4


def test_a_term_inside_a_word_is_none(measured):
    assert measured("Adam was here", "Adam was here").said == 0


def test_recordings_without_terms_show_what_the_list_costs(measured):
    figures = measured("hello there", "hello Ada")

    assert (figures.said, figures.recall, figures.untrue) == (0, None, 1)
    assert figures.general.errors == 1


def result(off: TermFigures, on: TermFigures) -> LmResult:
    return LmResult(setup=Setup(), term_count=2, off={"a": off}, on={"a": on})


def test_targets_are_twenty_points_and_a_tenth():
    off = TermFigures(said=10, right=5, general=WordScore(words=1000, errors=100))
    good = replace(off, right=7, general=WordScore(words=1000, errors=101))
    bad = replace(off, right=6, general=WordScore(words=1000, errors=102))

    assert result(off, good).record()["ok"] is True
    assert [t.value for t in result(off, bad).targets] == pytest.approx([10.0, 0.2])
    assert result(off, bad).record()["ok"] is False


def test_what_was_not_said_is_not_a_target():
    empty = TermFigures()

    assert [target.value for target in result(empty, empty).targets] == [None, None]


def test_each_set_is_run_without_the_terms_and_with_them(tmp_path):
    write_set(tmp_path / "sets" / "one", "Ada")
    sets = find_sets([tmp_path / "sets"])
    program = FakeProgram(tmp_path / "program")
    program.engine.live = [MODELS, patch(segment("a", "Ada"))]
    seen = []

    def player(setup: Setup):
        seen.append(setup.vocabulary)
        return lambda reference: play(
            program.context, reference.streams, setup, cancel=threading.Event()
        )

    without = Setup(is_realtime=False)
    found = run_lm(sets, TERMS, (without, replace(without, vocabulary=TERMS)), player)

    assert seen == [(), TERMS]
    assert found.record()["on"]["recall"] == 100.0
    assert set(found.record()["sets"]) == {"one"}
