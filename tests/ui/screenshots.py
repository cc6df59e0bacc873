"""Renders the window in its states: `python -m tests.ui.screenshots [OUT_DIR] [--all]`.

Without `--all`, the chosen dozen of the documentation; with it, every state in both themes and
several sizes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import (
    QDeadlineTimer,
    QEventLoop,
    QItemSelection,
    QItemSelectionModel,
    QLocale,
    QPoint,
    Qt,
)
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.domain.ids import MeetingId, StreamId
from app.lib.paths import resolve_paths
from app.services.diagnostics import Check
from app.ui.actions import Do
from app.ui.errors import problem_of
from app.ui.export.people import PeoplePanel
from app.ui.export.view import ExportDialog
from app.ui.first_steps import FirstSteps
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme, ThemeMode
from app.ui.translation import speak
from app.ui.window import MainWindow
from tests.fakes import ui_context as fakes
from tests.fakes import ui_meetings as made
from tests.ui.pictures import grab, pictured_meetings

SIZES = ((900, 600), (1280, 800), (1920, 1080))
LIGHT, DARK = ThemeMode.LIGHT, ThemeMode.DARK
LONG = MeetingId("long0001")


def settle(ready: Callable[[], bool], timeout_ms: int = 8000) -> None:
    """Run the event loop until something holds, then until nothing is left to paint."""
    deadline = QDeadlineTimer(timeout_ms)
    while not ready():
        if deadline.hasExpired():
            raise TimeoutError(f"never came to pass: {ready}")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
    for _ in range(4):
        QApplication.processEvents()


def empty(window: MainWindow) -> None:
    """A first start."""
    window.library.model.show_meetings((), made.STARTED.date())


def library(window: MainWindow) -> None:
    """Meetings by date, one of them open."""
    _open(window, "m0000001")


def search(window: MainWindow) -> None:
    """Hits for two words, the second one open."""
    window.library.search.setText("disk full")
    settle(lambda: "full" in str(window.library.model.data(window.library.model.index(1))))
    window.library.list.opened.emit(window.library.model.index(2))
    settle(lambda: window.review.document.transcript is not None)


def setup(window: MainWindow) -> None:
    """Before a recording."""
    window.show_live()
    settle(lambda: window.live.setup.choosers[StreamId.MIC].count() > 1)
    window.live.setup.title.setText("Release planning")


def live(window: MainWindow) -> None:
    """In the middle of a meeting."""
    recording = window.kit.context.recording
    assert isinstance(recording, fakes.FakeRecording)
    setup(window)
    window.live.setup.record.click()
    settle(lambda: recording.live is not None and window.live.is_running)
    assert recording.live is not None
    recording.live.play_until(59.0)
    settle(lambda: window.live.transcript.model().rowCount() > 6)
    window.live._tick()


def live_scrolled(window: MainWindow) -> None:
    """Scrolled back while the meeting goes on."""
    live(window)
    window.live.transcript.verticalScrollBar().setValue(0)
    window.live.transcript._scrolled(0)


def waiting(window: MainWindow) -> None:
    """Recording, and nothing said yet."""
    recording = window.kit.context.recording
    assert isinstance(recording, fakes.FakeRecording)
    setup(window)
    window.live.setup.record.click()
    settle(lambda: recording.live is not None and window.live.is_running)


def long_meeting(window: MainWindow) -> None:
    """Three hours, opened in the middle, playing."""
    window.review.open(LONG, at_s=5405.0)
    window._show_page(window.review)
    settle(lambda: window.review.document.transcript is not None)
    window.library.select(LONG)
    window.review.transcript._end_flash()
    window.review.transcript.set_position(5403.0)


def long_names(window: MainWindow) -> None:
    """Names that do not fit."""
    _open(window, "names001")


def right_to_left(window: MainWindow) -> None:
    """Arabic, Hebrew and Chinese lines."""
    _open(window, "rtl00001")


def error(window: MainWindow) -> None:
    """A banner, and the offer to fetch models."""
    _open(window, "m0000001")
    models = window.kit.context.models
    assert isinstance(models, fakes.FakeModels)
    models.missing = (fakes.missing_model(),)
    window.models.check()
    settle(lambda: len(window.banners.texts) > 0)
    window.show_problem(problem_of(fakes.disk_full()))


def export(window: MainWindow) -> None:
    """The export dialog."""
    _open(window, "m0000001")
    window.export_meeting(MeetingId("m0000001"), "Release planning")
    dialog = window.findChild(QDialog)
    assert dialog is not None
    settle(lambda: "Anna" in dialog.preview.toPlainText())


def export_people(window: MainWindow) -> None:
    """Choosing whose lines are exported."""
    export(window)
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    settle(dialog.people.isVisible)
    dialog.people.open_list()
    panel = dialog.people.findChild(PeoplePanel)
    assert panel is not None
    list(panel.boxes.values())[1].click()


def who(window: MainWindow) -> None:
    """Naming a voice."""
    _open(window, "m0000001")
    chip = window.review.voices.chips[-1]
    chip.click()


def importing(window: MainWindow) -> None:
    """A file on its way in, another waiting."""
    window.library.imports.add([Path("Interview 2026-11-20.m4a"), Path("Town hall.mp4")])
    transcribing = window.kit.context.transcribing
    assert isinstance(transcribing, fakes.FakeTranscribing)
    transcribing.allow(2)
    settle(lambda: window.findChild(QWidget, "import-bar") is not None or True)
    bars = window.library.findChildren(type(window.live.progress))
    settle(lambda: any(bar.value() == 500 for bar in bars))


def settings(window: MainWindow) -> None:
    """All settings, with models and privacy further down."""
    _open(window, "m0000001")
    window.show_settings()
    settle(lambda: len(window.settings.models.rows) > 2)
    settle(lambda: "MB" in next(iter(window.settings.privacy.sizes.values())).text())


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
    _open(window, "m0000001")


def big_settings(window: MainWindow) -> None:
    """The settings with text twice as large."""
    window.kit.theme.set_text_percent(200)
    settings(window)


def compact(window: MainWindow) -> None:
    """Lines and meetings close together."""
    window.kit.theme.set_density("compact")
    _open(window, "m0000001")


def mirrored(window: MainWindow) -> None:
    """The whole window laid out from right to left."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    _open(window, "rtl00001")


