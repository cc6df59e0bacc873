from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import KnownError
from app.settings.files import SettingsFile, load, save, to_toml, variable_of
from app.settings.schema import CaptureSettings, Settings, TranscriptSettings, all_fields

pytestmark = pytest.mark.unit


def test_load_gives_defaults_when_there_is_no_file(tmp_path):
    assert load(tmp_path / "settings.toml") == Settings()


def test_environment_beats_the_file_and_the_command_line_beats_both(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('[transcript]\nlanguage = "de"\npoint = "live"\n')
    environ = {"CROSSTALK_TRANSCRIPT_LANGUAGE": "fr", "CROSSTALK_CAPTURE_MINIMUM_FREE_GB": "2.5"}

    from_file = load(path)
    from_environment = load(path, environ=environ)
    from_command_line = load(path, environ=environ, overrides={"transcript.language": "it"})

    assert from_file.transcript == TranscriptSettings(language="de", point="live")
    assert from_environment.transcript.language == "fr"
    assert from_environment.capture.minimum_free_gb == 2.5
    assert from_command_line.transcript == TranscriptSettings(language="it", point="live")


def test_a_file_that_an_editor_of_windows_saved_is_read(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_bytes(b'\xef\xbb\xbfversion = 1\r\n[transcript]\r\nlanguage = "de"\r\n')

    assert load(path).transcript.language == "de"


def test_save_writes_only_what_differs_from_the_defaults(tmp_path):
    path = tmp_path / "settings.toml"

    save(path, replace(Settings(), transcript=TranscriptSettings(language="de")))

    assert path.read_text() == 'version = 1\n\n[transcript]\nlanguage = "de"\n'


def test_save_says_so_when_the_disk_refuses(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(KnownError, match="could not be saved"):
        save(tmp_path / "file" / "settings.toml", Settings())


@given(
    microphone=st.text(st.characters(exclude_categories=["Cs"])),
    free_gb=st.floats(0.1, 1000),
)
def test_what_is_saved_is_loaded(tmp_path_factory, microphone, free_gb):
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    settings = replace(
        Settings(), capture=CaptureSettings(microphone=microphone, minimum_free_gb=free_gb)
    )

    save(path, settings)

    assert load(path) == settings


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[transcript]\nlangage = 'de'", "transcript.langage"),
        ("[window]\ntheme = 'pink'", "window.theme"),
        ("[window]\ntheme = ['dark']", "window.theme"),
        ("theme = 'dark'", "theme"),
        ("version = 'x'", "version"),
        ("version = 99", "newer Crosstalk"),
        ("[window", "cannot be read"),
    ],
)
def test_load_names_what_is_wrong_and_leaves_the_file(tmp_path, text, part):
    path = tmp_path / "settings.toml"
    path.write_text(text)

    with pytest.raises(KnownError, match=part):
        load(path)

    assert path.read_text() == text


def test_load_names_the_variable_that_is_wrong(tmp_path):
    with pytest.raises(KnownError, match="CROSSTALK_CAPTURE_MINIMUM_FREE_GB"):
        load(tmp_path / "none", environ={"CROSSTALK_CAPTURE_MINIMUM_FREE_GB": "much"})


def test_every_setting_has_its_own_variable():
    variables = [variable_of(entry) for entry in all_fields()]

    assert len(set(variables)) == len(variables)


def test_settings_file_holds_and_stores_what_was_saved(tmp_path):
    path = tmp_path / "settings.toml"
    file = SettingsFile(path, Settings())
    changed = replace(Settings(), transcript=TranscriptSettings(point="accurate"))

    file.save(changed)

    assert file.current == changed
    assert path.read_text() == to_toml(changed)
