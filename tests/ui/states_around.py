"""States around meetings that are pictured: settings, first steps, errors, sizes, directions."""

from __future__ import annotations

from PySide6.QtCore import (
    Qt,
)
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QDialog

from app.domain.ids import StreamId
from app.domain.messages import Notice, NoticeKind
from app.domain.sentences import say
from app.services.diagnostics import Check
from app.services.events import Noticed
from app.ui.actions import Do
from app.ui.doctor.findings import CheckRow
from app.ui.errors import problem_of
from app.ui.first_steps import FirstSteps
from app.ui.questions import ask_before_closing
from app.ui.speakers.view import PeopleDialog
from app.ui.window import MainWindow
from tests.fakes import ui_context as fakes
from tests.fakes import ui_meetings as made
from tests.ui.states import live, open_meeting, people, settle, setup


def empty(window: MainWindow) -> None:
    """A first start."""
    window.library.model.show_meetings((), made.STARTED.date())


def error(window: MainWindow) -> None:
    """A banner, and the offer to fetch models."""
    open_meeting(window, "m0000001")
    models = window.kit.context.models
    assert isinstance(models, fakes.FakeModels)
    models.missing = (fakes.missing_model(),)
    window.models.check()
    settle(lambda: len(window.banners.texts) > 0)
    window.messages.show_problem(problem_of(fakes.disk_full()))


def settings(window: MainWindow) -> None:
    """All settings, with models and privacy further down."""
    open_meeting(window, "m0000001")
    window.show_settings()
    settle(lambda: len(window.settings.models.rows) > 2)
    settle(lambda: "MB" in next(iter(window.settings.privacy.sizes.values())).text())


def settings_letters(window: MainWindow) -> None:
    """All settings while Alt is held."""
    settings(window)
    window.activateWindow()
    settle(window.isActiveWindow)
    window.key_tips.begin()
    settle(lambda: window.key_tips.is_shown)


def closing(window: MainWindow) -> None:
    """What becomes of the meeting that is being recorded."""
    live(window)
    ask_before_closing(window, keep=lambda: None, stop=lambda: None)


def forget(window: MainWindow) -> None:
    """Whether a voice is to be deleted."""
    people(window)
    dialog = window.findChild(PeopleDialog)
    assert dialog is not None
    settle(lambda: bool(dialog.people))
    dialog.list.setCurrentRow(0)
    dialog.forget.click()


def vocabulary(window: MainWindow) -> None:
    """The list of terms, two lines of it bad."""
    text = (
        "# people\nSiobhan Kavanagh: shivaun kavanah\nAda Lovelace\nKubernetes\n???\nada lovelace\n"
    )
    window.kit.context.vocabulary.save(text)
    settings(window)
    settle(lambda: window.settings.vocabulary.field.complaint.isVisible())
    window.settings.area.ensureWidgetVisible(window.settings.vocabulary, 0, 60)


def setup_terms(window: MainWindow) -> None:
    """Before a recording, with terms of its own."""
    setup(window)
    window.live.setup.more.setChecked(True)
    window.live.setup.terms.set_text("Project Zephyr\nSiobhan: shivaun")


def first_steps_sound(window: MainWindow) -> None:
    """A first start: the sound was checked."""
    diagnostics = window.kit.context.diagnostics
    assert isinstance(diagnostics, fakes.FakeDiagnostics)
    fix = "Unmute the output, or choose the one your meetings play on as system audio."
    diagnostics.checks = (
        Check(name="microphone", is_ok=True, finding="Built-in microphone: -40 dBFS"),
        Check(name="test sound", is_ok=False, finding="it was played and not recorded", fix=fix),
    )
    dialog = _first_steps(window)
    dialog.sound.check.click()
    settle(lambda: len(dialog.sound.findings.rows) == 2)


def first_steps_models(window: MainWindow) -> None:
    """A first start: models are missing."""
    models = window.kit.context.models
    assert isinstance(models, fakes.FakeModels)
    models.missing = (fakes.missing_model(),)
    window.models.check()
    settle(lambda: bool(window.banners.texts))
    _first_steps(window).next.click()


def first_steps_sample(window: MainWindow) -> None:
    """A first start: the sample, and what recording people asks for."""
    dialog = _first_steps(window)
    dialog.next.click()
    dialog.next.click()


