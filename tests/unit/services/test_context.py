from __future__ import annotations

from dataclasses import replace

import pytest

from app.settings.files import load
from app.settings.schema import WindowSettings

pytestmark = pytest.mark.unit


def test_saved_settings_hold_at_once_and_are_stored(program):
    context = program.context

    context.save_settings(replace(context.settings, window=WindowSettings(theme="dark")))

    assert context.settings.window.theme == "dark"
    assert load(program.paths.settings_file).window.theme == "dark"