def mirrored_settings(window: MainWindow) -> None:
    """The settings laid out from right to left."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    settings(window)


def find(window: MainWindow) -> None:
    """Words found in the open meeting."""
    _open(window, "m0000001")
    window.review._open_find()
    window.review.find_bar.field.setText("release")
    settle(lambda: window.review.find_bar.count.text() != "")


def looping(window: MainWindow) -> None:
    """Three selected lines are repeated, in a time line that is enlarged."""
    _open(window, "m0000001")
    view = window.review.transcript
    view.setFocus()
    view.setCurrentIndex(view.model().index(1))
    rows = QItemSelection(view.model().index(1), view.model().index(3))
    view.selectionModel().select(rows, QItemSelectionModel.SelectionFlag.Select)
    window.kit.actions[Do.LOOP].trigger()
    for _ in range(4):
        window.kit.actions[Do.ZOOM_IN].trigger()


def dragging(window: MainWindow) -> None:
    """A line on its way to one of the voices, or to somebody new."""
    _open(window, "m0000001")
    voices = window.review.voices
    voices.offer(True)
    voices.chips[1].set_target(is_target=True)


def replacing(window: MainWindow) -> None:
    """Words about to be replaced."""
    find(window)
    window.review.find_bar.open_replacing()
    window.review.find_bar.text.setText("launch")


def line_menu(window: MainWindow) -> None:
    """What can be done with a line."""
    _open(window, "m0000001")
    passage = window.review.document.model.row(1).lanes[0]
    view = window.review.transcript
    at = view.viewport().mapToGlobal(view.visualRect(view.model().index(1)).center())
    view.menu_wanted.emit(passage, passage.first.span.start_s + 1, at)


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


def filtered(window: MainWindow) -> None:
    """A filter that leaves nothing, and a queue that is paused."""
    importing(window)
    window.library.imports.set_paused(is_paused=True)
    window.library.filters.times.setCurrentIndex(1)


def audio_gone(window: MainWindow) -> None:
    """A meeting whose audio is deleted, and the sentence that says so."""
    _open(window, "m0000001")
    window._delete_audio(MeetingId("m0000001"))
    settle(lambda: bool(window.banners.texts))
    settle(lambda: "audio deleted" in window.review.facts.text())


def deleted(window: MainWindow) -> None:
    """A meeting that is gone unless the user wants it back."""
    _open(window, "m0000001")
    window.kit.actions[Do.DELETE_MEETING].trigger()
    settle(lambda: bool(window.banners.texts))


def typeface(window: MainWindow) -> None:
    """The settings of captions, the typeface among them."""
    settings(window)
    window.settings.area.ensureWidgetVisible(window.settings.rows["captions.typeface"], 0, 200)


def captions(window: MainWindow) -> None:
    """The caption window over a running meeting."""
    live(window)
    window.captions.setVisible(True)
    window.captions.resize(720, window.captions.height())
    window.captions.move(window.pos() + QPoint(340, 560))
    window.captions.refresh()


def live_panel(window: MainWindow) -> None:
    """A running meeting with talk times and the pipeline beside it."""
    live(window)
    window.kit.actions[Do.LIVE_PANEL].setChecked(True)
    settle(lambda: bool(window.live.panel.chips))


def people(window: MainWindow) -> None:
    """Enrolled voices, and a voice of the open meeting to remember."""
    _open(window, "m0000001")
    window.show_people()
    settle(lambda: True)


@dataclass(frozen=True)
class Shot:
    """One picture."""

    name: str
    prepare: Callable[[MainWindow], None]
    is_key: bool = False
    language: str = "en"


SHOTS = (
    Shot("empty", empty),
    Shot("library", library, is_key=True),
    Shot("search", search, is_key=True),
    Shot("setup", setup, is_key=True),
    Shot("waiting", waiting),
    Shot("live", live, is_key=True),
    Shot("live-scrolled", live_scrolled),
    Shot("live-panel", live_panel, is_key=True),
    Shot("review-3-hours", long_meeting, is_key=True),
    Shot("long-names", long_names),
    Shot("right-to-left", right_to_left),
    Shot("error", error),
    Shot("export", export),
    Shot("export-people", export_people),
    Shot("who", who),
    Shot("import", importing),
    Shot("settings", settings, is_key=True),
    Shot("find", find),
    Shot("replace", replacing),
    Shot("loop", looping),
    Shot("drag", dragging),
    Shot("line-menu", line_menu),
    Shot("shortcuts", shortcuts, is_key=True),
    Shot("filtered", filtered),
    Shot("audio-gone", audio_gone),
    Shot("deleted", deleted),
    Shot("typeface", typeface),
    Shot("captions", captions),
    Shot("people", people),
    Shot("settings-models", settings_models),
    Shot("vocabulary", vocabulary),
    Shot("setup-terms", setup_terms),
    Shot("first-steps-sound", first_steps_sound),
    Shot("first-steps-models", first_steps_models),
    Shot("first-steps-sample", first_steps_sample),
    Shot("german-first-steps", first_steps_sample, language="de"),
    Shot("german", library, language="de"),
    Shot("german-settings", settings, language="de"),
    Shot("german-export", export, language="de"),
    Shot("spanish-setup", setup, language="es"),
    Shot("big-text", big_text),
    Shot("compact", compact),
    Shot("big-settings", big_settings),
    Shot("mirrored", mirrored),
    Shot("mirrored-settings", mirrored_settings),
)
CHOSEN = (
    ("live", LIGHT, (1280, 800)),
    ("live", DARK, (1280, 800)),
    ("live-panel", LIGHT, (1280, 800)),
    ("library", LIGHT, (1280, 800)),
    ("search", DARK, (1280, 800)),
    ("setup", LIGHT, (1280, 800)),
    ("review-3-hours", LIGHT, (1280, 800)),
    ("review-3-hours", DARK, (1920, 1080)),
    ("export", LIGHT, (1280, 800)),
    ("error", DARK, (900, 600)),
    ("right-to-left", LIGHT, (900, 600)),
    ("long-names", DARK, (900, 600)),
    ("empty", LIGHT, (900, 600)),
    ("settings", LIGHT, (1280, 800)),
    ("settings-models", DARK, (1280, 800)),
    ("find", DARK, (1280, 800)),
    ("captions", LIGHT, (1280, 800)),
    ("people", LIGHT, (1280, 800)),
    ("big-text", LIGHT, (1280, 800)),
    ("german", LIGHT, (1280, 800)),
    ("german-settings", LIGHT, (1280, 800)),
    ("shortcuts", LIGHT, (1280, 800)),
    ("replace", LIGHT, (1280, 800)),
    ("mirrored", DARK, (1280, 800)),
)


def render(shot: Shot, size: tuple[int, int], theme: Theme, folder: Path) -> None:
    """Bring a fresh window into a state and store its picture."""
    transcripts = pictured_meetings()
    is_empty = shot.name == "empty"
    tasks = TaskRunner()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    locale = QLocale()
    spoken = speak(app, resolve_paths().resources_dir / "translations", shot.language)
    context = fakes.make_context(
        Path(tempfile.mkdtemp(dir=folder)), [] if is_empty else transcripts
    )
    window = MainWindow(context, theme, tasks)
    window.resize(*size)
    window.show()
    window.begin()
    if not is_empty:
        settle(lambda: window.library.model.rowCount() > 4)
    shot.prepare(window)
    settle(lambda: True)
    grab(window).save(str(folder / f"{shot.name}-{theme.mode}-{size[0]}x{size[1]}.png"))
    models = context.models
    assert isinstance(models, fakes.FakeModels)
    models.may_finish.set()
    for child in window.findChildren(QWidget):
        if child.isWindow():
            child.close()
    window.live.session = None
    tasks.close()
    window.close()
    window.deleteLater()
    settle(lambda: True)
    QLocale.setDefault(locale)
    for translator in spoken:
        app.removeTranslator(translator)


def _open(window: MainWindow, meeting_id: str) -> None:
    window.open_meeting(MeetingId(meeting_id))
    settle(lambda: window.review.document.transcript is not None)


def _first_steps(window: MainWindow) -> FirstSteps:
    window.show_first_steps()
    dialog = window.findChild(FirstSteps)
    assert dialog is not None
    return dialog


def main(arguments: list[str]) -> int:
    """Render what was asked for."""
    parser = argparse.ArgumentParser(description="Screenshots of every view")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--all", action="store_true", help="every state, theme and size")
    parser.add_argument("--only", help="names of states, separated by commas")
    parser.add_argument("--theme", choices=("light", "dark"), help="only this theme")
    parser.add_argument("--size", help="only this size, for example 900x600")
    options = parser.parse_args(arguments)
    by_name = {shot.name: shot for shot in SHOTS}
    if options.all or options.only:
        names = options.only.split(",") if options.only else list(by_name)
        wanted = [
            (name, mode, size)
            for name in names
            for mode in (LIGHT, DARK)
            for size in (SIZES if by_name[name].is_key else ((1280, 800),))
        ]
        if options.theme:
            wanted = [shot for shot in wanted if shot[1] == options.theme]
        if options.size:
            size = tuple(int(part) for part in options.size.split("x"))
            modes = [m for m in (LIGHT, DARK) if options.theme in (None, m)]
            wanted = [(name, mode, size) for name in names for mode in modes]
    else:
        wanted = list(CHOSEN)
    options.folder.mkdir(parents=True, exist_ok=True)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    theme = Theme(application)
    with tempfile.TemporaryDirectory() as scratch:
        for name, mode, size in wanted:
            theme.set_mode(mode)
            theme.set_text_percent(100)
            theme.set_density("comfortable")
            application.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            render(by_name[name], size, theme, Path(scratch))
            for file in Path(scratch).glob("*.png"):
                (options.folder / file.name).write_bytes(file.read_bytes())
                file.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