def settings_models(window: MainWindow) -> None:
    """The settings where models and privacy are."""
    settings(window)
    settle(lambda: window.settings.models.height() > 0)
    window.settings.area.verticalScrollBar().setValue(window.settings.models.y())


def big_text(window: MainWindow) -> None:
    """Text twice as large as the system's."""
    window.kit.theme.set_text_percent(200)
    open_meeting(window, "m0000001")


def big_settings(window: MainWindow) -> None:
    """The settings with text twice as large."""
    window.kit.theme.set_text_percent(200)
    settings(window)


def compact(window: MainWindow) -> None:
    """Lines and meetings close together."""
    window.kit.theme.set_density("compact")
    open_meeting(window, "m0000001")


def mirrored(window: MainWindow) -> None:
    """The whole window laid out from right to left."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    open_meeting(window, "rtl00001")


def mirrored_settings(window: MainWindow) -> None:
    """The settings laid out from right to left."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    settings(window)


def updates(window: MainWindow) -> None:
    """A newer version was found."""
    settings(window)
    asked = window.kit.context.updates
    assert isinstance(asked, fakes.FakeUpdates)
    asked.newest = "9.1"
    row = window.settings.updates
    row.check.click()
    settle(row.check.isEnabled)
    window.settings.area.ensureWidgetVisible(row, 0, 120)


def check(window: MainWindow) -> None:
    """The check before a meeting, in the language of the window."""
    diagnostics = window.kit.context.diagnostics
    assert isinstance(diagnostics, fakes.FakeDiagnostics)
    diagnostics.checks = (
        Check(
            name="sound server", is_ok=True, finding=say("{count} sources can be recorded", count=4)
        ),
        Check(
            name=say("microphone"),
            is_ok=False,
            finding=say("{device} delivers only zeros", device="Built-in Audio Analog Stereo"),
            fix="Unmute it in the sound settings, and allow Crosstalk to use the microphone.",
        ),
        Check(
            name=say("system audio"),
            is_ok=True,
            finding=say("{device}: silent, nothing plays", device="Monitor of Headphones"),
        ),
        Check(
            name="disk",
            is_ok=True,
            finding=say("{free} GB free for {folder}", free="212.4", folder="/home/anna/.local"),
        ),
    )
    open_meeting(window, "m0000001")
    window.kit.actions[Do.DOCTOR].trigger()
    dialog = window.findChild(QDialog)
    assert dialog is not None
    settle(lambda: len(dialog.findChildren(CheckRow)) == len(diagnostics.checks))


def warnings(window: MainWindow) -> None:
    """A running meeting with a warning of the watchdog, in the language of the window."""
    live(window)
    recording = window.kit.context.recording
    assert isinstance(recording, fakes.FakeRecording)
    assert recording.live is not None
    text = say(
        "The {source} ({device}) is muted in the sound settings.",
        source=say("microphone"),
        device="Built-in Audio Analog Stereo",
    )
    notice = Notice(kind=NoticeKind.SILENT_SOURCE, text=text, stream=StreamId.MIC)
    recording.live.emit(Noticed(meeting_id=recording.live.meeting_id, t=60.0, notice=notice))
    settle(lambda: bool(window.banners.texts))


def big_first_steps(window: MainWindow) -> None:
    """A first start with text twice as large."""
    window.kit.theme.set_text_percent(200)
    first_steps_sound(window)


def big_vocabulary(window: MainWindow) -> None:
    """The list of terms with text twice as large."""
    window.kit.theme.set_text_percent(200)
    vocabulary(window)


def mirrored_first_steps(window: MainWindow) -> None:
    """A first start laid out from right to left."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    first_steps_sound(window)


def shortcuts(window: MainWindow) -> None:
    """All shortcuts, one of them refused."""
    settings(window)
    card = window.settings.shortcuts
    row = card.rows[Do.EXPORT]
    row.keys.setKeySequence(QKeySequence("Ctrl+R"))
    row.keys.editingFinished.emit()
    settle(lambda: True)
    bar = window.settings.area.verticalScrollBar()
    bar.setValue(card.y() + row.y() - 220)


def typeface(window: MainWindow) -> None:
    """The settings of captions, the typeface among them."""
    settings(window)
    window.settings.area.ensureWidgetVisible(window.settings.rows["captions.typeface"], 0, 200)


def _first_steps(window: MainWindow) -> FirstSteps:
    window.show_first_steps()
    dialog = window.findChild(FirstSteps)
    assert dialog is not None
    return dialog
