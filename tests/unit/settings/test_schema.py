from __future__ import annotations

import pytest

from app.domain.errors import KnownError
from app.domain.session import ModelChoice, OperatingPoint
from app.settings.schema import Settings, all_fields, build, read_value, with_values

pytestmark = pytest.mark.unit


def test_every_field_has_help_and_a_legal_default():
    for entry in all_fields():
        assert entry.option.help.endswith("."), entry.path
        assert entry.option.complaint_about(entry.default, entry.default) is None, entry.path


def test_defaults_are_the_engines_defaults():
    settings = Settings()

    assert settings.point is OperatingPoint.BALANCED
    assert settings.model_choice == ModelChoice()


@pytest.mark.parametrize(("value", "chosen"), [("off", None), ("auto", "auto"), ("a/b", "a/b")])
def test_separation_is_off_or_what_the_setting_names(value, chosen):
    assert build({"models.separation": value}, origin="here").model_choice.separation == chosen


def test_build_takes_values_by_key_path():
    settings = build({"transcript.language": "de", "capture.minimum_free_gb": 2}, origin="here")

    assert settings.transcript.language == "de"
    assert settings.capture.minimum_free_gb == 2.0
    assert isinstance(settings.capture.minimum_free_gb, float)


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        ("transcript.langage", "de", "is not a setting"),
        ("transcript.point", "final", "one of live, balanced, accurate"),
        ("transcript.language", 7, "has to be text"),
        ("capture.minimum_free_gb", True, "has to be a number"),
        ("capture.minimum_free_gb", 0.0, "at least 0.1"),
        ("capture.minimum_free_gb", 1e9, "at most 1000"),
    ],
)
def test_build_names_the_key_path_when_a_value_is_wrong(path, value, part):
    with pytest.raises(KnownError) as caught:
        build({path: value}, origin="settings.toml")

    assert path in str(caught.value)
    assert "settings.toml" in str(caught.value)
    assert part in str(caught.value)


def test_read_value_returns_every_field():
    settings = Settings()

    assert {e.path: read_value(settings, e) for e in all_fields()} == {
        e.path: e.default for e in all_fields()
    }


def test_values_replace_those_that_hold():
    changed = with_values(Settings(), {"captions.lines": 5})

    assert changed.captions.lines == 5
    assert changed.transcript == Settings().transcript


def test_an_illegal_value_is_refused_with_its_key_path():
    with pytest.raises(KnownError, match=r"captions\.lines"):
        with_values(Settings(), {"captions.lines": 7})
