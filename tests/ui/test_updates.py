"""Updates: nobody is asked by itself, a press is answered, a newer version is a banner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.services.updates import PYPI_URL
from app.settings.schema import Settings, UpdateSettings
from app.ui.actions import Do

pytestmark = pytest.mark.ui

LOOKING = replace(Settings(), updates=UpdateSettings(is_checking=True))


def open_row(desk):
    desk.window.kit.actions[Do.SETTINGS].trigger()
    return desk.window.settings.updates


def wait_for_idle(desk):
    """Until what the window began in the background by now has ended."""
    desk.wait(lambda: not desk.window.kit.tasks._tasks)


def test_nobody_is_asked_while_it_is_off(desk):
    desk.window.updater.look()
    open_row(desk)
    desk.wait(lambda: bool(desk.window.settings.models.rows))
    wait_for_idle(desk)

    assert desk.updates.asked == []


def test_a_press_asks_once_and_says_what_was_found(desk):
    row = open_row(desk)
    desk.updates.newest = "9.1"

    row.check.click()
    desk.wait(row.check.isEnabled)

    assert desk.updates.asked == [PYPI_URL]
    assert row.message.text().startswith("Version 9.1 is available. Update with: ")


def test_this_version_may_be_the_newest(desk):
    row = open_row(desk)

    row.check.click()
    desk.wait(row.check.isEnabled)

    assert row.message.text() == "This is the newest version."


def test_no_connection_is_said_beside_the_button(desk):
    row = open_row(desk)
    desk.updates.is_online = False

    row.check.click()
    desk.wait(row.check.isEnabled)

    assert "Check the connection and try again" in row.message.text()
    assert desk.window.banners.texts == ()


def test_once_switched_on_a_newer_version_is_a_banner(make_desk):
    desk = make_desk(settings=LOOKING)
    desk.wait(lambda: desk.updates.asked == [PYPI_URL])
    wait_for_idle(desk)
    assert desk.window.banners.texts == ()

    (desk.window.kit.context.paths.data_dir / "updates.json").unlink()
    desk.updates.newest = "9.1"
    desk.window.updater.look()
    desk.wait(lambda: bool(desk.window.banners.texts))

    assert desk.window.banners.texts[0].startswith("Version 9.1 is available. Update with: ")


def test_the_setting_is_found_by_searching(desk):
    row = open_row(desk)

    desk.window.settings.search.setText("newer version")

    assert row.isVisible()
    assert not desk.window.settings.rows["window.theme"].isVisible()
