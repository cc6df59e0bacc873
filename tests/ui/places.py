"""Every view and dialog of the window, each in a state that shows all of its controls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget

from app.domain.errors import Severity
from app.services.diagnostics import Check
from app.ui.actions import Do
from app.ui.doctor.view import DoctorDialog
from app.ui.export.people import PeoplePanel
from app.ui.export.view import ExportDialog
from app.ui.first_steps import FirstSteps
from app.ui.questions import ask_before_closing
from app.ui.speakers.view import PeopleDialog
from app.ui.transcript.who import WhoPanel
from tests.fakes import ui_context as fakes
from tests.ui.conftest import Desk

W = TypeVar("W", bound=QWidget)
FINDINGS = (
    Check(name="microphone", is_ok=True, finding="Built-in microphone: -40 dBFS"),
    Check(name="test sound", is_ok=False, finding="it was played and not recorded"),
)


def welcome(desk: Desk) -> QWidget:
    """A list of meetings, and nothing open."""
    return desk.window


def imports(desk: Desk) -> QWidget:
    """Files on their way in, and messages above."""
    window = desk.window
    window.library.imports.add([Path("talk.wav"), Path("more.wav")])
    window.banners.show_text(
        "The disk is nearly full.", severity=Severity.WARNING, button_text="Show", pressed=list
    )
    return window


def setup(desk: Desk) -> QWidget:
    """Before a recording."""
    window = desk.window
    window.show_live()
    desk.wait(lambda: window.live.setup.record.isEnabled())
    window.live.setup.more.setChecked(True)
    return window


def live(desk: Desk) -> QWidget:
    """In the middle of a meeting, with the panel, and a marker being set."""
    window = desk.window
    meeting = desk.start_recording()
    meeting.play_until(59.0)
    desk.wait(lambda: window.live.transcript.model().rowCount() > 6)
    window.kit.actions[Do.LIVE_PANEL].setChecked(True)
    window.live.panel.refresh_people()
    window.live.transcript.verticalScrollBar().setValue(0)
    window.kit.actions[Do.MARK].trigger()
    return window


def review(desk: Desk) -> QWidget:
    """A stored meeting."""
    desk.open()
    return desk.window


def find(desk: Desk) -> QWidget:
    """Words found, about to be replaced."""
    desk.open()
    window = desk.window
    window.kit.actions[Do.REPLACE].trigger()
    window.review.find_bar.field.setText("release")
    return window


def who(desk: Desk) -> QWidget:
    """Who says this?"""
    desk.open()
    view = desk.window.review.transcript
    view.setFocus()
    view.setCurrentIndex(view.model().index(1))
    desk.window.kit.actions[Do.NAME_SPEAKER].trigger()
    return _child(desk, WhoPanel)


def export(desk: Desk) -> QWidget:
    """What is exported, and how."""
    desk.open()
    desk.window.kit.actions[Do.EXPORT].trigger()
    dialog = _child(desk, ExportDialog)
    desk.wait(lambda: dialog.people.isVisible())
    return dialog


def export_people(desk: Desk) -> QWidget:
    """Whose lines are exported."""
    dialog = export(desk)
    assert isinstance(dialog, ExportDialog)
    dialog.people.open_list()
    return _child(desk, PeoplePanel)


def people(desk: Desk) -> QWidget:
    """Enrolled people, one of them chosen, and a voice about to be stored."""
    desk.open()
    desk.window.kit.actions[Do.PEOPLE].trigger()
    dialog = _child(desk, PeopleDialog)
    desk.wait(lambda: len(dialog.people) > 1)
    dialog.list.setCurrentRow(0)
    dialog.enroll.name.setText("Ada")
    dialog.enroll.consent.setChecked(True)
    return dialog


def rename(desk: Desk) -> QWidget:
    """Another name for a person."""
    dialog = people(desk)
    assert isinstance(dialog, PeopleDialog)
    dialog.rename.click()
    return _child(desk, QInputDialog)


def forget(desk: Desk) -> QWidget:
    """Whether a voice is to be deleted."""
    dialog = people(desk)
    assert isinstance(dialog, PeopleDialog)
    dialog.forget.click()
    return _child(desk, QMessageBox)


def settings(desk: Desk) -> QWidget:
    """All settings, models to download among them, one of them on its way."""
    window = desk.window
    window.show_settings()
    desk.wait(lambda: bool(window.settings.models.rows))
    return window


def first_sound(desk: Desk) -> QWidget:
    """The first of the first steps, checked."""
    fakes_diagnostics(desk).checks = FINDINGS
    dialog = _first_steps(desk)
    dialog.sound.check.click()
    desk.wait(lambda: len(dialog.sound.findings.rows) == 2)
    return dialog


def first_models(desk: Desk) -> QWidget:
    """The second of the first steps."""
    desk.models.missing = (fakes.missing_model(),)
    desk.window.models.check()
    desk.wait(lambda: bool(desk.window.models.missing))
    dialog = _first_steps(desk)
    dialog.next.click()
    return dialog


def first_sample(desk: Desk) -> QWidget:
    """The last of the first steps."""
    dialog = _first_steps(desk)
    dialog.next.click()
    dialog.next.click()
    return dialog


def doctor(desk: Desk) -> QWidget:
    """Whether everything is ready."""
    fakes_diagnostics(desk).checks = FINDINGS
    desk.window.kit.actions[Do.DOCTOR].trigger()
    dialog = _child(desk, DoctorDialog)
    desk.wait(lambda: len(dialog.rows) == 2)
    return dialog


def closing(desk: Desk) -> QWidget:
    """What becomes of the meeting that is being recorded."""
    ask_before_closing(desk.window, keep=lambda: None, stop=lambda: None)
    return _child(desk, QMessageBox)


def captions(desk: Desk) -> QWidget:
    """Captions over other windows."""
    window = desk.window
    window.kit.actions[Do.CAPTIONS].trigger()
    window.captions.activateWindow()
    return window.captions


PLACES: dict[str, Callable[[Desk], QWidget]] = {
    place.__name__: place
    for place in (
        welcome, imports, setup, live, review, find, who, export, export_people, people, rename,
        forget, settings, first_sound, first_models, first_sample, doctor, closing, captions,
    )
}  # fmt: skip


def fakes_diagnostics(desk: Desk) -> fakes.FakeDiagnostics:
    """The check of sound and models."""
    diagnostics = desk.window.kit.context.diagnostics
    assert isinstance(diagnostics, fakes.FakeDiagnostics)
    return diagnostics


def _first_steps(desk: Desk) -> FirstSteps:
    desk.window.show_first_steps()
    return _child(desk, FirstSteps)


def _child(desk: Desk, kind: type[W]) -> W:
    """The one that is open."""
    found = [w for w in desk.window.findChildren(kind) if w.isVisible()]
    assert len(found) == 1, found
    return found[0]
