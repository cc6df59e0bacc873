from __future__ import annotations

import pytest

from app.domain.errors import KnownError

pytestmark = pytest.mark.unit


def test_missing_defaults_are_those_not_ok(program):
    assert program.context.models.missing_defaults() == ()
    program.weights.set_state("silero-vad", "missing")

    assert [s.model_id for s in program.context.models.missing_defaults()] == ["silero-vad"]


def test_fetching_the_default_set_gets_what_is_missing_only(program):
    program.weights.set_state("silero-vad", "missing")

    status = program.context.models.fetch("default")

    assert program.weights.fetched == ["silero-vad"]
    assert status.model_id == "silero-vad"
    assert program.context.models.fetch("default").state == "ok"
    assert program.weights.fetched == ["silero-vad"]


def test_one_model_is_fetched_by_id(program):
    assert program.context.models.fetch("whisper-base").model_id == "whisper-base"


def test_importing_needs_a_folder(program, tmp_path):
    with pytest.raises(KnownError, match="not a folder"):
        program.context.models.import_folder(tmp_path / "none")

    (tmp_path / "whisper-base").mkdir()
    assert program.context.models.import_folder(tmp_path)[0].model_id == "whisper-base"


def test_a_manifest_without_defaults_is_told(program):
    program.weights.statuses.clear()

    with pytest.raises(KnownError, match="no default"):
        program.context.models.fetch("default")
