"""The page that checks whether everything is ready."""

from __future__ import annotations

import pytest

from app.domain.errors import Category, KnownError
from app.services.diagnostics import Check
from app.ui.actions import Do
from app.ui.doctor.view import DoctorDialog

pytestmark = pytest.mark.ui

FINE = Check(name="microphone", is_ok=True, finding="Desk microphone: -40 dBFS")
MUTED = Check(name="test sound", is_ok=False, finding="not recorded", fix="Unmute the output.")


def opened(desk) -> DoctorDialog:
    desk.window.kit.actions[Do.DOCTOR].trigger()
    return desk.window.findChild(DoctorDialog)


def test_what_is_to_fix_comes_first_with_its_fix(desk):
    desk.window.kit.context.diagnostics.checks = (FINE, MUTED)

    dialog = opened(desk)
    desk.wait(lambda: len(dialog.rows) == 2)

    assert [row.check for row in dialog.rows] == [MUTED, FINE]
    assert dialog.message.text() == "One thing to fix:"
    assert "Unmute the output." in dialog.rows[0].accessibleName()
    assert desk.window.kit.context.diagnostics.chirps == [True]


def test_check_again_replaces_what_was_found(desk):
    diagnostics = desk.window.kit.context.diagnostics
    diagnostics.checks = (FINE, MUTED)
    dialog = opened(desk)
    desk.wait(lambda: len(dialog.rows) == 2)

    diagnostics.checks = (FINE,)
    dialog.again.click()
    desk.wait(lambda: len(dialog.rows) == 1)

    assert dialog.message.text() == "Everything is ready."


def test_failure_is_told_and_can_be_tried_again(desk):
    desk.window.kit.context.diagnostics.failure = KnownError("No.", category=Category.DEVICE)

    dialog = opened(desk)
    desk.wait(dialog.again.isEnabled)

    assert dialog.message.text() == "No."


def test_button_before_a_recording_opens_the_page_and_a_recording_forbids_it(desk):
    desk.window.live.setup.doctor.click()
    assert desk.window.findChild(DoctorDialog) is not None
    desk.window.findChild(DoctorDialog).accept()
    desk.wait(lambda: desk.window.findChild(DoctorDialog) is None)

    desk.start_recording()
    desk.window.kit.actions[Do.DOCTOR].trigger()

    assert desk.window.findChild(DoctorDialog) is None
