"""Renders the window in its states: `python -m tests.ui.screenshots [OUT_DIR] [--all]`.

Without `--all`, those of the documentation, which are kept in the repository; with it, as `make
screenshots` does, every state in both themes and three sizes.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

if "QT_QPA_PLATFORM" not in os.environ:
    # Menus stay on the screen; the one of this platform is smaller than the largest picture.
    _screen = {"name": "wall", "x": 0, "y": 0, "width": 2560, "height": 1440}
    _config = {"screens": [{**_screen, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}]}
    _file = Path(tempfile.gettempdir()) / f"crosstalk-screen-{os.getpid()}.json"
    _file.write_text(json.dumps(_config))
    atexit.register(_file.unlink, missing_ok=True)
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={_file}"

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QLocale,
    Qt,
)
from PySide6.QtWidgets import QApplication, QWidget

from app.lib.paths import resolve_paths
from app.ui.tasks import TaskRunner
from app.ui.theme import Theme, ThemeMode
from app.ui.translation import speak
from app.ui.window import MainWindow
from tests.fakes import ui_context as fakes
from tests.ui import states, states_around
from tests.ui.pictures import grab, pictured_meetings
from tests.ui.states import settle

SIZES = ((900, 600), (1280, 800), (1920, 1080))
LIGHT, DARK = ThemeMode.LIGHT, ThemeMode.DARK


@dataclass(frozen=True)
class Shot:
    """One picture."""

    name: str
    prepare: Callable[[MainWindow], None]
    language: str = "en"


SHOTS = (
    Shot("empty", states_around.empty),
    Shot("library", states.library),
    Shot("letters", states.letters),
    Shot("settings-letters", states_around.settings_letters),
    Shot("search", states.search),
    Shot("setup", states.setup),
    Shot("waiting", states.waiting),
    Shot("live", states.live),
    Shot("paused", states.paused),
    Shot("live-scrolled", states.live_scrolled),
    Shot("live-panel", states.live_panel),
    Shot("review-3-hours", states.long_meeting),
    Shot("long-names", states.long_names),
    Shot("right-to-left", states.right_to_left),
    Shot("error", states_around.error),
    Shot("export", states.export),
    Shot("export-people", states.export_people),
    Shot("who", states.who),
    Shot("import", states.importing),
    Shot("settings", states_around.settings),
    Shot("find", states.find),
    Shot("replace", states.replacing),
    Shot("loop", states.looping),
    Shot("drag", states.dragging),
    Shot("line-menu", states.line_menu),
    Shot("shortcuts", states_around.shortcuts),
    Shot("filtered", states.filtered),
    Shot("audio-gone", states.audio_gone),
    Shot("deleted", states.deleted),
    Shot("typeface", states_around.typeface),
    Shot("captions", states.captions),
    Shot("closing", states_around.closing),
    Shot("forget", states_around.forget),
    Shot("people", states.people),
    Shot("settings-models", states_around.settings_models),
    Shot("vocabulary", states_around.vocabulary),
    Shot("setup-terms", states_around.setup_terms),
    Shot("first-steps-sound", states_around.first_steps_sound),
    Shot("first-steps-models", states_around.first_steps_models),
    Shot("first-steps-sample", states_around.first_steps_sample),
    Shot("split-voice", states.split_voice),
    Shot("given-away", states.given_away),
    Shot("solo", states.solo),
    Shot("overlap-menu", states.overlap_menu),
    Shot("updates", states_around.updates),
    Shot("check", states_around.check),
    Shot("names-menu", states.names_menu),
    Shot("names-drag", states.names_dragging),
    Shot("big-first-steps", states_around.big_first_steps),
    Shot("big-vocabulary", states_around.big_vocabulary),
    Shot("mirrored-first-steps", states_around.mirrored_first_steps),
    Shot("german-check", states_around.check, language="de"),
    Shot("german-warning", states_around.warnings, language="de"),
    Shot("german-updates", states_around.updates, language="de"),
    Shot("german-vocabulary", states_around.vocabulary, language="de"),
    Shot("spanish-check", states_around.check, language="es"),
    Shot("german-first-steps", states_around.first_steps_sample, language="de"),
    Shot("german", states.library, language="de"),
    Shot("german-settings", states_around.settings, language="de"),
    Shot("german-export", states.export, language="de"),
    Shot("spanish-setup", states.setup, language="es"),
    Shot("big-text", states_around.big_text),
    Shot("compact", states_around.compact),
    Shot("big-settings", states_around.big_settings),
    Shot("mirrored", states_around.mirrored),
    Shot("mirrored-settings", states_around.mirrored_settings),
)
NEWER = (
    "first-steps-sound",
    "first-steps-sample",
    "vocabulary",
    "loop",
    "drag",
    "export-people",
    "split-voice",
    "solo",
)
"""In light and dark."""
CHOSEN = (
    ("live", LIGHT, (1280, 800)),
    ("live", DARK, (1280, 800)),
    ("live-panel", LIGHT, (1280, 800)),
    ("paused", LIGHT, (900, 600)),
    ("paused", DARK, (900, 600)),
    ("library", LIGHT, (1280, 800)),
    ("letters", LIGHT, (1280, 800)),
    ("big-settings", LIGHT, (900, 600)),
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
    *((name, mode, (1280, 800)) for name in NEWER for mode in (LIGHT, DARK)),
    ("german-check", LIGHT, (1280, 800)),
    ("german-warning", DARK, (1280, 800)),
    ("updates", LIGHT, (1280, 800)),
    ("names-menu", LIGHT, (1280, 800)),
    ("big-first-steps", LIGHT, (1280, 800)),
    ("mirrored-first-steps", DARK, (1280, 800)),
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
    window.captions.deleteLater()  # a window of its own, without a parent
    window.deleteLater()
    settle(lambda: True)
    # No event loop runs here, so nothing else deletes it; every later picture would style it again.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QLocale.setDefault(locale)
    for translator in spoken:
        app.removeTranslator(translator)


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
        wanted = [(name, mode, size) for name in names for mode in (LIGHT, DARK) for size in SIZES]
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
