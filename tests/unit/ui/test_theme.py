"""Which theme is shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from app.ui.theme import COMPACT_AIR, Theme, ThemeMode, remember_theme, remembered_theme, tokens_for
from app.ui.tokens import DARK, LIGHT
from tests.fakes.ui_context import make_context

pytestmark = pytest.mark.ui

SYSTEM_DARK, SYSTEM_LIGHT = Qt.ColorScheme.Dark, Qt.ColorScheme.Light


@pytest.mark.parametrize(
    ("mode", "system", "expected"),
    [
        (ThemeMode.SYSTEM, SYSTEM_DARK, DARK),
        (ThemeMode.SYSTEM, SYSTEM_LIGHT, LIGHT),
        (ThemeMode.SYSTEM, Qt.ColorScheme.Unknown, LIGHT),
        (ThemeMode.LIGHT, SYSTEM_DARK, LIGHT),
        (ThemeMode.DARK, SYSTEM_LIGHT, DARK),
    ],
)
def test_the_user_comes_before_the_system(mode, system, expected):
    assert tokens_for(mode, system) is expected


def test_choosing_a_theme_colours_the_application(qapp, qtbot):
    theme = Theme(qapp, ThemeMode.LIGHT)

    with qtbot.waitSignal(theme.changed):
        theme.set_mode(ThemeMode.DARK)

    assert qapp.palette().window().color().name().upper() == DARK.window


def test_a_compact_window_leaves_less_air(qapp, qtbot):
    theme = Theme(qapp, ThemeMode.LIGHT)
    assert theme.air == 1.0
    assert "padding: 7px 14px" in qapp.styleSheet()

    with qtbot.waitSignal(theme.changed):
        theme.set_density("compact")

    assert theme.air == COMPACT_AIR
    assert "padding: 7px 14px" not in qapp.styleSheet()
    assert Theme(qapp, ThemeMode.LIGHT, 100, "compact").air == COMPACT_AIR
    theme.set_density("comfortable")


def test_the_choice_is_remembered(tmp_path):
    context = make_context(tmp_path, [])
    assert remembered_theme(context) is ThemeMode.SYSTEM

    remember_theme(context, ThemeMode.DARK)

    assert remembered_theme(context) is ThemeMode.DARK
    assert 'theme = "dark"' in (tmp_path / "settings.toml").read_text()
