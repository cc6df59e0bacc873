from __future__ import annotations

import pytest

from app.domain.session import OperatingPoint
from tests.fakes.audio import write_audio
from tests.fakes.engine import MODELS
from tests.fakes.program import patch, segment

pytestmark = pytest.mark.unit


@pytest.fixture
def talk(tmp_path, line):
    line.program.engine.live = [MODELS, patch(segment("a", "hello bear"))]
    line.program.engine.final = [MODELS, patch(segment("a", "hello there"))]
    return str(write_audio(tmp_path / "talk.wav"))


def test_the_same_configuration_shows_no_difference(line, talk):
    result = line.run("mirror", talk)

    assert "Both configurations are the same." in result.stdout
    assert "talk.wav: no difference in 2 words, voices 1 | 1" in result.stdout
    assert [job.config.point for job in line.program.engine.jobs] == [OperatingPoint.FINAL] * 2


def test_differences_are_shown_with_their_configuration(line, talk, tmp_path):
    other = str(write_audio(tmp_path / "other.wav"))

    result = line.run("mirror", "--b", "point=live", talk, other)

    assert "point: final | live" in result.stdout
    assert "talk.wav: 1 words the same, 1 replaced" in result.stdout
    assert "  1.0 s: there | bear" in result.stdout
    assert "in all: 2 words the same, 2 replaced" in result.stdout


def test_equal_configurations_that_differ_end_with_code_1(line, talk, monkeypatch):
    engine = line.program.engine
    engine.on_refine = lambda cancel: setattr(
        engine, "final", [MODELS, patch(segment("a", f"hello {len(engine.jobs)}"))]
    )

    record = line.run("mirror", talk, "--json", exit_code=1).stdout

    assert '"ok": false' in record


def test_a_mistake_in_a_configuration_is_explained(line, talk):
    result = line.run("mirror", "--a", "colour=red", talk, exit_code=2)

    assert "'colour' is not a part of a configuration" in result.stderr
