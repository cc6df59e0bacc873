"""Links to meetings: opened, refused, handed out."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication

from app.domain.ids import MeetingId
from app.domain.links import link_to, meeting_of
from app.ui.actions import Do
from tests.ui.conftest import RELEASE

pytestmark = pytest.mark.ui


def test_a_link_opens_its_meeting(desk):
    desk.window.links.open(meeting_of(link_to(RELEASE)))

    desk.wait(lambda: desk.window.review.document.transcript is not None)
    assert desk.window.review.document.meeting_id == RELEASE
    assert desk.window.pages.currentWidget() is desk.window.review


def test_a_link_to_a_meeting_that_is_gone_is_told(desk):
    desk.window.links.open(MeetingId("gone"))

    desk.wait(lambda: bool(desk.window.banners.texts))
    assert desk.window.banners.texts == ("The meeting of this link (gone) is not in the library.",)
    assert desk.window.pages.currentWidget() is desk.window.welcome


def test_the_link_of_the_open_meeting_is_copied(desk):
    action = desk.window.kit.actions[Do.COPY_LINK]
    assert not action.isEnabled()
    desk.open()

    action.trigger()

    assert QGuiApplication.clipboard().text() == link_to(RELEASE)
    assert desk.window.banners.texts == ("The link to this meeting is copied.",)
    desk.window.show_live()
    assert not action.isEnabled()
