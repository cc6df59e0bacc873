"""The table of actions holds together."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence

from app.lib.paths import resolve_paths
from app.ui.actions import TABLE, Actions, Do, with_keys
from app.ui.icons import Icons
from app.ui.tokens import LIGHT

pytestmark = pytest.mark.ui

FOLDER = resolve_paths().resources_dir / "icons" / "ui"


def test_every_action_has_a_shortcut_of_its_own_and_a_tip(qapp):
    parent = QObject()
    actions = Actions(parent)

    shortcuts = [
        actions[do].shortcut().toString(QKeySequence.SequenceFormat.PortableText) for do in Do
    ]

    assert all(shortcuts)
    assert len(set(shortcuts)) == len(shortcuts)
    assert all(actions[do].statusTip() and actions[do].text() for do in Do)


def test_keys_stand_behind_a_text_as_far_as_there_are_any(qapp):
    parent = QObject()
    actions = Actions(parent)
    faster, slower = actions[Do.FASTER], actions[Do.SLOWER]
    faster.setShortcut(QKeySequence("Ctrl+F"))
    slower.setShortcut(QKeySequence())

    assert with_keys("Speed", slower, faster) == "Speed (Ctrl+F)"
    assert with_keys("Speed", slower) == "Speed"


def test_what_needs_a_meeting_waits_for_its_page(qapp):
    parent = QObject()
    actions = Actions(parent)

    assert not any(actions[do].isEnabled() for do in (Do.STOP, Do.PAUSE, Do.EXPORT, Do.COPY_LINK))
    assert all(actions[do].isEnabled() for do in (Do.RECORD, Do.IMPORT, Do.SETTINGS, Do.QUIT))


def test_every_action_is_in_the_table_once():
    assert sorted(spec.do for spec in TABLE) == sorted(Do)


def test_icons_are_drawn_in_the_colour_asked_for(qapp):
    image = Icons(FOLDER).pixmap("stop", "#C8322B", 24).toImage()

    assert image.pixelColor(image.width() // 2, image.height() // 2).name() == "#c8322b"


def test_every_icon_of_the_table_exists(qapp):
    parent = QObject()
    actions = Actions(parent)

    actions.dress(Icons(FOLDER), LIGHT)

    assert not any(actions[spec.do].icon().isNull() for spec in TABLE if spec.icon)
